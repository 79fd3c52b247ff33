"""Effects: their names, and what Gatekeeper is told to do."""

from __future__ import annotations

import pytest

from policy_app.evaluation.language.effects import (
    canonical_effect,
    installs_mutation,
    to_enforcement_action,
)
from policy_app.evaluation.language.errors import EffectError


@pytest.mark.parametrize(
    ("written", "name"),
    [("deny", "Deny"), ("AUDIT", "Audit"), ("deployifnotexists", "DeployIfNotExists")],
)
def test_an_effect_has_one_spelling(written: str, name: str) -> None:
    assert canonical_effect(written) == name


def test_a_misspelt_effect_is_refused_with_the_nearest() -> None:
    with pytest.raises(EffectError, match="did you mean 'Disabled'"):
        canonical_effect("disable")


@pytest.mark.parametrize(
    ("effect", "warn", "mode", "action"),
    [
        ("deny", False, "Default", "deny"),
        ("Deny", True, "Default", "deny"),
        ("Audit", False, "Default", "dryrun"),
        ("Audit", True, "Default", "warn"),
        ("Deny", False, "DoNotEnforce", "dryrun"),
        ("Audit", True, "DoNotEnforce", "dryrun"),
        ("Deny", False, "Enroll", "dryrun"),
        ("disabled", False, "Default", None),
        ("Mutate", False, "Default", None),
        ("Modify", False, "Default", None),
    ],
)
def test_an_effect_becomes_an_action(
    effect: str, warn: bool, mode: str, action: str | None
) -> None:
    assert to_enforcement_action(effect, warn=warn, enforcement_mode=mode) == action


def test_mutators_are_installed_only_where_the_assignment_is_enforced() -> None:
    assert installs_mutation("mutate")
    assert not installs_mutation("mutate", enforcement_mode="DoNotEnforce")
    assert not installs_mutation("Deny")
