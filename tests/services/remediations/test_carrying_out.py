"""What becomes of objects that were there before the policy that changes them."""

from __future__ import annotations

import pytest

from policy_app.models import Cluster, KubeObject, Remediation, Scope
from policy_app.services import assignments, remediations
from policy_app.services.cluster import addon
from policy_app.services.remediations import applying, finding
from policy_app.services.work import duties
from tests.services.cluster.inside import Api, pod
from tests.services.compliance.worlds import assign as assign_with
from tests.services.remediations.worlds import (
    MAX_UNAVAILABLE,
    ask,
    assign,
    budget,
    deployment,
    outcomes,
    policy,
    read_only,
)

State = Remediation.State


def test_pods_of_a_workload_are_replaced_and_one_without_says_why_not(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(deployment())
    api.create(pod("alone"))
    before = read_only(api)
    assert not any(before.values())
    row = ask(assign(rg_demo, policy()))
    assert row.state == State.ACCEPTED
    remediations.advance()
    found = outcomes(row)
    replaced = {name for name in before if name != "alone"}
    assert {found[name] for name in replaced} == {("Succeeded", applying.EVICTED)}
    state, why = found["alone"]
    assert state == "Failed"
    assert why.startswith('Pod "alone" is invalid: spec: Forbidden: pod updates may not change')
    assert found[""] == ("Failed", "Some objects failed, and no failure threshold allows that.")
    after = read_only(api)
    assert replaced.isdisjoint(after)
    assert {name: fixed for name, fixed in after.items() if name != "alone"} != {}
    assert [name for name, fixed in after.items() if not fixed] == ["alone"]


def test_what_may_change_is_changed_in_place(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(budget(maxUnavailable=3))
    row = ask(assign(rg_demo, policy(MAX_UNAVAILABLE)))
    remediations.advance()
    assert outcomes(row)["shop"] == ("Succeeded", applying.CHANGED)
    assert outcomes(row)[""] == ("Succeeded", "")
    (changed,) = api.all("policy/v1", "PodDisruptionBudget")
    assert changed["spec"]["maxUnavailable"] == 1
    again = ask(assignments.get(rg_demo, "mutate"))
    remediations.advance()
    assert outcomes(again) == {"": ("Succeeded", "")}, "there is nothing left to change"


def test_a_pod_that_a_budget_protects_is_not_evicted(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(deployment(replicas=1))
    api.create(budget(minAvailable=1))
    [name] = read_only(api)
    row = ask(assign(rg_demo, policy()))
    remediations.advance()
    state, why = outcomes(row)[name]
    assert state == "Failed"
    assert why.startswith("Cannot evict pod as it would violate the pod's disruption budget.")
    assert read_only(api) == {name: False}


def test_a_pod_whose_successor_would_be_refused_stays(
    rg_demo: Scope, aks_demo: Cluster, baseline: object
) -> None:
    api = Api()
    privileged = deployment(replicas=1)
    container = privileged["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"] = {"privileged": True}
    api.create(privileged)
    [name] = read_only(api)
    assign_with(rg_demo, baseline, "baseline", effect="deny")  # type: ignore[arg-type]
    row = ask(assign(rg_demo, policy()))
    remediations.advance()
    state, why = outcomes(row)[name]
    assert (state, "Privileged container is not allowed" in why) == ("Failed", True)
    assert list(read_only(api)) == [name]


def test_pods_that_have_run_to_their_end_are_left_alone(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(pod("over"))
    api.create(pod("there"))
    over = KubeObject.objects.get(cluster=aks_demo, plural="pods", name="over")
    over.body = {**over.body, "status": {"phase": "Succeeded"}}
    over.save()
    row = ask(assign(rg_demo, policy()))
    remediations.advance()
    assert set(outcomes(row)) == {"", "there"}


def test_excluded_namespaces_are_left_alone(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(pod("there"))
    row = ask(assign(rg_demo, policy(), parameters={"excludedNamespaces": ["default"]}))
    remediations.advance()
    assert outcomes(row) == {"": ("Succeeded", "")}


def test_no_more_objects_are_changed_than_were_asked_for(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(deployment(replicas=3))
    row = ask(assign(rg_demo, policy()), resourceCount=2)
    remediations.advance()
    assert row.deployments.count() == 2
    assert sorted(read_only(api).values()) == [False, True, True]


def test_filters_leave_one_object_or_none_of_another_place(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(pod("one"))
    api.create(pod("two"))
    assignment = assign(rg_demo, policy())
    one = f"{aks_demo.scope.arm_id}/pod/default/ONE"
    row = ask(assignment, filters={"resourceIds": [one]})
    remediations.advance()
    assert set(outcomes(row)) == {"", "one"}
    row = ask(assignment, filters={"locations": ["northpole"]})
    remediations.advance()
    assert outcomes(row)[""][0] == State.FAILED
    assert "There is no cluster" in outcomes(row)[""][1]


def test_a_cluster_that_has_no_such_mutators_says_why(rg_demo: Scope, aks_demo: Cluster) -> None:
    addon.switch(aks_demo, on=False)
    row = ask(assign(rg_demo, policy()))
    remediations.advance()
    assert outcomes(row)[""] == (
        "Failed",
        "aks-demo: the Azure Policy add-on is turned off.",
    )


def test_an_assignment_that_is_gone_ends_it(rg_demo: Scope, aks_demo: Cluster) -> None:
    assignment = assign(rg_demo, policy())
    row = ask(assignment)
    assignments.delete(assignment, None)
    remediations.advance()
    assert outcomes(row)[""] == ("Failed", "The policy assignment is gone.")


def test_the_add_on_is_asked_first_where_compliance_is_evaluated_anew(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(pod("there"))
    addon.set_timing(api.cluster, addon.Timing.AZURE)
    assignment = assign(rg_demo, policy())
    row = ask(assignment)
    remediations.advance()
    assert outcomes(row)[""][0] == State.FAILED, "the mutators are not there yet"
    row = ask(assignment, resourceDiscoveryMode="ReEvaluateCompliance")
    remediations.advance()
    assert set(outcomes(row)) == {"", "there"}


def test_too_many_failures_end_it_and_leave_the_rest(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    for number in range(4):
        api.create(pod(f"p{number}"))
    assignment = assign(rg_demo, policy())
    beyond = {"percentage": 0.25}
    row = ask(assignment, parallelDeployments=1, failureThreshold=beyond)
    remediations.advance()
    states = [one.state for one in row.deployments.order_by("pk")]
    assert states == ["Failed", "Failed", "Canceled", "Canceled"]
    assert outcomes(row)[""] == ("Failed", "More failed than the threshold allows: 2 of 4.")
    row = ask(assignment, parallelDeployments=3, failureThreshold=beyond)
    remediations.advance()
    states = [one.state for one in row.deployments.order_by("pk")]
    assert states == ["Failed", "Failed", "Failed", "Canceled"], "three had begun already"


def test_failures_within_the_threshold_are_a_success(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(pod("alone"))
    row = ask(assign(rg_demo, policy()), failureThreshold={"percentage": 1})
    remediations.advance()
    assert outcomes(row)[""] == ("Succeeded", "")


def test_what_is_canceled_on_the_way_changes_nothing_more(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(deployment(replicas=3))
    row = ask(assign(rg_demo, policy()))
    remediations.advance(seconds=-1)
    assert outcomes(row)[""][0] == State.RUNNING
    first = row.deployments.order_by("pk")[0]
    applying.apply(first)
    remediations.cancel(rg_demo, "fix", None)
    remediations.advance()
    states = [one.state for one in row.deployments.order_by("pk")]
    assert states == ["Succeeded", "Canceled", "Canceled"]
    assert outcomes(row)[""] == ("Canceled", "It was canceled.")
    assert sorted(read_only(api).values()) == [False, False, True]


def test_an_object_that_a_worker_still_held_is_left_when_its_task_is_deleted(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    api.create(deployment(replicas=1))
    row = ask(assign(rg_demo, policy()))
    remediations.advance(seconds=-1)
    held = row.deployments.get()
    remediations.cancel(rg_demo, "fix", None)
    remediations.delete(row, None)
    applying.apply(held)
    assert list(read_only(api).values()) == [False]


def test_what_a_dead_worker_began_is_finished_by_the_next(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    Api().create(deployment(replicas=1))
    row = ask(assign(rg_demo, policy()))
    Remediation.objects.update(state=State.EVALUATING)
    assert "remediations" in duties.look("next")
    assert outcomes(row)[""][0] == State.SUCCEEDED
    assert row.deployments.count() == 1


def test_what_fails_unexpectedly_is_tried_three_times(
    rg_demo: Scope, aks_demo: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ask(assign(rg_demo, policy()))

    def break_down(remediation: Remediation) -> None:
        raise ValueError("no")

    monkeypatch.setattr(finding, "find", break_down)
    for expected in (State.EVALUATING, State.EVALUATING, State.FAILED):
        remediations.advance()
        assert outcomes(row)[""][0] == expected
    assert "its log says why" in outcomes(row)[""][1]


def test_a_mirror_is_not_written_to(rg_demo: Scope, aks_demo: Cluster) -> None:
    api = Api()
    api.create(pod("there"))
    assignment = assign(rg_demo, policy())
    api.cluster  # noqa: B018 - catches up: the add-on installs
    Cluster.objects.filter(pk=aks_demo.pk).update(source=Cluster.Source.MIRROR)
    row = ask(assignment)
    remediations.advance()
    state, why = outcomes(row)["there"]
    assert state == "Failed"
    assert "this cluster mirrors" in why
