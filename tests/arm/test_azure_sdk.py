"""The unmodified Azure SDK for Python drives the portal over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.resource.policy import PolicyClient
from pytest_django.live_server_helper import LiveServer

from tests.arm.addresses import BASELINE_ID, CLUSTER, NO_PRIVILEGE, RESOURCE_GROUP, assignment
from tests.estate_fixtures import BASELINE, SUBSCRIPTION

_ID = SUBSCRIPTION.rpartition("/")[2]


class _NoCredential:
    """The SDK asks for one; the authentication policy below stands in for it."""

    def get_token(self, *scopes: str, **kwargs: object) -> None:
        raise AssertionError("the SDK asked for a token although it has a policy")


def _client(url: str, token: str) -> PolicyClient:
    policy = AzureKeyCredentialPolicy(AzureKeyCredential(token), "Authorization", prefix="Bearer")
    return PolicyClient(
        _NoCredential(),  # type: ignore[arg-type]
        _ID,
        base_url=url,
        authentication_policy=policy,
        retry_total=0,
    )


@pytest.fixture
def sdk(live_server: LiveServer, portal: None, token: str) -> Iterator[Any]:
    """Alice's client of the live server; untyped, because its models declare all as optional."""
    with _client(live_server.url, token) as client:
        yield client


def _deny() -> dict[str, Any]:
    return {
        "properties": {
            "displayName": "Pod security baseline",
            "policyDefinitionId": BASELINE_ID,
            "parameters": {"effect": {"value": "deny"}},
        }
    }


def test_an_initiative_is_assigned_listed_and_deleted(sdk: Any) -> None:
    operations = sdk.policy_assignments
    created = operations.create(RESOURCE_GROUP, "baseline", _deny())
    assert created.id == assignment()
    assert created.properties.enforcement_mode == "Default"
    assert created.properties.parameters["effect"].value == "deny"
    assert created.system_data.created_by == "alice"
    overwritten = operations.create(RESOURCE_GROUP, "baseline", _deny())
    assert overwritten.properties.instance_id == created.properties.instance_id

    expand = "LatestDefinitionVersion, EffectiveDefinitionVersion"
    found = operations.get(RESOURCE_GROUP, "baseline", expand=expand)
    assert found.properties.effective_definition_version
    assert operations.get_by_id(created.id).name == "baseline"
    listed = operations.list_for_resource_group("rg-demo", filter="atExactScope()")
    assert [one.name for one in listed] == ["baseline"]
    at_cluster = operations.list_for_resource(
        "rg-demo", "Microsoft.ContainerService", "", "managedClusters", "aks-demo"
    )
    assert [one.name for one in at_cluster] == ["baseline"]
    assert [one.name for one in operations.list()] == ["baseline"]
    assert [one.name for one in operations.list_for_management_group("mg-demo")] == ["baseline"]

    change = {"properties": {"overrides": [{"kind": "policyEffect", "value": "audit"}]}}
    updated = operations.update(RESOURCE_GROUP, "baseline", change)
    assert updated.properties.overrides[0].value == "audit"

    deleted = operations.delete(RESOURCE_GROUP, "baseline")
    assert deleted is not None
    assert deleted.name == "baseline"
    assert operations.delete(RESOURCE_GROUP, "baseline") is None
    with pytest.raises(ResourceNotFoundError) as missing:
        operations.get(RESOURCE_GROUP, "baseline")
    assert missing.value.error is not None
    assert missing.value.error.code == "PolicyAssignmentNotFound"


def test_a_cluster_takes_an_assignment_by_id(sdk: Any) -> None:
    assignment_id = assignment(CLUSTER, "mine")
    created = sdk.policy_assignments.create_by_id(assignment_id, _deny())
    assert created.properties.scope == CLUSTER
    assert sdk.policy_assignments.delete_by_id(assignment_id).name == "mine"


def test_pages_are_followed_to_the_end(sdk: Any) -> None:
    for name in ("a", "b", "c"):
        sdk.policy_assignments.create(RESOURCE_GROUP, name, _deny())
    listed = sdk.policy_assignments.list_for_resource_group("rg-demo", top=1)
    assert [one.name for one in listed] == ["a", "b", "c"]


def test_definitions_and_their_versions_are_read(sdk: Any) -> None:
    built_in = [one.name for one in sdk.policy_definitions.list_built_in(top=5)]
    assert NO_PRIVILEGE in built_in
    kubernetes = sdk.policy_definitions.list(filter="category eq 'Kubernetes'")
    assert sorted(one.name for one in kubernetes) == sorted(built_in)
    with pytest.raises(ResourceNotFoundError):  # as in Azure, where clients then ask the tenant
        sdk.policy_definitions.get(NO_PRIVILEGE)
    found = sdk.policy_definitions.get_built_in(NO_PRIVILEGE)
    assert found.properties.policy_type == "BuiltIn"
    assert found.properties.parameters["effect"].allowed_values
    versions = [one.name for one in sdk.policy_definition_versions.list_built_in(NO_PRIVILEGE)]
    assert found.properties.version in versions
    one = sdk.policy_definition_versions.get_built_in(NO_PRIVILEGE, versions[0])
    assert one.properties.version == versions[0]
    every = sdk.policy_definition_versions.list_all_builtins().value
    assert {item.name for item in every}


def test_initiatives_and_their_versions_are_read(sdk: Any) -> None:
    assert BASELINE in [one.name for one in sdk.policy_set_definitions.list_built_in()]
    found = sdk.policy_set_definitions.get_built_in(BASELINE, expand="EffectiveDefinitionVersion")
    members = found.properties.policy_definitions
    assert all(one.effective_definition_version for one in members)
    at_group = sdk.policy_set_definitions.list_by_management_group("mg-demo")
    assert BASELINE in [one.name for one in at_group]
    versions = sdk.policy_set_definition_versions.list_built_in(BASELINE)
    assert found.properties.version in [one.name for one in versions]


def test_errors_arrive_as_the_sdk_models_them(sdk: Any) -> None:
    body = _deny()
    body["properties"]["parameters"] = {"effect": {"value": "Nope"}}
    with pytest.raises(HttpResponseError) as refused:
        sdk.policy_assignments.create(RESOURCE_GROUP, "baseline", body)
    assert refused.value.status_code == 400
    assert refused.value.error is not None
    assert refused.value.error.code == "PolicyParameterValueNotAllowed"
    with pytest.raises(HttpResponseError) as empty:
        sdk.policy_definitions.create_or_update("own", {"properties": {}})
    assert empty.value.error is not None
    assert (empty.value.status_code, empty.value.error.code) == (400, "InvalidPolicyRule")


def test_a_wrong_token_is_an_authentication_error(live_server: LiveServer, portal: None) -> None:
    with (
        _client(live_server.url, "wrong") as client,
        pytest.raises(ClientAuthenticationError) as refused,
    ):
        client.policy_definitions.get_built_in(NO_PRIVILEGE)
    assert refused.value.error is not None
    assert refused.value.error.code == "InvalidAuthenticationToken"
