"""From an assigned policy to the mutators that the add-on installs, or the reason for none."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.mutation import Mutator, Mutators
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.language.assignments import (
    Assignment,
    EffectivePolicy,
    effective_policies,
)
from policy_app.evaluation.language.constraints import changes_objects
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.mutators import build_mutators
from policy_app.evaluation.language.reasons import NotInstalled

from .samples import PROVIDER, SCOPE, STORE, assignment, definition, effect, rule

MUTATION = {
    "mutationInfo": {"sourceType": "PublicURL", "url": f"{STORE}/mutate/v1/mutation.yaml"},
    "source": "[parameters('source')]",
    "namespaces": "[parameters('namespaces')]",
    "excludedNamespaces": "[parameters('excludedNamespaces')]",
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
}


def mutator(name: str = "set-user-of-containers-to-one-that-is-not-root") -> dict[str, Any]:
    """A mutator as ``mutation.yaml`` holds it."""
    return {
        "apiVersion": "mutations.gatekeeper.sh/v1",
        "kind": "Assign",
        "metadata": {"name": name},
        "spec": {
            "applyTo": [{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}],
            "location": "spec.securityContext.runAsUser",
            "parameters": {"assign": {"value": 1000}},
        },
    }


def mutating(**details: Any) -> dict[str, Any]:
    """A definition that changes objects."""
    changing = rule()
    changing["then"]["details"] = MUTATION | details
    written = definition(policyRule=changing)
    parameters = written["properties"]["parameters"]
    parameters["effect"] = effect("Mutate", "Disabled", default="Mutate")
    parameters["source"] = {"type": "String", "defaultValue": "Original"}
    return written


def build(
    *objects: Any, written: dict[str, Any] | None = None, missing: bool = False, **properties: Any
) -> list[Mutator] | NotInstalled:
    """What becomes of the definition, assigned with these properties."""
    assigned = Assignment.parse(assignment(**{"parameters": {}} | properties))
    parsed = PolicyDefinition.parse(written or mutating())
    (policy,) = effective_policies(assigned, parsed)
    return build_mutators(policy, None if missing else objects or [mutator()])


def built(*objects: Any, **given: Any) -> list[Mutator]:
    """The mutators of the definition."""
    found = build(*objects, **given)
    assert isinstance(found, list)
    return found


def absent(*objects: Any, **given: Any) -> NotInstalled:
    """Why the definition brings no mutators."""
    reason = build(*objects, **given)
    assert isinstance(reason, NotInstalled)
    return reason


def test_a_mutator_is_marked_as_the_add_on_marks_what_it_installs() -> None:
    (found,) = built()
    shown = found.to_object()

    assert found.name.startswith("azurepolicy-set-user-of-containers-to-one--")
    assert len(found.name) <= 63
    assert shown["metadata"]["labels"] == {"managed-by": "azure-policy-addon"}
    assert shown["metadata"]["annotations"] == {
        "azure-policy-assignment-id": f"{SCOPE}{PROVIDER}/policyAssignments/demo",
        "azure-policy-definition-id": f"{PROVIDER}/policyDefinitions/no-privilege",
        "azure-policy-definition-reference-id": "",
        "azure-policy-setdefinition-id": "",
    }
    assert shown["spec"]["match"] == {
        "excludedNamespaces": ["kube-system", "mine", "gatekeeper-system"],
        "source": "Original",
    }
    assert found.origin.effect == "Mutate"


def test_a_mutator_says_the_same_of_itself_after_a_trip_through_the_cluster() -> None:
    (found,) = built()
    assert Mutator.parse(found.to_object(), found.origin) == found


def test_two_mutators_of_one_file_have_two_names() -> None:
    names = {one.name for one in built(mutator(f"{'x' * 40}-a"), mutator(f"{'x' * 40}-b"))}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("parameters", "changed"),
    [
        ({}, True),
        ({"namespaces": ["shop"]}, True),
        ({"namespaces": ["other"]}, False),
        ({"excludedNamespaces": ["sho*"]}, False),
        ({"source": "Generated"}, False),
        ({"source": "All"}, True),
    ],
)
def test_the_assignment_says_where_objects_are_changed(
    parameters: dict[str, Any], changed: bool
) -> None:
    given = {name: {"value": value} for name, value in parameters.items()}
    mutators = Mutators(built(parameters=given))
    assert mutators.mutate(Review.create(POD)).changed is changed


@pytest.mark.parametrize(
    ("own", "given", "changed"),
    [("web", "web", True), ("other", "web", False), ("web", "other", False)],
)
def test_selectors_of_the_mutator_and_of_the_policy_both_count(
    own: str, given: str, changed: bool
) -> None:
    selecting = mutator()
    selecting["spec"]["match"] = {"labelSelector": {"matchLabels": {"app": own}}}
    policy = mutating(labelSelector={"matchLabels": {"app": given}})
    mutators = Mutators(built(selecting, written=policy))
    assert mutators.mutate(Review.create(POD)).changed is changed


def test_an_assignment_that_is_not_enforced_changes_nothing() -> None:
    reason = absent(enforcementMode="DoNotEnforce")
    assert (reason.code, reason.failed) == ("Mutation", False)
    assert "its assignment is not enforced" in reason.reason


def test_a_policy_that_is_switched_off_changes_nothing() -> None:
    assert absent(parameters={"effect": {"value": "Disabled"}}).code == "Disabled"


@pytest.mark.parametrize(
    ("objects", "code", "said"),
    [
        ([{"kind": "Pod"}], "InvalidConstraintTemplate", "something else than mutators"),
        ([None], "InvalidConstraintTemplate", "something else than mutators"),
        ([mutator() | {"spec": {}}], "InvalidConstraintTemplate", "empty path"),
    ],
)
def test_what_cannot_be_installed_says_why(objects: list[Any], code: str, said: str) -> None:
    reason = absent(*objects)
    assert (reason.code, reason.failed) == (code, True)
    assert said in reason.reason


def test_mutators_that_could_not_be_had_are_named() -> None:
    reason = absent(missing=True)
    assert reason.code == "ConstraintTemplateInstallFailed"
    assert f"{STORE}/mutate/v1/mutation.yaml" in reason.reason


def test_a_match_that_is_none_is_the_assignments_fault() -> None:
    given = {"labelSelector": "[parameters('source')]"}
    assert absent(written=mutating(**given)).code == "InvalidConstraint"


def test_only_policies_with_mutators_change_objects() -> None:
    assigned = Assignment.parse(assignment(parameters={}))
    for written, changing in ((mutating(), True), (definition(), False)):
        (policy,) = effective_policies(assigned, PolicyDefinition.parse(written))
        assert isinstance(policy, EffectivePolicy)
        assert changes_objects(policy) is changing
