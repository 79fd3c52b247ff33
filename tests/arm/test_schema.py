"""The OpenAPI schema is complete, valid, and what the door really speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from django.test import Client
from django.urls import get_resolver

from policy_app.arm.routes import ArmPattern
from policy_app.arm.unserved import Unserved
from policy_app.models import Definition
from tests.arm.addresses import (
    BASELINE_ID,
    CLUSTER,
    NO_PRIVILEGE,
    PROVIDER,
    RESOURCE_GROUP,
    assignment,
    assignments,
    body,
    definitions,
    initiatives,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import BASELINE, SUBSCRIPTION
from tests.services.authoring.bodies import initiative, member, policy

_GROUPS = "/providers/Microsoft.Management/managementGroups"


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_address_is_described(schema: dict[str, Any]) -> None:
    served = set()
    for resolver in get_resolver().url_patterns:
        for pattern in getattr(resolver, "url_patterns", [resolver]):
            is_arm = isinstance(pattern.pattern, ArmPattern)
            if is_arm and pattern.callback.view_class is not Unserved:
                route = str(pattern.pattern).replace("<segment:", "{").replace(">", "}")
                served.add(f"/{route}")
    assert served == set(schema["paths"])


def test_every_operation_tells_its_parameters_and_errors(schema: dict[str, Any]) -> None:
    for name, operation in _operations(schema):
        in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert all(f"{{{one}}}" in name for one in in_path), name
        assert name.count("{") == len(in_path), name
        assert "api-version" in {one["name"] for one in operation["parameters"]}, name
        for status in ("400", "401", "404", "default"):
            content = operation["responses"][status]["content"]["application/json"]
            assert content["schema"]["$ref"].endswith("/ErrorResponse"), name
        assert operation["summary"], name
        assert {"bearerToken": []} in operation["security"], name
        if name.startswith(("PUT", "PATCH")):
            assert operation["requestBody"]["content"]["application/json"]["schema"], name


def test_operations_are_named_as_azure_names_them(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in _operations(schema)]
    assert len(names) == len(set(names))
    assert "PolicyAssignments_CreateAtResourceGroup" in names
    assert "PolicySetDefinitionVersions_ListAtTenant" in names


def _check(schema: dict[str, Any], component: str, value: Any) -> None:
    """Hold a value to a component, where nothing may be left undescribed."""
    components = {name: _closed(one) for name, one in schema["components"]["schemas"].items()}
    root = {"$ref": f"#/components/schemas/{component}", "components": {"schemas": components}}
    jsonschema.validate(value, root, cls=jsonschema.Draft202012Validator)


def _closed(component: dict[str, Any]) -> dict[str, Any]:
    return {"additionalProperties": False, **component} if "properties" in component else component


def test_assignments_are_as_described(schema: dict[str, Any], arm: Arm) -> None:
    sent = body(
        description="All of it",
        definitionVersion="1.*.*",
        notScopes=[CLUSTER],
        metadata={"assignedBy": "Alice"},
        enforcementMode="DoNotEnforce",
        nonComplianceMessages=[{"message": "Ask first."}],
        resourceSelectors=[
            {"name": "here", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}
        ],
        overrides=[{"kind": "policyEffect", "value": "audit", "selectors": []}],
        selfServeExemptionSettings={"enabled": False},
        assignmentType="Custom",
    ) | {"location": "westeurope", "identity": {"type": "None"}}
    component = schema["components"]["schemas"]["PolicyAssignmentProperties"]
    writable = {name for name, one in component["properties"].items() if not one.get("readOnly")}
    expanded = {"latestDefinitionVersion", "effectiveDefinitionVersion"}
    assert writable - expanded == set(sent["properties"])
    _check(schema, "PolicyAssignment", arm.put(assignment(), sent))
    shown = arm.get(assignment(), expand=",".join(expanded))
    assert expanded < set(shown["properties"])
    _check(schema, "PolicyAssignment", shown)
    arm.put(assignment(name="second"), body())
    page = arm.get(assignments(RESOURCE_GROUP), top="1")
    _check(schema, "PolicyAssignmentListResult", page)


def test_null_for_what_may_be_left_out_is_as_described(schema: dict[str, Any], arm: Arm) -> None:
    arm.put(assignment(), body())
    selectors = [{"name": None, "selectors": None}, {"name": ""}]
    settings = {"resourceSelectors": selectors, "selfServeExemptionSettings": None}
    sent = {"location": None, "properties": settings}
    _check(schema, "PatchedPolicyAssignmentUpdate", sent)
    changed: Any = arm.send("PATCH", assignment(), sent)
    assert changed.status_code == 200, changed.content
    _check(schema, "PolicyAssignment", changed.json())


def test_exemptions_are_as_described(schema: dict[str, Any], arm: Arm) -> None:
    arm.put(assignment(), body())
    sent = {
        "policyAssignmentId": assignment(),
        "policyDefinitionReferenceIds": ["NoPrivilegedContainers"],
        "exemptionCategory": "Waiver",
        "expiresOn": "2030-01-01T00:00:00Z",
        "displayName": "Until the move",
        "description": "Agreed.",
        "metadata": {"ticket": 7},
        "resourceSelectors": [
            {"name": "here", "selectors": [{"kind": "resourceLocation", "in": ["westeurope"]}]}
        ],
        "assignmentScopeValidation": "Default",
        "exemptionManagementMode": "Admin",
    }
    component = schema["components"]["schemas"]["PolicyExemptionProperties"]
    assert set(component["properties"]) == set(sent)
    path = f"{RESOURCE_GROUP}/{PROVIDER}/policyExemptions"
    _check(schema, "PolicyExemption", arm.put(f"{path}/move", {"properties": sent}))
    _check(schema, "PolicyExemptionListResult", arm.get(path))


def test_definitions_are_as_described(schema: dict[str, Any], arm: Arm, custom: Definition) -> None:
    _check(schema, "PolicyDefinition", arm.get(definitions(name=NO_PRIVILEGE)))
    _check(schema, "PolicyDefinitionListResult", arm.get(definitions(), top="3"))
    version = arm.get(f"{custom.arm_id}/versions/1.0.0")
    _check(schema, "PolicyDefinition", version)
    expanded = arm.get(initiatives(name=BASELINE), expand="EffectiveDefinitionVersion")
    _check(schema, "PolicySetDefinition", expanded)
    _check(schema, "PolicySetDefinitionListResult", arm.get(initiatives()))
    _check(schema, "PolicySetDefinitionListResult", arm.get(f"{BASELINE_ID}/versions"))


def test_custom_definitions_are_as_described(schema: dict[str, Any], arm: Arm) -> None:
    path = definitions(SUBSCRIPTION, "own")
    _check(schema, "PolicyDefinition", arm.put(path, policy()))
    _check(schema, "PolicyDefinition", arm.get(f"{path}/versions/1.0.0"))
    groups = [{"name": "a", "displayName": "A", "category": "Own", "description": "Texts."}]
    body = initiative(
        member(path, groupNames=["a"], definitionVersion="1.*.*"), policyDefinitionGroups=groups
    )
    _check(schema, "PolicySetDefinition", arm.put(initiatives(SUBSCRIPTION, "set"), body))


def test_scopes_and_manifests_are_as_described(schema: dict[str, Any], arm: Arm) -> None:
    _check(schema, "SubscriptionListResult", arm.get("/subscriptions"))
    _check(schema, "ResourceGroupListResult", arm.get(f"{SUBSCRIPTION}/resourceGroups"))
    _check(schema, "TenantListResult", arm.get("/tenants"))
    _check(schema, "ManagementGroupListResult", arm.get(_GROUPS))
    _check(schema, "ManagementGroup", arm.get(f"{_GROUPS}/mg-demo", expand="children"))
    _check(schema, "DataPolicyManifestListResult", arm.get(f"/{PROVIDER}/dataPolicyManifests"))


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        (definitions("/subscriptions/{subscriptionId}"), "put", {"201"}),
        (definitions("/subscriptions/{subscriptionId}"), "delete", {"200", "204"}),
        (initiatives("/subscriptions/{subscriptionId}"), "put", {"200", "201"}),
        (f"{initiatives('/subscriptions/{subscriptionId}')}/#/versions", "put", {"200", "201"}),
    ],
)
def test_the_successes_are_those_that_clients_take(
    schema: dict[str, Any], path: str, method: str, statuses: set[str]
) -> None:
    name = "policySetDefinitionName" if "Set" in path else "policyDefinitionName"
    route = path.replace("#", f"{{{name}}}") if "#" in path else f"{path}/{{{name}}}"
    route += "/{policyDefinitionVersion}" if "versions" in path else ""
    answers = schema["paths"][route][method]["responses"]
    assert {one for one in answers if one.startswith("2")} == statuses


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", assignment(name="nope"), None),
        ("PUT", assignment(), body(parameters={"a": {"value": 1}, "b": {"value": 2}})),
        ("GET", f"{RESOURCE_GROUP}/{PROVIDER}/variables", None),
    ],
)
def test_errors_are_as_described(
    schema: dict[str, Any], arm: Arm, method: str, path: str, sent: Any
) -> None:
    response: Any = arm.send(method, path, sent)
    _check(schema, "ErrorResponse", response.json())


def test_the_examples_of_the_docs_work(schema: dict[str, Any], arm: Arm) -> None:
    route = assignment("/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}")
    operations = schema["paths"][route.replace("baseline", "{policyAssignmentName}")]
    for method, status in (("put", 201), ("patch", 200)):
        content = operations[method]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            response = arm.send(method.upper(), assignment(), example["value"])
            assert response.status_code == status, response.content


def test_the_schema_is_served_as_json_and_yaml_to_anyone(db: None) -> None:
    as_json = Client().get("/schema", {"format": "json"})
    assert as_json["Content-Type"].startswith("application/vnd.oai.openapi+json")
    as_yaml = Client().get("/schema", {"format": "yaml"})
    assert as_json.json() == yaml.safe_load(as_yaml.content)
    accepted = Client().get("/schema", headers={"Accept": "application/json"})
    assert accepted.json()["openapi"].startswith("3.")


def test_the_docs_load_nothing_from_elsewhere(db: None) -> None:
    page = Client().get("/schema/docs")
    assert page.status_code == 200
    assert "script-src" not in page["Content-Security-Policy"]  # default-src 'self' rules it
    assert b"http://" not in page.content
    assert b"https://" not in page.content
    assert "'unsafe-inline'" not in Client().get("/schema")["Content-Security-Policy"]
