"""How workers go round: the pace of each remediation, and what a round costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy_app.models import Cluster, Remediation, RemediationDeployment, Scope
from policy_app.services import remediations
from policy_app.services.remediations import applying
from tests.services.cluster.inside import Api, pod
from tests.services.remediations.worlds import (
    MAX_UNAVAILABLE,
    ask,
    assign,
    budget,
    outcomes,
    policy,
)
from tests.services.remediations.worlds import body as body_of

State = RemediationDeployment.State


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of the objects that are changed, in their order."""
    seen: list[str] = []
    really: Callable[[RemediationDeployment], str | None] = applying.apply

    def apply(one: RemediationDeployment) -> str | None:
        seen.append(one.kind)
        return really(one)

    monkeypatch.setattr(applying, "apply", apply)
    return seen


def test_each_remediation_goes_on_by_as_many_objects_as_it_says(
    rg_demo: Scope, aks_demo: Cluster, order: list[str]
) -> None:
    api = Api()
    for number in range(4):
        api.create(pod(f"p{number}"))
        api.create(budget(f"b{number}", maxUnavailable=3))
    ask(assign(rg_demo, policy()), parallelDeployments=2)
    budgets = assign(aks_demo.scope, policy(MAX_UNAVAILABLE))
    given = body_of(budgets, parallelDeployments=1)
    remediations.put(aks_demo.scope, "budgets", given, None)
    remediations.advance()
    first = ["Pod", "Pod", "PodDisruptionBudget"]
    assert order == [*first, *first, "PodDisruptionBudget", "PodDisruptionBudget"]


def test_without_a_number_ten_are_at_hand(
    rg_demo: Scope, aks_demo: Cluster, order: list[str]
) -> None:
    api = Api()
    for number in range(12):
        api.create(pod(f"p{number:02}"))
    row = ask(assign(rg_demo, policy()), failureThreshold={"percentage": 0})
    remediations.advance()
    assert len(order) == 10
    assert outcomes(row)[""] == ("Failed", "More failed than the threshold allows: 10 of 12.")


def test_with_a_threshold_objects_are_counted_twice_however_many_there_are(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    api = Api()
    for number in range(12):
        api.create(pod(f"p{number:02}"))
    assignment = assign(rg_demo, policy())

    def about_objects(count: int) -> tuple[int, int]:
        """How often objects were counted, and how often those that wait were read."""
        threshold = {"percentage": 1}
        row = ask(
            assignment, parallelDeployments=1, failureThreshold=threshold, resourceCount=count
        )
        with CaptureQueriesContext(connection) as captured:
            remediations.advance()
        assert outcomes(row)[""][0] == Remediation.State.SUCCEEDED
        assert row.deployments.count() == count
        told = [one["sql"] for one in captured if "remediationdeployment" in one["sql"]]
        counted = [one for one in told if "COUNT(" in one]
        read = [one for one in told if one.startswith("SELECT") and "LIMIT 500" in one]
        return len(counted), len(read)

    few, many = about_objects(3), about_objects(12)
    assert few == many == (2, 2)


def test_what_another_worker_has_done_meanwhile_is_left_and_the_rest_goes_on(
    rg_demo: Scope, aks_demo: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()
    for number in range(4):
        api.create(pod(f"p{number}"))
    row = ask(assign(rg_demo, policy()), failureThreshold={"percentage": 1})
    remediations.advance(seconds=-1)
    first, second, *rest = row.deployments.order_by("pk")
    really = applying.apply

    def overtaken(one: RemediationDeployment) -> str | None:
        if one.pk == first.pk:
            really(second)
        return really(one)

    monkeypatch.setattr(applying, "apply", overtaken)
    remediations.advance()
    assert {one.state for one in row.deployments.all()} == {State.FAILED}
    assert len(rest) == 2
    assert outcomes(row)[""][0] == Remediation.State.SUCCEEDED


def test_one_that_breaks_down_keeps_no_other_from_going_on(
    rg_demo: Scope, aks_demo: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()
    api.create(pod("there"))
    api.create(budget(maxUnavailable=3))
    broken = ask(assign(rg_demo, policy()))
    budgets = assign(aks_demo.scope, policy(MAX_UNAVAILABLE))
    row, _ = remediations.put(aks_demo.scope, "budgets", body_of(budgets), None)
    really = applying.apply

    def breaks(one: RemediationDeployment) -> str | None:
        if one.kind == "Pod":
            raise ValueError("no")
        return really(one)

    monkeypatch.setattr(applying, "apply", breaks)
    remediations.advance()
    assert outcomes(row)[""][0] == Remediation.State.SUCCEEDED
    assert outcomes(broken)[""][0] == Remediation.State.RUNNING
