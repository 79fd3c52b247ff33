"""Every operation of the Azure SDK's policy client, unmodified, against a running server.

What it has no words for (exemptions, variables, enrolments) its pre-release has: see azure_clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from pytest_django.live_server_helper import LiveServer

from tests.arm.addresses import (
    CLUSTER,
    MANAGEMENT_GROUP,
    NO_PRIVILEGE,
    RESOURCE_GROUP,
    assignment,
    definitions,
    initiatives,
)
from tests.arm.test_azure_sdk import _client
from tests.estate_fixtures import BASELINE, SUBSCRIPTION
from tests.services.authoring.bodies import initiative, member, policy

GROUP = "mg-demo"
OWN = definitions(SUBSCRIPTION, "own")
SET = initiatives(SUBSCRIPTION, "set")
_NOT_SERVED = {"policy_tokens.acquire", "policy_tokens.acquire_at_management_group"}


class Recorded:
    """A client that remembers which operations were called."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.called: set[str] = set()

    def groups(self) -> dict[str, Any]:
        """The operation groups by name."""
        found = {name: getattr(self.client, name) for name in dir(self.client)}
        return {name: one for name, one in found.items() if name.startswith(("policy", "data"))}

    def all(self) -> set[str]:
        """Every operation that the client has."""
        return {
            f"{group}.{name}"
            for group, one in self.groups().items()
            for name in dir(one)
            if not name.startswith("_") and callable(getattr(one, name)) and name != "models"
        }

    def __call__(self, operation: str, *arguments: Any, **keywords: Any) -> Any:
        group, name = operation.split(".")
        self.called.add(operation)
        result = getattr(getattr(self.client, group), name)(*arguments, **keywords)
        return (
            [one.name for one in result] if name.startswith("list") and _pages(result) else result
        )


def _pages(result: Any) -> bool:
    return hasattr(result, "by_page")


@pytest.fixture
def sdk(live_server: LiveServer, portal: None, token: str) -> Iterator[Recorded]:
    """Alice's client of the live server."""
    with _client(live_server.url, token) as client:
        yield Recorded(client)


def assigned() -> dict[str, Any]:
    """An assignment of the set, refusing."""
    return {"properties": {"policyDefinitionId": SET, "parameters": {"effect": {"value": "Deny"}}}}


def test_every_operation_of_the_client_is_answered_as_it_expects(sdk: Recorded) -> None:
    _definitions(sdk)
    _definition_versions(sdk)
    _sets(sdk)
    _set_versions(sdk)
    _assignments(sdk)
    _manifests(sdk)
    _endings(sdk)
    assert sdk.all() - sdk.called == _NOT_SERVED
    for operation in _NOT_SERVED:
        arguments = (GROUP,) if operation.endswith("group") else ()
        with pytest.raises(HttpResponseError) as refused:
            sdk(operation, *arguments, {"operation": {"uri": OWN, "httpMethod": "PUT"}})
        assert refused.value.status_code == 501


def _definitions(sdk: Recorded) -> None:
    created = sdk("policy_definitions.create_or_update", "own", policy())
    assert (created.id, created.properties.version) == (OWN, "1.0.0")
    assert created.properties.policy_rule["then"]["effect"] == "[parameters('effect')]"
    again = sdk("policy_definitions.create_or_update", "own", policy(description="More."))
    assert again.properties.versions == ["1.0.1", "1.0.0"]
    assert sdk("policy_definitions.get", "own").properties.policy_type == "Custom"
    assert sdk("policy_definitions.list", filter="policyType -eq Custom") == ["own"]
    assert "own" not in sdk("policy_definitions.list_built_in", top=50)
    assert sdk("policy_definitions.get_built_in", NO_PRIVILEGE).name == NO_PRIVILEGE
    create = "policy_definitions.create_or_update_at_management_group"
    assert sdk(create, GROUP, "wide", policy()).id == definitions(MANAGEMENT_GROUP, "wide")
    assert sdk("policy_definitions.get_at_management_group", GROUP, "wide").name == "wide"
    listed = sdk(
        "policy_definitions.list_by_management_group", GROUP, filter="policyType eq 'Custom'"
    )
    assert listed == ["wide"]


def _definition_versions(sdk: Recorded) -> None:
    group = "policy_definition_versions"
    later = sdk(f"{group}.create_or_update", "own", "1.5.0", policy(displayName="Later"))
    assert (later.name, later.properties.display_name) == ("1.5.0", "Later")
    assert sdk(f"{group}.get", "own", "1.5.0").properties.version == "1.5.0"
    assert sdk(f"{group}.list", "own") == ["1.0.0", "1.0.1", "1.5.0"]
    sdk(f"{group}.delete", "own", "1.5.0")
    assert sdk(f"{group}.delete", "own", "1.5.0") is None
    built_in = sdk(f"{group}.list_built_in", NO_PRIVILEGE)
    assert sdk(f"{group}.get_built_in", NO_PRIVILEGE, built_in[0]).name == built_in[0]
    at_group = "at_management_group"
    sdk(f"{group}.create_or_update_{at_group}", GROUP, "wide", "1.1.0", policy(description="x"))
    assert sdk(f"{group}.get_{at_group}", GROUP, "wide", "1.1.0").name == "1.1.0"
    assert sdk(f"{group}.list_by_management_group", GROUP, "wide") == ["1.0.0", "1.1.0"]
    sdk(f"{group}.delete_{at_group}", GROUP, "wide", "1.1.0")
    assert f"{OWN}/versions/1.0.0" in {one.id for one in sdk(f"{group}.list_all").value}
    assert sdk(f"{group}.list_all_builtins").value
    assert sdk(f"{group}.list_all_{at_group}", GROUP).value


def _sets(sdk: Recorded) -> None:
    group = "policy_set_definitions"
    assert sdk(f"{group}.create_or_update", "set", initiative(member(OWN))).id == SET
    sdk(f"{group}.create_or_update", "set", initiative(member(OWN)))
    found = sdk(f"{group}.get", "set", expand="EffectiveDefinitionVersion")
    (reference,) = found.properties.policy_definitions
    assert reference.effective_definition_version == "1.0.1"
    assert sdk(f"{group}.list", filter="atExactScope()") == ["set"]
    assert BASELINE in sdk(f"{group}.list_built_in")
    assert sdk(f"{group}.get_built_in", BASELINE).name == BASELINE
    wide = initiative(member(definitions(MANAGEMENT_GROUP, "wide")))
    sdk(f"{group}.create_or_update_at_management_group", GROUP, "wide-set", wide)
    assert sdk(f"{group}.get_at_management_group", GROUP, "wide-set").name == "wide-set"
    assert "wide-set" in sdk(f"{group}.list_by_management_group", GROUP)


def _set_versions(sdk: Recorded) -> None:
    group, at_group = "policy_set_definition_versions", "at_management_group"
    two = initiative(member(OWN), member(OWN, "again"))
    assert sdk(f"{group}.create_or_update", "set", "1.1.0", two).name == "1.1.0"
    assert len(sdk(f"{group}.get", "set", "1.1.0").properties.policy_definitions) == 2
    assert sdk(f"{group}.list", "set") == ["1.0.0", "1.1.0"]
    sdk(f"{group}.delete", "set", "1.1.0")
    built_in = sdk(f"{group}.list_built_in", BASELINE)
    assert sdk(f"{group}.get_built_in", BASELINE, built_in[0]).name == built_in[0]
    wide = initiative(member(definitions(MANAGEMENT_GROUP, "wide")), description="x")
    sdk(f"{group}.create_or_update_{at_group}", GROUP, "wide-set", "1.1.0", wide)
    assert sdk(f"{group}.get_{at_group}", GROUP, "wide-set", "1.1.0").name == "1.1.0"
    assert sdk(f"{group}.list_by_management_group", GROUP, "wide-set") == ["1.0.0", "1.1.0"]
    sdk(f"{group}.delete_{at_group}", GROUP, "wide-set", "1.1.0")
    assert f"{SET}/versions/1.0.0" in {one.id for one in sdk(f"{group}.list_all").value}
    assert sdk(f"{group}.list_all_builtins").value
    assert sdk(f"{group}.list_all_{at_group}", GROUP).value


def _assignments(sdk: Recorded) -> None:
    group = "policy_assignments"
    assert sdk(f"{group}.create", RESOURCE_GROUP, "a", assigned()).name == "a"
    assert sdk(f"{group}.get", RESOURCE_GROUP, "a").properties.enforcement_mode == "Default"
    change = {"properties": {"overrides": [{"kind": "policyEffect", "value": "Audit"}]}}
    assert sdk(f"{group}.update", RESOURCE_GROUP, "a", change).properties.overrides
    mine = assignment(CLUSTER, "mine")
    assert sdk(f"{group}.create_by_id", mine, assigned()).id == mine
    assert sdk(f"{group}.update_by_id", mine, {"location": "westeurope"}).location == "westeurope"
    assert sdk(f"{group}.get_by_id", mine).name == "mine"
    both = ["a", "mine"]
    by_definition = f"policyDefinitionId eq '{SET}'"
    assert sdk(f"{group}.list", filter=by_definition) == both
    assert sdk(f"{group}.list_for_management_group", GROUP) == both
    assert sdk(f"{group}.list_for_resource_group", "rg-demo", filter="atScope()") == ["a"]
    resource = ("rg-demo", "Microsoft.ContainerService", "", "managedClusters", "aks-demo")
    assert sdk(f"{group}.list_for_resource", *resource, filter="atExactScope()") == ["mine"]
    assert sdk(f"{group}.delete_by_id", mine).name == "mine"
    assert sdk(f"{group}.delete_by_id", mine) is None
    for name, other in (("own", "definitions.delete"), ("set", "set_definitions.delete")):
        with pytest.raises(HttpResponseError) as used:
            sdk(f"policy_{other}", name)
        assert used.value.status_code == 400
        assert used.value.error is not None
        assert str(used.value.error.code).startswith("InvalidDeletePolicy")
    assert sdk(f"{group}.delete", RESOURCE_GROUP, "a").name == "a"
    assert sdk(f"{group}.delete", RESOURCE_GROUP, "a") is None


def _manifests(sdk: Recorded) -> None:
    mode = "Microsoft.Kubernetes.Data"
    found = sdk("data_policy_manifests.get_by_policy_mode", mode)
    assert {one.name for one in found.properties.effects} >= {"Audit", "Deny"}
    wanted = "namespace eq 'Microsoft.ContainerService'"
    assert sdk("data_policy_manifests.list", filter=wanted) == [mode]


def _endings(sdk: Recorded) -> None:
    for _ in range(2):  # the second time there is nothing left, which is a success as well
        sdk("policy_set_definitions.delete", "set")
        sdk("policy_set_definitions.delete_at_management_group", GROUP, "wide-set")
        sdk("policy_definitions.delete", "own")
        sdk("policy_definitions.delete_at_management_group", GROUP, "wide")
    with pytest.raises(ResourceNotFoundError) as missing:
        sdk("policy_definitions.get", "own")
    assert missing.value.error is not None
    assert missing.value.error.code == "PolicyDefinitionNotFound"
