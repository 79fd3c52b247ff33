"""Constraints: their Kubernetes object, and the actions that they take where."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.constraints import Constraint, check_scopes
from policy_app.evaluation.gatekeeper.errors import ConstraintError, ConstraintSchemaError

from .samples import constraint, constraint_object


def test_a_constraint_survives_being_written_down() -> None:
    written = constraint_object(
        enforcementAction="warn",
        match={"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}], "excludedNamespaces": ["a"]},
        parameters={"exempt": ["x"]},
    )
    written["metadata"] |= {"labels": {"a": "b"}, "annotations": {"c": "d"}}

    assert Constraint.parse(written).to_object() == written


def test_no_action_means_deny() -> None:
    assert constraint().enforcement_action == "deny"
    assert constraint(enforcementAction="").enforcement_action == "deny"


def test_scoped_actions_hold_at_their_points() -> None:
    scoped = constraint(
        enforcementAction="scoped",
        scopedEnforcementActions=[
            {"action": "deny", "enforcementPoints": [{"name": "validation.gatekeeper.sh"}]},
            {"action": "warn", "enforcementPoints": [{"name": "*"}]},
        ],
    )

    assert scoped.actions_at("validation.gatekeeper.sh") == ("deny", "warn")
    assert scoped.actions_at("audit.gatekeeper.sh") == ("warn",)
    assert Constraint.parse(scoped.to_object()) == scoped


def test_scoped_actions_without_scoped_are_ignored() -> None:
    entry = {"action": "deny", "enforcementPoints": [{"name": "*"}]}

    found = constraint(enforcementAction="warn", scopedEnforcementActions=[entry])

    assert found.actions_at("anywhere") == ("warn",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"apiVersion": "v1"}, 'wrong group for constraint: ""'),
        ({"apiVersion": "constraints.gatekeeper.sh/v1"}, 'wrong version for constraint: "v1"'),
        ({"metadata": {"name": "Not_Good"}}, "RFC 1123"),
        ({"metadata": {"name": "a" * 64}}, "larger than 63 char; length: 64"),
        (
            {"spec": {"enforcementAction": "block"}},
            'unrecognized enforcementAction: "block" is not within the supported list '
            "[deny dryrun warn scoped]",
        ),
        ({"spec": {"parameters": []}}, "spec.parameters must be an object"),
        (
            {
                "spec": {
                    "enforcementAction": "scoped",
                    "scopedEnforcementActions": [{"action": "scoped"}],
                }
            },
            "unrecognized enforcementAction: [scoped] is not within the supported list "
            "[deny dryrun warn]",
        ),
    ],
)
def test_a_wrong_constraint_is_refused_in_gatekeepers_words(
    change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConstraintError) as caught:
        Constraint.parse(constraint_object() | change)

    assert words in caught.value.message


@pytest.mark.parametrize(
    "spec",
    [
        {"enforcementAction": True},
        {"parameters": []},
        {"enforcementAction": "scoped", "scopedEnforcementActions": {}},
        {
            "enforcementAction": "scoped",
            "scopedEnforcementActions": [{"action": "deny", "enforcementPoints": ["*"]}],
        },
    ],
)
def test_a_field_of_another_type_is_a_matter_of_the_schema(spec: dict[str, Any]) -> None:
    with pytest.raises(ConstraintSchemaError, match="schema validation failed"):
        constraint(**spec)


def scoped(*points: str) -> Constraint:
    """A constraint that denies at some points."""
    entry = {"action": "deny", "enforcementPoints": [{"name": point} for point in points]}
    return constraint(enforcementAction="scoped", scopedEnforcementActions=[entry])


@pytest.mark.parametrize(
    "point",
    [
        *("validation.gatekeeper.sh", "audit.gatekeeper.sh", "gator.gatekeeper.sh"),
        *("vap.k8s.io", "*"),
    ],
)
def test_every_point_of_gatekeeper_is_known(point: str) -> None:
    check_scopes(scoped(point))
    check_scopes(constraint())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            constraint(enforcementAction="scoped"),
            "error fetching scopedEnforcementActions: scopedEnforcementActions is required",
        ),
        (
            scoped("webhook", "*", "audit"),
            "unrecognized enforcement points: constraint will not be enforced for enforcement "
            "points [webhook audit], supported enforcement points are [validation.gatekeeper.sh "
            "audit.gatekeeper.sh gator.gatekeeper.sh vap.k8s.io]",
        ),
        (scoped(), "will not be enforced for enforcement points [],"),
    ],
)
def test_scoped_actions_that_would_hold_nowhere_are_refused(given: Constraint, words: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        check_scopes(given)

    assert words in caught.value.message
    assert caught.value.path == "spec.scopedEnforcementActions"


def test_several_unknown_actions_are_told_at_once() -> None:
    actions = [{"action": one} for one in ("block", "deny", "scoped")]
    with pytest.raises(ConstraintError) as caught:
        constraint(enforcementAction="scoped", scopedEnforcementActions=actions)

    assert "[block scoped] is not within the supported list" in caught.value.message
    assert caught.value.path == "spec.scopedEnforcementActions[0].action"
