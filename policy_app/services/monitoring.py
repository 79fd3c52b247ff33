"""What Prometheus reads: what the processes of this machine counted, and what the portal holds.

Processes of one ``serve`` add up: they count into files of one folder (``cli/counting.py``).  What
is in the database is asked when somebody reads, from rows that hold sums already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min, Sum
from django.utils import timezone

from policy_app.models import ClusterAudit, Duty, Scan, ScanChunk, WorkerProcess

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def of_this_machine() -> bytes:
    """What the processes of this machine counted, in Prometheus's text format."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    if not os.environ.get(_FOLDER):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def of_the_portal() -> bytes:
    """The same, and what the portal holds in all.  Raises ``django.db.Error``."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(_Stored())
    return of_this_machine() + generate_latest(registry)


class _Stored:
    """Asks the database; in Prometheus's words a collector."""

    def collect(self) -> Iterator[Any]:
        """The families of figures, each by a statement or two."""
        from prometheus_client.core import GaugeMetricFamily as Gauge

        yield from _work(Gauge)
        yield from _compliance(Gauge)
        done = Gauge(
            "policy_portal_duty_done_timestamp_seconds",
            "When a duty that comes round was last done by any worker.",
            labels=["duty"],
        )
        for name, at in Duty.objects.values_list("name", "done_at"):
            if at is not None:
                done.add_metric([name], at.timestamp())
        yield done


def _work(family: Any) -> Iterator[Any]:
    open_ = Scan.objects.filter(state__in=Scan.OPEN)
    scans = family("policy_portal_scans_open", "Scans that are not over.", labels=["state"])
    for state in Scan.OPEN:
        scans.add_metric([str(state)], open_.filter(state=state).count())
    yield scans
    oldest = open_.aggregate(at=Min("requested_at"))["at"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield family(
        "policy_portal_scan_oldest_seconds", "The age of the oldest scan not over.", value=age
    )
    chunks = family(
        "policy_portal_chunks", "Chunks of the scans that are not over.", labels=["state"]
    )
    found = ScanChunk.objects.filter(scan__in=open_).order_by().values_list("state")
    counted = dict(found.annotate(Count("pk")))
    for one in ScanChunk.State.values:
        chunks.add_metric([one], counted.get(one, 0))
    yield chunks
    workers = family("policy_portal_workers", "Worker processes known.", labels=["engine"])
    for engine, number in (
        WorkerProcess.objects.order_by().values_list("engine").annotate(Count("pk"))
    ):
        workers.add_metric([engine], number)
    yield workers


def _compliance(family: Any) -> Iterator[Any]:
    clusters = family("policy_portal_clusters", "Clusters by state.", labels=["state"])
    for state, number in ClusterAudit.objects.order_by().values_list("state").annotate(Count("pk")):
        clusters.add_metric([state], number)
    yield clusters
    sums = ClusterAudit.objects.aggregate(
        components=Sum("components", default=0),
        non_compliant=Sum("non_compliant", default=0),
        blocked=Sum("blocked", default=0),
    )
    for name, told in (
        ("components", "Components that at least one policy judged."),
        ("non_compliant", "Components that at least one policy finds fault with."),
        ("blocked", "Components whose next apply is refused."),
    ):
        yield family(f"policy_portal_{name}", told, value=sums[name])
