"""What the portal suggests is right: each violation of our samples goes away with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import jsonpatch
import pytest

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.remedies import (
    REMEDIES,
    Case,
    Suggestion,
    fixes,
    json_patch,
    suggest,
    wanted,
)
from policy_app.evaluation.results import Violation
from tests.catalog import suites

TEMPLATES = {
    suites.template_at(path).kind: path for path in sorted(suites.TEMPLATES.rglob("template.yaml"))
}
MECHANICAL = sorted(kind for kind, one in REMEDIES.items() if one.ways)
WORDS_ALONE = {
    # Where the constraint allows nothing, or only what ends in a star, nothing can be proposed.
    "K8sAzureV1WindowsContainerAllowedUsernames": {"nobody:nothing-set"},
    "K8sAzureV2ContainerAllowedPullPolicy": {"nothing-allowed:always-in-words"},
    "K8sAzureV3AllowedSeccomp": {
        "every-profile-of-the-node:field-of-the-container",
        "no-profile-allowed:field-of-the-container",
    },
    "K8sAzureV3AllowedUsersGroups": {"no-ids-in-range:user-of-the-container"},
    "K8sAzureV3EnforceAppArmor": {
        "profiles-of-the-node:nothing-set",
        "no-profile-allowed:field",
    },
    # No volume of the types that are allowed can be made up: each needs the name of something.
    "K8sAzureV2VolumeTypes": {
        "config-and-secrets:other-type",
        "config-and-secrets:two-other-types",
        "config-and-secrets:mounted-by-an-init-container",
        "config-and-secrets:windows",
        "no-volumes-at-all:listed-types",
    },
}
NO_PORTS = "K8sAzureV2ContainerEnforceProbes"
"""Its samples have no ports to probe; they are given some below."""


@dataclass(frozen=True)
class Found:
    """A violation of a sample, and all that its remedy may look at."""

    sample: suites.Case
    client: Client
    constraint: Constraint
    review: Review
    violation: Violation

    @property
    def name(self) -> str:
        """The suite's names of the test and the case."""
        return f"{self.sample.test.name}:{self.sample.case.name}"

    @property
    def messages(self) -> list[str]:
        """All that the constraint says about the sample."""
        return [one.message for one in self.client.review(self.review).violations]

    def suggestion(self) -> Suggestion | None:
        """What to change, if anything can be told."""
        case = Case(
            self.review.object or {},
            self.constraint.parameters or {},
            self.violation.message,
            self.violation.container,
        )

        def gone(changed: Mapping[str, Any]) -> bool:
            after = self.client.review(replace(self.review, object=changed)).violations
            return fixes(self.violation.message, self.messages, [one.message for one in after])

        return suggest(self.constraint.kind, case, gone)


@cache
def samples(kind: str) -> list[suites.Case]:
    """The samples of a template."""
    return [one for one in suites.cases() if one.template == TEMPLATES[kind]]


def violations(kind: str, change: Callable[[Any], object] = bool) -> Iterator[Found]:
    """Every violation of every sample of a template; ``change`` may add to the samples."""
    for sample in samples(kind):
        template = suites.template_at(sample.template)
        constraint = template.admit(Constraint.parse(suites.load(sample.constraint)))
        inventory = suites.inventory_of(sample.inventory)
        client = Client([template], [constraint], inventory, explain=True)
        thing = deepcopy(suites.load(sample.object))
        change(thing)
        asked = Review.from_admission_review if is_admission_review(thing) else Review.audit
        review = asked(thing)
        for one in client.review(review).violations:
            yield Found(sample, client, constraint, review, one)


def with_ports(thing: Any) -> None:
    """Let the containers of a Pod listen at a port each."""
    for number, container in enumerate(thing["spec"].get("containers", ())):
        container["ports"] = [{"containerPort": 8080 + number}]


def test_every_template_of_ours_says_what_it_wants() -> None:
    assert set(REMEDIES) == set(TEMPLATES)
    for kind, remedy in REMEDIES.items():
        assert remedy.wanted.endswith("."), kind
        assert "{" not in wanted(kind, {}), kind


@pytest.mark.parametrize("kind", [kind for kind in MECHANICAL if kind != NO_PORTS])
def test_making_the_suggested_change_makes_the_violation_go_away(kind: str) -> None:
    found = list(violations(kind))
    assert found
    without = {one.name for one in found if one.suggestion() is None}
    assert without == WORDS_ALONE.get(kind, set())


def test_a_missing_probe_is_suggested_where_the_container_has_a_port_to_probe() -> None:
    found = list(violations(NO_PORTS, with_ports))
    assert found
    assert not [one.name for one in found if one.suggestion() is None]


def test_no_probe_is_made_up_for_a_container_that_tells_no_port() -> None:
    assert {one.suggestion() for one in violations(NO_PORTS)} == {None}


@pytest.mark.parametrize("kind", MECHANICAL)
def test_the_json_patch_makes_the_same_change(kind: str) -> None:
    for one in violations(kind):
        suggestion = one.suggestion()
        if suggestion is None:
            continue
        before = one.review.object or {}
        operations = json_patch(before, suggestion.edits)
        assert operations
        assert jsonpatch.apply_patch(dict(before), operations) == suggestion.object


def test_a_suggestion_that_would_not_help_is_not_given() -> None:
    found = next(violations("K8sAzureV2NoPrivilege"))
    case = Case(found.review.object or {}, {}, found.violation.message, found.violation.container)
    assert suggest("K8sAzureV2NoPrivilege", case, lambda _: False) is None


def test_nothing_is_suggested_for_a_template_that_is_not_ours() -> None:
    assert suggest("K8sSomebodyElses", Case({"kind": "Pod"}), lambda _: True) is None
    assert wanted("K8sSomebodyElses", {}) == ""


def test_what_is_wanted_is_told_with_the_values_of_the_constraint() -> None:
    told = wanted("K8sAzureV2ContainerAllowedImages", {"imageRegex": "^registry.example/.+$"})
    assert told == "An image whose name fits ^registry.example/.+$."
