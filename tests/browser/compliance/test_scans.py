"""Scan now, its progress, its end, and what failed of it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.models import Cluster, Scan, ScanChunk
from tests.browser.compliance.test_pages import soup, text

LIST = "/policy/compliance"
CLUSTER = f"{LIST}?cluster=aks-demo"
PROGRESS = f"{LIST}/scan/progress?cluster=aks-demo"
PART = {"HX-Request": "true", "HX-Target": "scan"}


def running(cluster: Cluster, **columns: object) -> Scan:
    """A scan that has judged 40 of 100 objects."""
    given = {"state": Scan.State.RUNNING, "planned": True, "objects_total": 100}
    scan = Scan.objects.create(
        cluster=cluster,
        trigger=Scan.Trigger.DEMAND,
        **{**given, **columns},
    )
    for number, state in enumerate((ScanChunk.State.DONE, ScanChunk.State.WAITING)):
        done = state == ScanChunk.State.DONE
        ScanChunk.objects.create(
            scan=scan, number=number, state=state, objects_count=40 if done else 60
        )
    return scan


def test_scan_now_asks_for_a_scan_in_the_name_of_who_asked(
    visitor: Client, alice: User, aks_demo: Cluster
) -> None:
    answer = visitor.post(f"{LIST}/scan", {"cluster": "aks-demo"})
    assert answer["Location"] == CLUSTER
    scan = Scan.objects.get(cluster=aks_demo)
    assert (scan.trigger, scan.requested_by) == (Scan.Trigger.DEMAND, alice)
    assert "aks-demo is being audited." in text(soup(visitor, CLUSTER))


def test_everything_can_be_judged_anew(visitor: Client, aks_demo: Cluster) -> None:
    visitor.post(f"{LIST}/scan", {"cluster": "aks-demo", "reach": "full"})
    assert Scan.objects.get(cluster=aks_demo).reach == Scan.Reach.FULL


def test_without_a_cluster_all_of_them_are_scanned(visitor: Client, aks_demo: Cluster) -> None:
    visitor.post(f"{LIST}/scan", {"cluster": ""})
    assert set(Scan.objects.values_list("cluster__scope__name", flat=True)) == {
        "aks-demo",
        "aks-staging",
    }


def test_a_running_scan_tells_how_far_it_is_and_asks_again(
    visitor: Client, aks_demo: Cluster
) -> None:
    running(aks_demo)
    page = soup(visitor, CLUSTER)
    assert "The first audit of aks-demo is going on" in text(page)
    assert "40 of 100 objects" in text(page)
    bar = page.select_one("progress")
    assert bar is not None
    assert bar["value"] == "50"
    polled = page.select_one("[hx-trigger='every 2s']")
    assert polled is not None
    assert "40 of 100 objects" in text(soup(visitor, str(polled["hx-get"]), **PART))


def test_once_it_is_over_the_page_is_read_anew(visitor: Client, aks_demo: Cluster) -> None:
    scan = running(aks_demo)
    assert "HX-Refresh" not in visitor.get(PROGRESS, headers=PART)
    Scan.objects.filter(pk=scan.pk).update(state=Scan.State.DONE, finished_at=timezone.now())
    assert visitor.get(PROGRESS, headers=PART)["HX-Refresh"] == "true"


def test_a_scan_can_be_cancelled(visitor: Client, aks_demo: Cluster) -> None:
    scan = running(aks_demo)
    visitor.post(f"{LIST}/scan/cancel", {"cluster": "aks-demo"})
    scan.refresh_from_db()
    assert scan.cancelled
    Scan.objects.all().update(state=Scan.State.CANCELLED)
    visitor.post(f"{LIST}/scan/cancel", {"cluster": "aks-demo"})
    assert "No scan of aks-demo is going on." in text(soup(visitor, CLUSTER))


def test_what_failed_is_told_with_its_error(visitor: Client, aks_demo: Cluster) -> None:
    scan = running(aks_demo, state=Scan.State.DONE)
    scan.chunks.filter(number=1).update(
        state=ScanChunk.State.SET_ASIDE, error="Rego ran out of steps", attempts=3
    )
    page = text(soup(visitor, CLUSTER))
    assert "1 part of the last scan failed" in page
    assert "Part 1 (3 attempts): Rego ran out of steps" in page


def test_who_may_only_read_cannot_scan(client: Client, aks_demo: Cluster) -> None:
    client.force_login(User.objects.create_user("reader"))
    answer = client.post(f"{LIST}/scan", {"cluster": "aks-demo"})
    assert answer.status_code == 404
    assert not Scan.objects.exists()
