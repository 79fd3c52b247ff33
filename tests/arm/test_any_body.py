"""Whatever is sent, the answer is a success or a refusal in ARM's words, never a fault."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_app.models import Assignment, Definition
from tests.arm.addresses import (
    BASELINE_ID,
    CLUSTER,
    NO_PRIVILEGE_ID,
    assignment,
    assignments,
    definitions,
    initiatives,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.authoring.bodies import TEMPLATE, encoded, policy

_FIELDS = [
    "displayName",
    "description",
    "definitionVersion",
    "notScopes",
    "parameters",
    "metadata",
    "enforcementMode",
    "nonComplianceMessages",
    "resourceSelectors",
    "overrides",
    "assignmentType",
    "selfServeExemptionSettings",
    "scope",
]
_WORDS = st.sampled_from(
    ["", "deny", "effect", "policyEffect", "1.*.*", "Default", CLUSTER, "\x00", "é", "x" * 300]
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _WORDS
_KEYS = st.sampled_from(
    ["value", "kind", "selectors", "in", "notIn", "name", "message", "effect", "excludedNamespaces"]
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)
_IDS = st.sampled_from([BASELINE_ID, NO_PRIVILEGE_ID, "/x", ""]) | _JSON
_PROPERTIES = st.fixed_dictionaries(
    {"policyDefinitionId": _IDS}, optional=dict.fromkeys(_FIELDS, _JSON)
)
_BODIES = _JSON | st.fixed_dictionaries(
    {"properties": _PROPERTIES | _JSON},
    optional=dict.fromkeys(("location", "identity", "id", "name", "type"), _JSON),
)
_MANY = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_MANY
@given(body=_BODIES)
def test_put_stores_a_body_or_refuses_it(arm: Arm, body: Any) -> None:
    response = arm.send("PUT", assignment(), body)
    assert response.status_code in (201, 400, 404), response.content
    if response.status_code == 201:
        assert arm.get(assignment()) == response.json()
        assert arm.get(assignments(SUBSCRIPTION))["value"]
        arm.send("DELETE", assignment())
    assert not Assignment.objects.exists()


_EXEMPTION = [
    "policyDefinitionReferenceIds",
    "displayName",
    "description",
    "metadata",
    "resourceSelectors",
    "assignmentScopeValidation",
    "exemptionManagementMode",
]
_MOMENTS = st.sampled_from(["2030-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01"])


@_MANY
@given(
    properties=st.fixed_dictionaries(
        {
            "policyAssignmentId": st.sampled_from([assignment(), "/x"]) | _JSON,
            "exemptionCategory": st.sampled_from(["Waiver", "mitigated"]) | _JSON,
            "expiresOn": st.none() | _MOMENTS | _JSON,
        },
        optional=dict.fromkeys(_EXEMPTION, _JSON),
    )
)
def test_an_exemption_is_stored_or_refused(arm: Arm, properties: Any) -> None:
    arm.send("PUT", assignment(), {"properties": {"policyDefinitionId": BASELINE_ID}})
    path = assignment().replace("policyAssignments", "policyExemptions")
    response = arm.send("PUT", path, {"properties": properties})
    assert response.status_code in (200, 201, 400, 404), response.content
    if response.status_code < 300:
        assert arm.get(path) == response.json()


@_MANY
@given(body=_BODIES)
def test_patch_changes_an_assignment_or_refuses(arm: Arm, body: Any) -> None:
    good = {"properties": {"policyDefinitionId": BASELINE_ID}}
    before = arm.put(assignment(), good)
    response = arm.send("PATCH", assignment(), body)
    assert response.status_code in (200, 400, 404), response.content
    after = arm.get(assignment())
    assert after == (before if response.status_code != 200 else response.json())


@_MANY
@given(text=st.text(max_size=40) | st.lists(_WORDS | _KEYS, max_size=6).map(" ".join))
def test_a_filter_is_read_or_refused(arm: Arm, text: str) -> None:
    response = arm.send("GET", assignments(SUBSCRIPTION), query={"$filter": text})
    assert response.status_code in (200, 400), response.content


_DEFINITION = [*policy()["properties"], "version", "versions", "description"]
_DETAILS = [
    "templateInfo",
    "apiGroups",
    "kinds",
    "namespaces",
    "excludedNamespaces",
    "labelSelector",
    "scope",
    "source",
    "warn",
    "values",
    "constraintInfo",
    "mutationInfo",
]
_EXPRESSIONS = st.sampled_from(
    ["[parameters('effect')]", "[parameters('x')]", "[concat(", "[]", "[[a]", "[if(1,2,3)]", "Deny"]
)
_ANY = st.recursive(
    _LEAVES | _EXPRESSIONS | st.sampled_from([encoded(TEMPLATE), "Base64Encoded", "PublicURL"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_KEYS | st.sampled_from(["type", "content", "url"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _mutated(changes: list[tuple[str, Any]], details: list[tuple[str, Any]]) -> dict[str, Any]:
    """A sound body with some of its fields replaced."""
    body = policy(**dict(changes))
    then = body["properties"].get("policyRule")
    then = then.get("then") if isinstance(then, dict) else None
    inner = then.get("details") if isinstance(then, dict) else None
    if isinstance(inner, dict):
        inner.update(details)
    return body


@_MANY
@given(
    changes=st.lists(st.tuples(st.sampled_from(_DEFINITION), _ANY), max_size=2),
    details=st.lists(st.tuples(st.sampled_from(_DETAILS), _ANY), max_size=2),
)
def test_a_definition_is_stored_or_refused(arm: Arm, changes: Any, details: Any) -> None:
    path = definitions(SUBSCRIPTION, "any")
    response = arm.send("PUT", path, _mutated(changes, details))
    assert response.status_code in (201, 400, 501), response.content
    if response.status_code == 201:
        assert arm.get(path) == response.json()
        assert arm.send("DELETE", path).status_code == 200
    assert not Definition.objects.filter(name="any").exists()


_SET_FIELDS = ["displayName", "metadata", "parameters", "policyDefinitionGroups", "version"]
_MEMBER = st.fixed_dictionaries(
    {"policyDefinitionId": st.sampled_from([NO_PRIVILEGE_ID, BASELINE_ID, "/x"]) | _ANY},
    optional=dict.fromkeys(
        ("policyDefinitionReferenceId", "parameters", "definitionVersion", "groupNames"), _ANY
    ),
)


@_MANY
@given(
    members=st.lists(_MEMBER | _ANY, max_size=3) | _ANY,
    changes=st.dictionaries(st.sampled_from(_SET_FIELDS), _ANY, max_size=2),
)
def test_an_initiative_is_stored_or_refused(arm: Arm, members: Any, changes: Any) -> None:
    path = initiatives(SUBSCRIPTION, "any")
    body = {"properties": {"policyDefinitions": members, **changes}}
    response = arm.send("PUT", path, body)
    assert response.status_code in (201, 400), response.content
    if response.status_code == 201:
        assert arm.get(path) == response.json()
        assert arm.send("DELETE", path).status_code == 200
    assert not Definition.objects.filter(name="any").exists()
