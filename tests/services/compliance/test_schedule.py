"""Clusters are due for a scan after changes, by the clock, and never where that is switched off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from policy_app.models import Cluster, ClusterAudit, Scan, Scope
from policy_app.services.cluster import addon
from policy_app.services.compliance import finishing, planning, scanning, schedule
from tests.services.compliance.scans import scan
from tests.services.compliance.worlds import assign, labelled, needs_label, put

SOON = timedelta(seconds=5)


@pytest.fixture
def settled(portal: None, aks_demo: Cluster) -> Cluster:
    """A cluster that was scanned just now."""
    Cluster.objects.exclude(pk=aks_demo.pk).delete()
    scan(aks_demo)
    return aks_demo


def due(at: datetime | None = None) -> list[tuple[str, str, str]]:
    """The clusters that are due soon, or then: name, trigger, reach."""
    found = schedule.due(at or timezone.now() + SOON)
    return [(one.scope.name, trigger, reach) for one, trigger, reach in found]


def test_a_cluster_that_was_never_scanned_is_due_for_everything(
    portal: None, aks_demo: Cluster
) -> None:
    assert ("aks-demo", "schedule", "full") in due(timezone.now())


def test_nothing_is_due_after_a_scan_until_something_changes(settled: Cluster) -> None:
    assert due() == []


def test_a_written_object_makes_its_cluster_due_within_seconds(settled: Cluster) -> None:
    put(settled, labelled("new"))
    audited_at = ClusterAudit.objects.get(cluster=settled).audited_at
    assert audited_at is not None
    assert due(audited_at + timedelta(seconds=1)) == []
    assert due() == [("aks-demo", "change", "changes")]


def test_many_writes_are_one_scan(settled: Cluster) -> None:
    for number in range(5):
        put(settled, labelled(f"new-{number}"))
    (asked,) = schedule.request_due(timezone.now() + SOON)
    put(settled, labelled("newer"))
    assert schedule.request_due(timezone.now() + SOON) == []
    assert list(Scan.objects.filter(state__in=Scan.OPEN)) == [asked]


def test_what_is_assigned_makes_clusters_due_within_seconds(
    settled: Cluster, rg_demo: Scope
) -> None:
    assign(rg_demo, needs_label(), "owned")
    assert ("aks-demo", "change", "changes") in due()


def test_the_schedule_looks_for_changes_every_quarter_of_an_hour(settled: Cluster) -> None:
    later = timezone.now() + timedelta(minutes=16)
    assert ("aks-demo", "schedule", "changes") in due(later)


def test_once_a_day_everything_is_judged(settled: Cluster) -> None:
    tomorrow = timezone.now() + timedelta(hours=25)
    assert ("aks-demo", "schedule", "full") in due(tomorrow)


def test_within_azures_window_everything_is_judged_each_time(
    settled: Cluster, settings: Settings
) -> None:
    settings.AZURE_LIMITS = True
    later = timezone.now() + timedelta(minutes=16)
    assert ("aks-demo", "schedule", "full") in due(later)


def test_where_it_is_switched_off_nothing_is_asked_for(
    settled: Cluster, settings: Settings
) -> None:
    put(settled, labelled("new"))
    settings.AUDIT_MINUTES = 0
    assert schedule.request_due(timezone.now() + SOON) == []
    assert not Scan.objects.filter(state__in=Scan.OPEN).exists()


def test_asking_costs_the_same_however_many_clusters_there_are(settled: Cluster) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        schedule.request_due(timezone.now() + SOON)
    assert len(asked) <= 6


def test_an_open_scan_becomes_a_full_one_while_nobody_has_begun(settled: Cluster) -> None:
    first = scanning.request(settled, "change")
    second = scanning.request(settled, "demand", reach="full")
    assert (first.pk, second.reach) == (second.pk, "full")
    assert planning.plan(second).reach == "full"


def test_a_full_scan_follows_one_that_has_begun(settled: Cluster) -> None:
    begun = planning.plan(scanning.request(settled, "change"))
    assert scanning.request(settled, "demand", reach="full").reach == "changes"
    finishing.finish(begun)
    assert ("aks-demo", "demand", "full") in due(timezone.now())
    scan(settled, reach="changes")
    assert ClusterAudit.objects.get(cluster=settled).wants_full is False


def test_a_scan_that_nobody_has_begun_is_cancelled_at_once(settled: Cluster) -> None:
    asked = scanning.request(settled, "demand")
    assert scanning.cancel(asked, None).state == "cancelled"
    assert scanning.request(settled, "demand").pk != asked.pk


def test_progress_counts_chunks_and_objects(settled: Cluster, rg_demo: Scope) -> None:
    put(settled, labelled("new"))
    assign(rg_demo, needs_label(), "owned")
    addon.catch_up(settled)
    planned = planning.plan(scanning.request(settled, "demand"))
    before = scanning.progress(planned)
    assert (before.per_cent, before.chunks_done, before.objects_done) == (0, 0, 0)
    assert before.objects_total > 0
    planned.chunks.update(state="done", objects_count=1)
    assert scanning.progress(planned).per_cent == 99
    finishing.finish(planned)
    assert scanning.progress(planned).per_cent == 100
    assert scanning.latest(settled) == planned
