"""What is old goes, and what stands now stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from policy_app.models import (
    ActivityEntry,
    Assignment,
    Cluster,
    ComplianceEvent,
    ComplianceSample,
    Definition,
    PolicyState,
    Refusal,
    Scan,
    ScanChunk,
    Scope,
    SignInLink,
)
from policy_app.services import assignments, retention
from policy_app.services.drafts import AssignmentDraft

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=1_000)
TODAY = NOW - timedelta(hours=1)


def policy(cluster: Cluster, **columns: object) -> PolicyState:
    """A policy in a cluster, which is there or gone."""
    values = {"definition_key": "d", "assignment_key": "a", "since": TODAY, **columns}
    return PolicyState.objects.create(cluster=cluster, **values)


def event(of: PolicyState, at: datetime, name: str) -> None:
    """Something that became non-compliant."""
    ComplianceEvent.objects.create(
        cluster=of.cluster, policy=of, at=at, kind="Pod", version="v1", name=name, uid=name
    )


def refusal(cluster: Cluster, at: datetime, name: str) -> None:
    """A refused request."""
    Refusal.objects.create(
        cluster=cluster, at=at, door="cluster", operation="CREATE", kind="Pod", name=name
    )


def scan(cluster: Cluster, at: datetime, state: str = "done") -> Scan:
    """A scan with a chunk."""
    made = Scan.objects.create(cluster=cluster, trigger="demand", state=state)
    Scan.objects.filter(pk=made.pk).update(requested_at=at)
    ScanChunk.objects.create(scan=made, number=1)
    return made


def test_history_goes_after_its_days_and_the_rest_stays(aks_demo: Cluster) -> None:
    stands = policy(aks_demo)
    event(stands, LONG_AGO, "old")
    event(stands, TODAY, "new")
    refusal(aks_demo, LONG_AGO, "old")
    refusal(aks_demo, TODAY, "new")
    for day in (LONG_AGO.date(), TODAY.date()):
        ComplianceSample.objects.create(
            cluster=aks_demo, day=day, state="Compliant", components=1, non_compliant=0, blocked=0
        )
    gone = retention.thin(NOW)
    assert gone["verdicts"] == gone["refusals"] == gone["samples"] == 1
    assert [one.name for one in ComplianceEvent.objects.all()] == ["new"]
    assert [one.name for one in Refusal.objects.all()] == ["new"]
    assert [one.day for one in ComplianceSample.objects.all()] == [TODAY.date()]
    assert PolicyState.objects.get() == stands
    assert "verdicts" not in retention.thin(NOW), "there is nothing left to thin"


def test_zero_days_keep_history_for_ever(aks_demo: Cluster, settings: Settings) -> None:
    settings.KEEP_DAYS = dict.fromkeys(settings.KEEP_DAYS, 0)
    event(policy(aks_demo), LONG_AGO, "old")
    refusal(aks_demo, LONG_AGO, "old")
    retention.thin(NOW)
    assert ComplianceEvent.objects.count() == Refusal.objects.count() == 1


def test_the_newest_scan_of_a_cluster_and_an_open_one_stay(
    aks_demo: Cluster, aks_staging: Cluster
) -> None:
    scan(aks_demo, LONG_AGO)
    newest = scan(aks_demo, LONG_AGO + timedelta(days=1))
    only = scan(aks_staging, LONG_AGO)
    opened = scan(aks_staging, LONG_AGO - timedelta(days=1), state="running")
    assert retention.thin(NOW)["scans"] == 1
    left = {newest.pk, only.pk, opened.pk}
    assert set(Scan.objects.values_list("pk", flat=True)) == left
    assert set(ScanChunk.objects.values_list("scan_id", flat=True)) == left


def test_a_policy_that_is_gone_goes_with_the_last_of_its_history(aks_demo: Cluster) -> None:
    removed = policy(aks_demo, active=False, since=LONG_AGO, definition_key="removed")
    told = policy(aks_demo, active=False, since=LONG_AGO, definition_key="told")
    event(removed, LONG_AGO, "old")
    event(told, TODAY, "new")
    retention.thin(NOW)
    assert list(PolicyState.objects.all()) == [told]


def test_earlier_states_of_an_assignment_go_and_the_assignment_stays(
    baseline: Definition, rg_demo: Scope
) -> None:
    draft = AssignmentDraft(rg_demo, "baseline", baseline, display_name="Baseline", parameters={})
    stands, _ = assignments.put(draft, None)
    history = Assignment.history.filter(id=stands.pk)
    assert history.exists()
    history.update(history_date=LONG_AGO)
    retention.thin(NOW)
    assert not history.all().exists()
    assert Assignment.objects.filter(pk=stands.pk).exists()


def test_links_sessions_and_the_activity_log_end_as_well(alice: User) -> None:
    SignInLink.objects.create(user=alice, digest="old", expires_at=LONG_AGO)
    SignInLink.objects.create(user=alice, digest="new", expires_at=NOW + timedelta(hours=1))
    Session.objects.create(session_key="old", session_data="", expire_date=LONG_AGO)
    Session.objects.create(session_key="new", session_data="", expire_date=NOW + timedelta(days=1))
    for at, operation in ((LONG_AGO, "old"), (TODAY, "new")):
        ActivityEntry.objects.create(at=at, operation=operation, outcome="Succeeded")
    retention.thin(NOW)
    assert list(SignInLink.objects.values_list("digest", flat=True)) == ["new"]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]
    assert list(ActivityEntry.objects.values_list("operation", flat=True)) == ["new"]


def test_more_rows_than_one_statement_deletes_go_all(
    aks_demo: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    for number in range(8):
        refusal(aks_demo, LONG_AGO, f"old-{number}")
    assert retention.thin(NOW)["refusals"] == 8
    assert not Refusal.objects.exists()
