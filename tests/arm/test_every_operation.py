"""Whatever the schema allows or forbids is sent to every operation; each answer is as described.

`make fuzz` does the same for longer, with schemathesis and over HTTP.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.arm.addresses import (
    BASELINE_ID,
    CLUSTER,
    MANAGEMENT_GROUP,
    NO_PRIVILEGE,
    RESOURCE_GROUP,
    assignment,
    body,
)
from tests.arm.conftest import Arm
from tests.estate_fixtures import BASELINE, SUBSCRIPTION

_METHODS = ("get", "put", "post", "patch", "delete")
_PLACES = {
    "managementGroupId": "mg-demo",
    "subscriptionId": "00000000-0000-0000-0000-000000000001",
    "resourceGroupName": "rg-demo",
    "resourceProviderNamespace": "Microsoft.ContainerService",
    "resourceType": "managedClusters",
    "resourceName": "aks-demo",
    "resourceSelection": "latest",
    "policyMode": "Microsoft.Kubernetes.Data",
    "policyDefinitionName": NO_PRIVILEGE,
    "policySetDefinitionName": BASELINE,
    "policyDefinitionVersion": "1.0.0",
}
"""What exists, by the name of the part of an address."""
_TEXTS = st.sampled_from(
    [
        *("", "a", "$", "é", "%00", "x" * 300, "-1", "null", "1.0.0", "2026-11-22T00:00:00Z"),
        *("atScope()", "policyType eq 'BuiltIn'", "count", "timestamp desc", "aggregate($count)"),
        *(BASELINE_ID, CLUSTER, assignment(), "9f0c6f9c-0000-0000-0000-000000000001", "Waiver"),
    ]
)
_JUNK = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS
_DEEPEST = 6
_RIGHT = 5
"""How much more often a value is right than not."""


def values(schema: dict[str, Any], components: dict[str, Any], depth: int = 0) -> Any:
    """Values of a schema, and now and then of none."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    if depth > _DEEPEST:
        return _JUNK
    return st.one_of(*[_right(schema, components, depth)] * _RIGHT, _JUNK)


def _right(schema: dict[str, Any], components: dict[str, Any], depth: int) -> Any:
    choices = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf")
    if choices:
        return st.one_of([values(one, components, depth + 1) for one in choices])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return st.lists(values(schema.get("items", {}), components, depth + 1), max_size=2)
    if kind == "object":
        named = schema.get("properties", {})
        fields = {name: values(one, components, depth + 1) for name, one in named.items()}
        further = schema.get("additionalProperties")
        if not fields and isinstance(further, dict):
            return st.dictionaries(_TEXTS, values(further, components, depth + 1), max_size=2)
        return st.fixed_dictionaries({}, optional=fields)
    simple = {"boolean": st.booleans(), "integer": st.integers(), "number": st.floats(0, 9)}
    return simple.get(str(kind), _TEXTS)


def _operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in _METHODS
    ]


def _address(draw: Any, path: str) -> str:
    """Of things that exist, but for one part now and then."""
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    wrong = draw(st.sampled_from([*[""] * 3 * len(names), *names])) if names else ""
    for name in names:
        given = draw(_TEXTS.filter(bool)) if name == wrong else _PLACES.get(name, "own")
        path = path.replace(f"{{{name}}}", quote(given, safe=""))
    return path


def _query(draw: Any, operation: dict[str, Any], components: dict[str, Any]) -> dict[str, str]:
    named = {one["name"]: one for one in operation["parameters"] if one["in"] == "query"}
    named.pop("api-version")
    chosen = draw(st.lists(st.sampled_from(sorted(named)), max_size=3)) if named else []
    drawn = {name: draw(values(named[name]["schema"], components)) for name in chosen}
    return {name: str(value) for name, value in drawn.items()}


def _body(draw: Any, operation: dict[str, Any], components: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return draw(values(content["schema"], components)) if content else None


@pytest.fixture
def filled(arm: Arm) -> Arm:
    """With something of each kind that is asked for by name."""
    for scope in (MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, CLUSTER):
        arm.put(assignment(scope, "own"), body())
        exempt = {"policyAssignmentId": assignment(scope, "own"), "exemptionCategory": "Waiver"}
        path = assignment(scope, "own").replace("policyAssignments", "policyExemptions")
        arm.put(path, {"properties": exempt})
    return arm


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_every_answer_is_one_that_the_schema_describes(
    schema: dict[str, Any], filled: Arm, data: Any
) -> None:
    components = schema["components"]["schemas"]
    path, method, operation = data.draw(st.sampled_from(_operations(schema)))
    address = _address(data.draw, path)
    query = _query(data.draw, operation, components)
    sent = _body(data.draw, operation, components)
    answer: Any = filled.send(method.upper(), address, sent, query)
    status = answer.status_code
    # 501 is an answer that says what the portal has not; nothing may be a fault of its own.
    assert status < 500 or status == 501, answer.content
    answers = operation["responses"]
    assert str(status) in answers or status >= 400, (status, list(answers))
    described = answers.get(str(status), answers["default"]).get("content")
    if described is None:
        assert not answer.content
        return
    assert answer["Content-Type"].startswith("application/json")
    [content] = described.values()
    root = {**content["schema"], "components": {"schemas": components}}
    jsonschema.validate(answer.json(), root, cls=jsonschema.Draft202012Validator)
