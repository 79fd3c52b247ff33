"""What audits found, what is put right and what people attest, by the client of policy insights."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from policy_app.models import Assignment, Cluster, Scan
from policy_app.services import remediations
from tests.arm.addresses import CLUSTER, NO_PRIVILEGE
from tests.arm.azure_clients.conftest import Clients, refusal
from tests.arm.test_attestations import attestation, said
from tests.arm.test_attestations import manual as manual  # a fixture
from tests.arm.test_policy_insights import world as world  # a fixture
from tests.arm.test_remediations import TASKS
from tests.arm.test_remediations import assigned as assigned  # a fixture
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.cluster.inside import pod

_ID = SUBSCRIPTION.rpartition("/")[2]
_GROUP = (_ID, "rg-demo")
_COMPONENTS = "component_policy_states.list_query_results_for"
_STATES = "policy_states.list_query_results_for"
_BAD = "complianceState eq 'NonCompliant'"


def test_component_states_are_queried_at_each_kind_of_address(
    clients: Clients, world: Cluster
) -> None:
    calls: dict[str, tuple[str, ...]] = {
        "subscription": (_ID,),
        "resource_group": _GROUP,
        "resource": (CLUSTER,),
        "policy_definition": (_ID, NO_PRIVILEGE),
        "resource_group_level_policy_assignment": (*_GROUP, "baseline"),
    }
    for what, place in calls.items():
        told = clients.insights(f"{_COMPONENTS}_{what}", *place, "latest", filter=_BAD)
        (one,) = told["value"]
        assert told["odata_count"] == 1
        assert (one["component_id"], one["component_type"]) == ("Pod/default/bad", "Pod")
        assert one["compliance_state"] == "NonCompliant"
        assert one["resource_id"] == CLUSTER.lower()
        assert one["timestamp"].endswith("+00:00")
        assert one["policy_definition_name"] == NO_PRIVILEGE
        assert one["policy_evaluation_details"] is None
    elsewhere = f"{_COMPONENTS}_subscription_level_policy_assignment"
    assert clients.insights(elsewhere, _ID, "baseline", "latest")["value"] == []
    nowhere = refusal(clients.insights, f"{_COMPONENTS}_resource_group", _ID, "none", "latest")
    assert nowhere == ("ResourceNotFoundError", 404, "ResourceGroupNotFound")
    _component_options(clients)


def _component_options(clients: Clients) -> None:
    of_cluster = (f"{_COMPONENTS}_resource", CLUSTER, "latest")
    told = clients.insights(*of_cluster, filter=_BAD, expand="PolicyEvaluationDetails")
    details = told["value"][0]["policy_evaluation_details"]
    assert details["reason"].startswith("Privileged container is not allowed: bad")
    (evaluated,) = details["evaluated_expressions"]
    assert evaluated["path"] == "spec.containers[0].securityContext.privileged"
    pods = f"componentType eq 'Pod' and policyDefinitionName eq '{NO_PRIVILEGE}'"
    told = clients.insights(
        *of_cluster, filter=pods, order_by="componentName desc", select="componentName", top=1
    )
    assert [one["component_name"] for one in told["value"]] == ["good"]
    assert told["value"][0]["component_id"] is None
    refused = refusal(clients.insights, *of_cluster, filter="colour eq 'red'")
    assert refused == ("HttpResponseError", 400, "InvalidFilterInQueryString")


def test_policy_states_are_queried_summarized_and_evaluated_anew(
    clients: Clients, world: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what, place in (("subscription", (_ID,)), ("resource_group", _GROUP)):
        (state,) = clients.insights(f"{_STATES}_{what}", *place, "latest", filter=_BAD)
        assert (state["policy_definition_name"], state["is_compliant"]) == (NO_PRIVILEGE, False)
    (state,) = clients.insights(
        f"{_STATES}_resource", "latest", CLUSTER, filter=_BAD, expand="components"
    )
    found = {one["id"]: one["compliance_state"] for one in state["components"]}
    assert found["Pod/default/bad"] == "NonCompliant"
    refused = refusal(clients.insights, f"{_STATES}_subscription", _ID, "latest", apply="shake()")
    assert refused == ("HttpResponseError", 400, "InvalidQueryParameter")
    told = clients.insights("policy_states.summarize_for_resource_group", *_GROUP, "latest")
    (summary,) = told["value"]
    assert summary["results"]["non_compliant_resources"] == 1
    assert summary["policy_assignments"][0]["policy_assignment_id"].endswith("/baseline")
    events = "policy_events.list_query_results_for_resource"
    (event,) = clients.insights(events, "default", CLUSTER)
    assert event["components"][0]["id"] == "Pod/default/bad"
    _pages(clients, monkeypatch)
    _check(clients)
    _evaluate(clients)


def _pages(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks for every page but the first by GET."""
    whole = clients.insights(f"{_STATES}_subscription", _ID, "latest")
    monkeypatch.setattr("policy_app.arm.policyinsights.queries.PAGE_SIZE", 2)
    assert len(whole) > 4
    assert clients.insights(f"{_STATES}_subscription", _ID, "latest") == whole
    assert clients.insights(f"{_STATES}_subscription", _ID, "latest", top=3) == whole[:3]


def _check(clients: Clients) -> None:
    content = pod("new", privileged=True)
    asked: dict[str, Any] = {"resourceDetails": {"resourceContent": content, "scope": CLUSTER}}
    asked["includeAuditEffect"] = True
    operation = "policy_restrictions.check_at_resource_group_scope"
    told = clients.insights(operation, "rg-demo", asked)
    (one,) = told["content_evaluation_result"]["policy_evaluations"]
    assert one["policy_info"]["policy_definition_id"].endswith(NO_PRIVILEGE)


def _evaluate(clients: Clients) -> None:
    """The client waits, and comes back once the scan that it asked for is over."""
    operation = "policy_states.begin_trigger_resource_group_evaluation"
    asked = Scan.objects.filter(trigger=Scan.Trigger.API, state__in=Scan.OPEN)
    with ThreadPoolExecutor(1) as pool:
        awaited = pool.submit(clients.insights, operation, *_GROUP)
        while not asked.exists():
            assert not awaited.done(), awaited.result()
            time.sleep(0.05)
        assert not awaited.done()
        asked.update(state=Scan.State.DONE)
        assert awaited.result() is None


def test_an_attestation_is_made_listed_and_deleted(clients: Clients, manual: None) -> None:
    put = "attestations.begin_create_or_update_at_resource_group"
    sent = said(complianceState="Compliant", expiresOn="2099-01-01T00:00:00Z")
    made = clients.insights(put, "rg-demo", "reviewed", sent)
    assert made["id"] == attestation()
    assert (made["compliance_state"], made["provisioning_state"]) == ("Compliant", "Succeeded")
    assert made["expires_on"] == "2099-01-01T00:00:00+00:00"
    assert clients.insights("attestations.get_at_resource_group", "rg-demo", "reviewed") == made
    again = clients.insights(put, "rg-demo", "reviewed", said(complianceState="NonCompliant"))
    assert (again["compliance_state"], again["expires_on"]) == ("NonCompliant", None)
    for what, place in (("subscription", ()), ("resource_group", ("rg-demo",))):
        listed = clients.insights(f"attestations.list_for_{what}", *place, filter=_BAD)
        assert [one["name"] for one in listed] == ["reviewed"]
    at_cluster = "attestations.begin_create_or_update_at_resource"
    refused = refusal(clients.insights, at_cluster, CLUSTER, "bad", sent)
    assert refused == ("HttpResponseError", 400, "InvalidCreateAttestationRequest")
    for _ in range(2):  # the second time there is nothing left, which is a success as well
        clients.insights("attestations.delete_at_resource_group", "rg-demo", "reviewed")
    gone = refusal(clients.insights, "attestations.get_at_resource_group", "rg-demo", "reviewed")
    assert gone == ("ResourceNotFoundError", 404, "AttestationNotFound")


def test_a_remediation_is_made_carried_out_and_deleted(
    clients: Clients, assigned: Assignment
) -> None:
    def fix(operation: str, *arguments: Any, **keywords: Any) -> Any:
        named = f"remediations.{operation}_at_resource_group"
        return clients.insights(named, "rg-demo", "fix", *arguments, **keywords)

    body = {"properties": {"policyAssignmentId": assigned.arm_id}}
    made = fix("create_or_update", body)
    assert (made["id"], made["provisioning_state"]) == (f"{TASKS}/fix", "Accepted")
    refused = ("HttpResponseError", 400, "InvalidDeleteRemediationRequest")
    assert refusal(fix, "delete") == refused
    remediations.advance()
    found = fix("get")
    assert found["provisioning_state"] == "Failed"
    assert found["deployment_status"]["successful_deployments"] == 2
    (failed,) = (one for one in fix("list_deployments", top=2) if one["status"] == "Failed")
    assert failed["remediated_resource_id"] == f"{CLUSTER}/Pod/default/alone"
    assert failed["error"]["code"] == "Invalid"
    assert failed["created_on"].endswith("+00:00")
    assert fix("delete")["name"] == "fix"
    assert fix("delete") is None
    assert refusal(fix, "get") == ("ResourceNotFoundError", 404, "RemediationNotFound")
    clients.insights("remediations.create_or_update_at_resource", CLUSTER, "one", body)
    canceled = clients.insights("remediations.cancel_at_resource", CLUSTER, "one")
    assert canceled["provisioning_state"] == "Canceled"
    wanted = "provisioningState eq 'Canceled'"
    for what, place in (("subscription", ()), ("management_group", ("mg-demo",))):
        tasks = clients.insights(f"remediations.list_for_{what}", *place, filter=wanted)
        assert [one["name"] for one in tasks] == ["one"]
