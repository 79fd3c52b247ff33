"""Exemptions: read from ARM's JSON, and what they leave out, where and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from policy_app.evaluation.language.assignments import Assignment, Resource, effective_policies
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.exemptions import Exemption, why_exempt

from .samples import PROVIDER, SCOPE, assignment, definition

ASSIGNMENT = f"{SCOPE}{PROVIDER}/policyAssignments/demo"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
CLUSTER = Resource(f"{SCOPE}/x/aks", location="westeurope")
SELECTOR = {"kind": "resourceLocation", "in": ["West Europe"]}
WHOLE: dict[str, Any] = {
    "policyAssignmentId": ASSIGNMENT,
    "policyDefinitionReferenceIds": ["A", "B"],
    "exemptionCategory": "Mitigated",
    "expiresOn": "2026-12-31T23:59:00Z",
    "displayName": "Until the move",
    "description": "Agreed.",
    "metadata": {"ticket": 7},
    "resourceSelectors": [{"name": "west", "selectors": [SELECTOR]}],
    "assignmentScopeValidation": "DoNotValidate",
    "exemptionManagementMode": "UserSelfServe",
}


def resource(**properties: Any) -> dict[str, Any]:
    """The ARM resource."""
    given = {"policyAssignmentId": ASSIGNMENT, "exemptionCategory": "Waiver"} | properties
    return {"id": f"{SCOPE}{PROVIDER}/policyExemptions/move", "properties": given}


def exemption(**properties: Any) -> Exemption:
    """The exemption with these properties."""
    return Exemption.parse(resource(**properties))


def covers(one: Exemption, reference: str = "", where: Resource | None = CLUSTER) -> bool:
    """Is a policy of the assignment exempt?"""
    return one.covers(ASSIGNMENT.upper(), reference, where, NOW)


def test_every_field_is_read_and_written_again() -> None:
    found = exemption(**WHOLE)
    assert (found.name, found.scope) == ("move", SCOPE)
    assert found.expires_on == datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    shown = found.to_object()
    assert shown["properties"] == WHOLE
    assert shown["type"] == "Microsoft.Authorization/policyExemptions"
    assert Exemption.parse(shown) == found


def test_what_is_left_out_has_arms_defaults() -> None:
    found = exemption(exemptionCategory="WAIVER")
    assert (found.category, found.scope_validation) == ("Waiver", "Default")
    assert (found.management_mode, found.expires_on) == ("Admin", None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T23:59:00", datetime(2026, 12, 31, 23, 59, tzinfo=UTC)),
        ("2026-12-31T23:59:00+02:00", datetime(2026, 12, 31, 21, 59, tzinfo=UTC)),
    ],
)
def test_a_moment_without_an_offset_is_utc(text: str, moment: datetime) -> None:
    assert exemption(expiresOn=text).expires_on == moment


@pytest.mark.parametrize(
    ("properties", "path", "said"),
    [
        ({"policyAssignmentId": ""}, "policyAssignmentId", "is required"),
        ({"exemptionCategory": None}, "exemptionCategory", "is required"),
        ({"exemptionCategory": "Forgiven"}, "exemptionCategory", "one of Waiver, Mitigated"),
        ({"expiresOn": "tomorrow"}, "expiresOn", "a moment such as 2026-12-31T23:59:00Z"),
        ({"expiresOn": "0001-01-01T00:00:00+14:00"}, "expiresOn", "a moment such as"),
        ({"expiresOn": 5}, "expiresOn", "should be a string"),
        (
            {"policyDefinitionReferenceIds": [1]},
            "policyDefinitionReferenceIds[0]",
            "should be a string",
        ),
        (
            {"resourceSelectors": [{"selectors": [{"kind": "colour", "in": ["red"]}]}]},
            "resourceSelectors[0].selectors[0].kind",
            "must be one of",
        ),
        ({"resourceSelectors": [{"selectors": []}] * 11}, "resourceSelectors", "10 entries"),
        (
            {"assignmentScopeValidation": "Off"},
            "assignmentScopeValidation",
            "one of Default, DoNotValidate",
        ),
        ({"metadata": []}, "metadata", "should be an object"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(
    properties: dict[str, Any], path: str, said: str
) -> None:
    with pytest.raises(LanguageError) as caught:
        exemption(**properties)
    assert caught.value.path == f"properties.{path}"
    assert said in caught.value.message


@pytest.mark.parametrize("value", [None, [], {}, {"properties": 3}])
def test_what_is_no_exemption_is_refused(value: Any) -> None:
    with pytest.raises(LanguageError):
        Exemption.parse(value)


def test_it_covers_every_policy_of_its_assignment_or_the_named_ones() -> None:
    assert covers(exemption(), "A")
    assert covers(exemption(policyDefinitionReferenceIds=["a"]), "A")
    assert not covers(exemption(policyDefinitionReferenceIds=["B"]), "A")
    assert not covers(exemption(policyAssignmentId=f"{ASSIGNMENT}-2"), "A")


def test_it_covers_nothing_from_the_moment_on_when_it_expires() -> None:
    assert covers(exemption(expiresOn="2026-06-01T00:00:01Z"))
    assert not covers(exemption(expiresOn="2026-06-01T00:00:00Z"))


def test_its_selectors_choose_the_clusters() -> None:
    chosen = exemption(resourceSelectors=WHOLE["resourceSelectors"])
    assert covers(chosen)
    assert not covers(chosen, where=Resource(CLUSTER.id, location="northeurope"))


def test_the_reason_names_the_exemption_and_its_end() -> None:
    parsed = Assignment.parse(assignment())
    (policy,) = effective_policies(parsed, PolicyDefinition.parse(definition()))
    ending = exemption(expiresOn="2026-12-31T00:00:00Z", displayName="Until the move")

    reason = why_exempt(policy, [exemption(expiresOn="2026-01-01"), ending], CLUSTER, NOW)

    assert reason is not None
    assert (reason.code, reason.failed) == ("Exempt", False)
    assert reason.reason == (
        "No privileged containers is exempt here until 2026-12-31T00:00:00Z: "
        "Until the move (Waiver)."
    )
    assert why_exempt(policy, [], CLUSTER, NOW) is None
