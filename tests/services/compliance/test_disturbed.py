"""Scans that are disturbed: done twice, late, cancelled, or overtaken by what changes meanwhile."""

from __future__ import annotations

import pytest

from policy_app.models import (
    Cluster,
    ClusterAudit,
    ComplianceEvent,
    Component,
    ComponentState,
    Definition,
    Scan,
    Scope,
)
from policy_app.services.cluster import addon
from policy_app.services.compliance import finishing, judging, planning, scanning
from tests.services.compliance.scans import judged, policies, scan, verdicts
from tests.services.compliance.worlds import assign, labelled, needs_label, put

BAD = "NonCompliant"


@pytest.fixture
def label(portal: None) -> Definition:
    """The policy that Pods must have an owner."""
    return needs_label()


@pytest.fixture
def world(aks_demo: Cluster, rg_demo: Scope, label: Definition) -> Cluster:
    """A cluster with one good Pod and one bad, under one policy that denies; not yet scanned."""
    addon.catch_up(aks_demo)
    put(aks_demo, labelled("good", owner="me"))
    put(aks_demo, labelled("bad"))
    assign(rg_demo, label, "owned", effect="deny")
    return aks_demo


def faults(cluster: Cluster) -> dict[str, str]:
    """The message by the Pod's name."""
    rows = ComponentState.objects.filter(cluster=cluster)
    return dict(rows.values_list("component__name", "message"))


def history(cluster: Cluster) -> list[tuple[str, str, str]]:
    """Name, before and after, the oldest first."""
    rows = ComplianceEvent.objects.filter(cluster=cluster).order_by("pk")
    return list(rows.values_list("name", "before", "after"))


def test_a_chunk_judged_twice_or_late_changes_nothing(world: Cluster) -> None:
    planned = planning.plan(scanning.request(world, "demand"))
    chunks = list(planned.chunks.all())
    done = [judging.judge(chunk) for chunk in chunks]
    again = [judging.judge(chunk) for chunk in reversed(chunks)]
    assert sum(one.changed for one in done) > 0
    assert [one.changed for one in again] == [0] * len(chunks)
    planned.chunks.update(state="done")
    finishing.finish(planned)
    before, told = verdicts(world), history(world)
    Component.objects.filter(cluster=world).update(error="touched")
    late = [judging.judge(chunk).changed for chunk in chunks]
    assert late == [0] * len(chunks)
    assert set(Component.objects.values_list("error", flat=True)) == {"touched"}
    Component.objects.filter(cluster=world).update(error="")
    assert (verdicts(world), history(world)) == (before, told)


def test_a_scan_finished_twice_is_finished_once(world: Cluster) -> None:
    first = scan(world)
    again = finishing.finish(first)
    assert again.finished_at == first.finished_at


def test_a_scan_with_chunks_to_do_is_not_finished(world: Cluster) -> None:
    planned = planning.plan(scanning.request(world, "demand"))
    assert finishing.finish(planned).state == Scan.State.WAITING


def test_what_changes_while_a_scan_runs_is_the_next_ones(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    planned = planning.plan(scanning.request(world, "demand"))
    put(world, labelled("later"))
    assign(rg_demo, label, "owned", effect="deny", label="other")
    addon.catch_up(world)
    for chunk in planned.chunks.all():
        judging.judge(chunk)
    planned.chunks.update(state="done")
    finishing.finish(planned)
    scan(world)
    assert sorted(faults(world)) == ["bad", "good", "later"]


def test_what_a_cancelled_scan_did_not_reach_the_next_one_judges(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    scan(world)
    assign(rg_demo, label, "teamed", label="team")
    planned = planning.plan(scanning.request(world, "demand"))
    scanning.cancel(planned, None)
    assert finishing.finish(planned).state == Scan.State.CANCELLED
    assert policies(world)["teamed/needs-label"][0] == "NotStarted"
    scan(world)
    assert policies(world)["teamed/needs-label"][0] == BAD


def test_a_chunk_that_was_set_aside_is_tried_again_by_the_schedule(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    scan(world)
    assign(rg_demo, label, "teamed", label="team")
    planned = planning.plan(scanning.request(world, "change"))
    planned.chunks.update(state="setAside", error="it was poisoned")
    assert finishing.finish(planned).summary["failedChunks"] == 1
    assert judged(scan(world, trigger="change")) == []
    scan(world, trigger="schedule")
    assert policies(world)["teamed/needs-label"][0] == BAD
    assert ClusterAudit.objects.get(cluster=world).left_over == []
