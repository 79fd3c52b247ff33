"""What audits found, asked for as Azure's policy insights are, by hand and by the Azure SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.policyinsights import PolicyInsightsClient
from azure.mgmt.policyinsights.models import QueryOptions
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.live_server_helper import LiveServer

from policy_app.models import Cluster, Definition, Scan, Scope
from policy_app.services import access
from policy_app.services.compliance import scanning
from tests.arm.addresses import CLUSTER, MANAGEMENT_GROUP, NO_PRIVILEGE, RESOURCE_GROUP
from tests.arm.conftest import Arm
from tests.estate_fixtures import SUBSCRIPTION
from tests.services.cluster.inside import Api, pod
from tests.services.compliance import scans
from tests.services.compliance.worlds import assign

_VERSION = {"api-version": "2024-10-01"}
_INSIGHTS = "providers/Microsoft.PolicyInsights"
STATES = f"{_INSIGHTS}/policyStates/latest/queryResults"
COMPONENTS = f"{_INSIGHTS}/componentPolicyStates/latest/queryResults"
EVENTS = f"{_INSIGHTS}/policyEvents/default/queryResults"


@pytest.fixture
def world(rg_demo: Scope, aks_demo: Cluster, baseline: Definition) -> Cluster:
    """A cluster with a good and a bad Pod, under the baseline that only audits, audited."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))
    assign(rg_demo, baseline, "baseline", effect="audit")
    api.cluster  # noqa: B018 - catches up: the add-on installs
    scans.scan(aks_demo, Scan.Reach.FULL)
    return aks_demo


def query(arm: Arm, place: str, what: str = STATES, **options: str) -> dict[str, Any]:
    """The answer to a query that must succeed."""
    named = {f"${name}": value for name, value in options.items()} | _VERSION
    response = arm.send("POST", f"{place}/{what}", None, named)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def states(answer: dict[str, Any]) -> dict[str, str]:
    """The state by the policy's name."""
    return {
        str(one["policyDefinitionName"]): str(one["complianceState"]) for one in answer["value"]
    }


@pytest.mark.parametrize("place", [MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, CLUSTER])
def test_each_policy_has_a_state_at_every_level(world: Cluster, arm: Arm, place: str) -> None:
    found = states(query(arm, place))
    assert found[NO_PRIVILEGE] == "NonCompliant"
    assert set(found.values()) == {"NonCompliant", "Compliant"}


def test_a_record_has_azures_fields_with_ids_in_lower_case(world: Cluster, arm: Arm) -> None:
    answer = query(arm, SUBSCRIPTION, filter=f"policyDefinitionName eq '{NO_PRIVILEGE.upper()}'")
    (one,) = answer["value"]
    assert answer["@odata.count"] == 1
    assert answer["@odata.context"].endswith("/policyStates/$metadata#latest")
    assert one["resourceId"] == CLUSTER.lower()
    assert one["resourceGroup"] == "rg-demo"
    assert one["policyAssignmentName"] == "baseline"
    assert one["policyAssignmentScope"] == RESOURCE_GROUP.lower()
    assert one["policyDefinitionAction"] == "audit"
    assert one["policyDefinitionCategory"] == "Kubernetes"
    assert one["managementGroupIds"].split(",")[0] == "mg-demo"
    assert one["isCompliant"] is False
    assert "policyEvaluationDetails" not in one


@pytest.mark.parametrize(
    ("about", "found"),
    [
        (f"policyDefinitions/{NO_PRIVILEGE}", {NO_PRIVILEGE}),
        ("policyDefinitions/none", set()),
        ("policyAssignments/baseline", set()),
    ],
)
def test_one_definition_or_assignment_can_be_asked_about(
    world: Cluster, arm: Arm, about: str, found: set[str]
) -> None:
    place = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/{about}"
    assert set(states(query(arm, place))) == found


def test_an_assignment_is_found_at_its_own_scope(world: Cluster, arm: Arm) -> None:
    place = f"{RESOURCE_GROUP}/providers/Microsoft.Authorization/policyAssignments/BASELINE"
    assert NO_PRIVILEGE in states(query(arm, place))


def test_states_are_sorted_chosen_grouped_and_paged(world: Cluster, arm: Arm) -> None:
    names = query(arm, CLUSTER, orderby="policyDefinitionName desc", select="policyDefinitionName")
    listed = [one["policyDefinitionName"] for one in names["value"]]
    assert listed == sorted(listed, reverse=True)
    assert set(names["value"][0]) == {"@odata.id", "@odata.context", "policyDefinitionName"}
    grouped = query(arm, CLUSTER, apply="groupby((complianceState), aggregate($count as n))")
    counts = {one["complianceState"]: one["n"] for one in grouped["value"]}
    assert counts["NonCompliant"] == 1
    assert sum(counts.values()) == len(listed)
    assert len(query(arm, CLUSTER, top="2")["value"]) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_follow_one_another_with_every_option(
    world: Cluster, arm: Arm, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("policy_app.arm.policyinsights.queries.PAGE_SIZE", 2)
    whole = "complianceState eq 'Compliant'"
    first = query(arm, CLUSTER, filter=whole)
    seen = list(states(first))
    link = first["@odata.nextLink"]
    while link:
        answer = arm.client.generic(method, link.removeprefix("http://testserver")).json()
        assert set(states(answer).values()) == {"Compliant"}
        seen += states(answer)
        link = answer.get("@odata.nextLink", "")
    assert len(seen) == len(set(seen))
    assert NO_PRIVILEGE not in seen
    assert len(seen) > 2


@pytest.mark.parametrize(
    ("option", "value", "target"),
    [
        ("filter", "colour eq 'red'", "$filter"),
        ("filter", "complianceState eq", "$filter"),
        ("orderby", "colour", "$orderby"),
        ("select", "colour", "$select"),
        ("apply", "groupby((colour))", "$apply"),
        ("apply", "shake()", "$apply"),
        ("top", "-1", "$top"),
        ("from", "yesterday", "$from"),
        ("skiptoken", "mine", "$skiptoken"),
        ("expand", "everything", "$expand"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(
    world: Cluster, arm: Arm, option: str, value: str, target: str
) -> None:
    refused = arm.error("POST", f"{CLUSTER}/{STATES}", None, {f"${option}": value, **_VERSION})
    assert (refused["status"], refused["target"]) == (400, target)


def test_components_tell_what_is_wrong_and_what_is_not(world: Cluster, arm: Arm) -> None:
    wanted = f"policyDefinitionName eq '{NO_PRIVILEGE}' and componentType eq 'Pod'"
    answer = query(arm, CLUSTER, COMPONENTS, filter=wanted)
    found = {one["componentId"]: one["complianceState"] for one in answer["value"]}
    assert found["Pod/default/bad"] == "NonCompliant"
    assert found["Pod/default/good"] == "Compliant"
    assert "@odata.nextLink" not in answer


def test_why_a_component_is_wrong_is_told_where_it_is_asked_for(world: Cluster, arm: Arm) -> None:
    wanted = "componentId eq 'Pod/default/bad' and complianceState eq 'NonCompliant'"
    plain = query(arm, CLUSTER, COMPONENTS, filter=wanted)["value"][0]
    assert "policyEvaluationDetails" not in plain
    told = query(arm, CLUSTER, COMPONENTS, filter=wanted, expand="PolicyEvaluationDetails")
    details = told["value"][0]["policyEvaluationDetails"]
    assert details["reason"].startswith("Privileged container is not allowed: bad")
    path = details["evaluatedExpressions"][0]["path"]
    assert path == "spec.containers[0].securityContext.privileged"


def test_a_state_shows_its_components_where_they_are_asked_for(world: Cluster, arm: Arm) -> None:
    wanted = f"policyDefinitionName eq '{NO_PRIVILEGE}'"
    (one,) = query(arm, CLUSTER, filter=wanted, expand="components")["value"]
    found = {each["id"]: each["complianceState"] for each in one["components"]}
    assert found["Pod/default/bad"] == "NonCompliant"


def test_the_components_of_many_states_are_looked_up_together(world: Cluster, arm: Arm) -> None:
    def asked(**options: str) -> list[dict[str, Any]]:
        with CaptureQueriesContext(connection) as captured:
            answer = query(arm, CLUSTER, expand="components", **options)
        counts.append(len(captured))
        return list(answer["value"])

    counts: list[int] = []
    query(arm, CLUSTER)  # what is read once a process is read here
    (one,) = asked(filter=f"policyDefinitionName eq '{NO_PRIVILEGE}'")
    many = asked()
    assert len(many) > 3
    assert counts[1] == counts[0]
    states_of = {each["id"]: each["complianceState"] for each in one["components"]}
    assert states_of["Pod/default/good"] == "Compliant"
    assert all(each["components"] for each in many)
    (same,) = (each for each in many if each["policyDefinitionName"] == NO_PRIVILEGE)
    assert same["components"] == one["components"]


@pytest.mark.parametrize(
    "option", [{"select": "policyDefinitionId"}, {"apply": "groupby((policyDefinitionId))"}]
)
def test_what_does_not_tell_its_assignment_has_no_components(
    world: Cluster, arm: Arm, option: dict[str, str]
) -> None:
    found = query(arm, CLUSTER, expand="components", **option)["value"]
    assert found
    assert all("components" not in one for one in found)


def test_an_event_tells_who_became_what(world: Cluster, arm: Arm) -> None:
    (one,) = query(arm, CLUSTER, EVENTS)["value"]
    assert one["policyDefinitionName"] == NO_PRIVILEGE
    assert one["complianceState"] == "NonCompliant"
    assert one["components"][0]["id"] == "Pod/default/bad"
    assert query(arm, CLUSTER, EVENTS, to="2020-01-01T00:00:00Z")["value"] == []


def test_a_summary_counts_resources_and_policies(world: Cluster, arm: Arm) -> None:
    answer = arm.send(
        "POST", f"{SUBSCRIPTION}/{_INSIGHTS}/policyStates/latest/summarize", None, _VERSION
    ).json()
    (one,) = answer["value"]
    assert one["results"]["nonCompliantResources"] == 1
    assert one["results"]["nonCompliantPolicies"] == 1
    assert {"complianceState": "noncompliant", "count": 1} in one["results"]["resourceDetails"]
    (assignment,) = one["policyAssignments"]
    assert assignment["policyAssignmentId"].endswith("/policyassignments/baseline")
    effects = {each["effect"] for each in assignment["policyDefinitions"]}
    assert effects == {"audit"}


def test_an_evaluation_is_under_way_until_every_scan_is_over(world: Cluster, arm: Arm) -> None:
    path = f"{RESOURCE_GROUP}/{_INSIGHTS}/policyStates/latest/triggerEvaluation"
    begun = arm.send("POST", path, None, _VERSION)
    assert (begun.status_code, begun.content) == (202, b"")
    location = begun["Location"].removeprefix("http://testserver")
    waiting = arm.client.get(location)
    assert (waiting.status_code, waiting["Retry-After"]) == (202, "1")
    open_scan = scanning.latest(world)
    assert open_scan is not None
    Scan.objects.filter(state__in=Scan.OPEN).update(state=Scan.State.DONE)
    over = arm.client.get(location)
    assert (over.status_code, over.json()) == (200, {"status": "Succeeded"})


def test_an_operation_that_nobody_began_is_not_found(world: Cluster, arm: Arm) -> None:
    path = f"{RESOURCE_GROUP}/{_INSIGHTS}/asyncOperationResults/mine"
    assert arm.error("GET", path, None, _VERSION)["code"] == "OperationNotFound"


def test_an_object_is_checked_before_it_is_made(world: Cluster, arm: Arm) -> None:
    path = f"{RESOURCE_GROUP}/{_INSIGHTS}/checkPolicyRestrictions"
    content = pod("new", privileged=True)
    asked: dict[str, Any] = {"resourceDetails": {"resourceContent": content, "scope": CLUSTER}}
    silent = arm.send("POST", path, asked, _VERSION).json()
    assert silent["contentEvaluationResult"]["policyEvaluations"] == [], "as it only audits"
    asked["includeAuditEffect"] = True
    answer = arm.send("POST", path, asked, _VERSION).json()
    (one,) = answer["contentEvaluationResult"]["policyEvaluations"]
    assert one["policyInfo"]["policyDefinitionId"].endswith(NO_PRIVILEGE)
    assert one["evaluationDetails"]["reason"].startswith("Privileged container")
    asked["resourceDetails"]["resourceContent"] = pod("new")
    good = arm.send("POST", path, asked, _VERSION).json()
    assert good["contentEvaluationResult"]["policyEvaluations"] == []


@pytest.mark.parametrize(
    ("body", "status", "target"),
    [
        ({"resourceDetails": 5}, 400, "resourceDetails"),
        ({"resourceDetails": {"resourceContent": []}}, 400, "resourceDetails.resourceContent"),
        ({"resourceDetails": {"resourceContent": {"type": "x"}}}, 501, None),
        ({"resourceDetails": {"resourceContent": pod()}}, 400, "resourceDetails.scope"),
    ],
)
def test_a_check_of_something_else_is_refused(
    world: Cluster, arm: Arm, body: dict[str, Any], status: int, target: str | None
) -> None:
    path = f"{RESOURCE_GROUP}/{_INSIGHTS}/checkPolicyRestrictions"
    refused = arm.error("POST", path, body, _VERSION)
    assert (refused["status"], refused.get("target")) == (status, target)


def test_a_stranger_learns_nothing(world: Cluster, arm: Arm, django_user_model: type[User]) -> None:
    stranger = Arm(access.new_token(django_user_model.objects.create_user("stranger")))
    for method in ("POST", "GET"):
        told = stranger.error(method, f"{CLUSTER}/{STATES}", None, _VERSION)
        assert told["status"] in (403, 404)


@pytest.fixture
def sdk(live_server: LiveServer, world: Cluster, token: str) -> Iterator[Any]:
    """The Azure SDK's client of policy insights, unmodified."""
    policy = AzureKeyCredentialPolicy(AzureKeyCredential(token), "Authorization", prefix="Bearer")
    subscription = SUBSCRIPTION.rpartition("/")[2]
    client: Any = PolicyInsightsClient(
        credential=_NoCredential(),  # type: ignore[arg-type]
        subscription_id=subscription,
        base_url=live_server.url,
        authentication_policy=policy,
        retry_total=0,
    )
    with client:
        yield client


class _NoCredential:
    """The SDK asks for one; the authentication policy stands in for it."""

    def get_token(self, *scopes: str, **kwargs: object) -> None:
        raise AssertionError("the SDK asked for a token although it has a policy")


def test_the_sdk_reads_states_summaries_and_events(sdk: Any) -> None:
    subscription = SUBSCRIPTION.rpartition("/")[2]
    bad = QueryOptions(filter="complianceState eq 'NonCompliant'")
    operations = sdk.policy_states
    (state,) = operations.list_query_results_for_subscription("latest", subscription, bad)
    assert (state.policy_definition_name, state.is_compliant) == (NO_PRIVILEGE, False)
    (again,) = operations.list_query_results_for_resource("latest", CLUSTER, bad)
    assert again.resource_id == CLUSTER.lower()
    summary = operations.summarize_for_resource_group("latest", subscription, "rg-demo")
    assert summary.value[0].results.non_compliant_resources == 1
    (event,) = sdk.policy_events.list_query_results_for_resource("default", CLUSTER)
    assert event.compliance_state == "NonCompliant"
    assert [one.name for one in sdk.operations.list().value]
