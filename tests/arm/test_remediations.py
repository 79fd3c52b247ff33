"""Remediations, tracked resources and policy metadata, asked for by the unmodified Azure SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.policyinsights.models import QueryOptions, Remediation, RemediationFilters
from pytest_django.live_server_helper import LiveServer

from policy_app.models import Assignment, Definition, DefinitionVersion, Scope
from policy_app.services import remediations
from tests.arm.addresses import CLUSTER, RESOURCE_GROUP
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.cluster.inside import Api, pod
from tests.services.remediations.worlds import assign, deployment, policy

_ID = SUBSCRIPTION.rpartition("/")[2]
TASKS = f"{RESOURCE_GROUP}/providers/Microsoft.PolicyInsights/remediations"


class _NoCredential:
    """The SDK asks for one; the authentication policy stands in for it."""

    def get_token(self, *scopes: str, **kwargs: object) -> None:
        raise AssertionError("the SDK asked for a token although it has a policy")


def code_of(error: HttpResponseError) -> str | None:
    """ARM's code of a refusal."""
    return error.error.code if error.error else None


@pytest.fixture
def sdk(live_server: LiveServer, portal: None, token: str) -> Iterator[Any]:
    """The Azure SDK's client of policy insights, unmodified."""
    header = AzureKeyCredentialPolicy(AzureKeyCredential(token), "Authorization", prefix="Bearer")
    client: Any = PolicyInsightsClient(
        credential=_NoCredential(),  # type: ignore[arg-type]
        subscription_id=_ID,
        base_url=live_server.url,
        authentication_policy=header,
        retry_total=0,
    )
    with client:
        yield client


@pytest.fixture
def assigned(rg_demo: Scope) -> Assignment:
    """The policy that makes root file systems read-only, assigned above what is there already."""
    api = Api()
    api.create(deployment())
    api.create(pod("alone"))
    subscription = rg_demo.parent
    assert subscription is not None
    return assign(subscription, policy())


def test_the_sdk_remediates_reads_what_came_of_it_and_deletes(
    sdk: Any, assigned: Assignment
) -> None:
    operations = sdk.remediations
    asked = Remediation(
        policy_assignment_id=assigned.arm_id, filters=RemediationFilters(locations=["westeurope"])
    )
    made = operations.create_or_update_at_resource_group("rg-demo", "fix", asked)
    assert made.id == f"{TASKS}/fix"
    assert made.type == "Microsoft.PolicyInsights/remediations"
    assert (made.provisioning_state, made.resource_discovery_mode) == (
        "Accepted",
        "ExistingNonCompliant",
    )
    assert made.filters.locations == ["westeurope"]
    assert made.deployment_status.total_deployments == 0
    with pytest.raises(HttpResponseError) as refused:
        operations.delete_at_resource_group("rg-demo", "fix")
    assert code_of(refused.value) == "InvalidDeleteRemediationRequest"
    remediations.advance()
    found = operations.get_at_resource_group("rg-demo", "fix")
    counts = found.deployment_status
    assert found.provisioning_state == "Failed"
    assert (counts.total_deployments, counts.successful_deployments) == (3, 2)
    assert counts.failed_deployments == 1
    told = list(
        operations.list_deployments_at_resource_group("rg-demo", "fix", QueryOptions(top=2))
    )
    assert sorted(one.status for one in told) == ["Failed", "Succeeded", "Succeeded"]
    (failed,) = (one for one in told if one.status == "Failed")
    assert failed.remediated_resource_id == f"{CLUSTER}/Pod/default/alone"
    assert failed.error.code == "Invalid"
    assert "pod updates may not change fields" in failed.error.message
    assert failed.resource_location == "westeurope"
    assert failed.created_on <= failed.last_updated_on
    deleted = operations.delete_at_resource_group("rg-demo", "fix")
    assert deleted.provisioning_state == "Failed"
    assert operations.delete_at_resource_group("rg-demo", "fix") is None
    with pytest.raises(ResourceNotFoundError):
        operations.get_at_resource_group("rg-demo", "fix")


def test_the_sdk_remediates_at_every_level_and_cancels(sdk: Any, assigned: Assignment) -> None:
    operations = sdk.remediations
    asked = Remediation(policy_assignment_id=assigned.arm_id)
    with pytest.raises(HttpResponseError) as refused:
        operations.create_or_update_at_management_group("mg-demo", "wide", asked)
    assert code_of(refused.value) == "InvalidCreateRemediationRequest"
    operations.create_or_update_at_subscription("sub", asked)
    operations.create_or_update_at_resource(CLUSTER, "one", asked)
    names = [one.name for one in operations.list_for_management_group("mg-demo")]
    assert names == ["sub", "one"]
    assert [one.name for one in operations.list_for_subscription(QueryOptions(top=1))] == names
    assert [one.name for one in operations.list_for_resource_group("rg-demo")] == ["one"]
    assert [one.name for one in operations.list_for_resource(CLUSTER)] == ["one"]
    assert operations.get_at_resource(CLUSTER, "one").provisioning_state == "Accepted"
    assert operations.cancel_at_subscription("sub").provisioning_state == "Canceled"
    assert operations.cancel_at_resource(CLUSTER, "one").provisioning_state == "Canceled"
    canceled = QueryOptions(filter="provisioningState eq 'Canceled'")
    assert [one.name for one in operations.list_for_subscription(canceled)] == names
    with pytest.raises(HttpResponseError) as refused:
        operations.cancel_at_subscription("sub")
    assert code_of(refused.value) == "InvalidCancelRemediationRequest"
    assert list(operations.list_deployments_at_subscription("sub")) == []
    operations.delete_at_subscription("sub")


def test_no_resource_is_tracked_at_any_level(sdk: Any) -> None:
    operations = sdk.policy_tracked_resources
    asked = QueryOptions(filter="policyAssignmentId eq 'x'", top=5)
    assert list(operations.list_query_results_for_management_group("mg-demo", "default")) == []
    assert list(operations.list_query_results_for_subscription("default", asked)) == []
    assert list(operations.list_query_results_for_resource_group("rg-demo", "default")) == []
    assert list(operations.list_query_results_for_resource(CLUSTER, "default")) == []
    wrong = QueryOptions(filter="colour eq 'red'")
    with pytest.raises(HttpResponseError) as refused:
        list(operations.list_query_results_for_subscription("default", wrong))
    assert refused.value.status_code == 400


@pytest.fixture
def controls(portal: None) -> Definition:
    """A built-in initiative whose groups name controls, as Azure's regulatory ones do."""
    row = Definition.objects.create(
        kind=Definition.Kind.INITIATIVE,
        name="controls",
        arm_id="/providers/Microsoft.Authorization/policySetDefinitions/controls",
        display_name="A standard",
        latest_version="1.0.0",
    )
    root = "/providers/Microsoft.PolicyInsights/policyMetadata"
    groups = [
        {"name": "AC-2", "additionalMetadataId": f"{root}/STANDARD_AC-2"},
        {
            "name": "AC-1",
            "additionalMetadataId": f"{root}/STANDARD_AC-1",
            "displayName": "Access control",
            "category": "Access",
            "description": "Who may come in.",
        },
        {"name": "own"},
    ]
    DefinitionVersion.objects.create(
        definition=row,
        version="1.0.0",
        major=1,
        minor=0,
        patch=0,
        origin=DefinitionVersion.Origin.AZURE,
        fingerprint="controls",
        body={"policyDefinitions": [], "policyDefinitionGroups": groups},
    )
    return row


def test_controls_that_built_in_initiatives_name_are_listed_and_read(
    sdk: Any, controls: Definition
) -> None:
    operations = sdk.policy_metadata
    names = [one.name for one in operations.list()]
    assert names == ["STANDARD_AC-1", "STANDARD_AC-2"]
    assert [one.name for one in operations.list(QueryOptions(top=1))] == names, "page by page"
    one = operations.get_resource("standard_ac-1")
    assert (one.metadata_id, one.title, one.category) == (
        "STANDARD_AC-1",
        "Access control",
        "Access",
    )
    assert one.description == "Who may come in."
    assert one.metadata == {"initiatives": ["A standard"]}
    assert one.type == "Microsoft.PolicyInsights/policyMetadata"
    with pytest.raises(ResourceNotFoundError) as missing:
        operations.get_resource("STANDARD_AC-9")
    assert code_of(missing.value) == "PolicyMetadataNotFound"


def test_the_portals_own_initiatives_name_no_controls(sdk: Any) -> None:
    assert list(sdk.policy_metadata.list()) == []


def test_a_body_of_another_name_and_an_empty_one_are_refused(
    arm: Arm, assigned: Assignment
) -> None:
    properties = {"properties": {"policyAssignmentId": assigned.arm_id}}
    error = arm.error("PUT", f"{TASKS}/fix", {"name": "other", **properties})
    assert (error["status"], error["target"]) == (400, "name")
    assert arm.error("PUT", f"{TASKS}/fix")["code"] == "InvalidRequestContent"
    assert arm.error("GET", f"{TASKS}/fix")["code"] == "RemediationNotFound"
    assert arm.error("POST", f"{TASKS}/fix/cancel")["status"] == 404
