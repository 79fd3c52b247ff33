"""What the workers count, for Prometheus."""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_seconds = Histogram(
    "policy_portal_work_seconds",
    "How long pieces of work took: plan, chunk or finish.",
    ["part"],
    buckets=_BUCKETS,
)
_worked = Counter(
    "policy_portal_work",
    "Pieces of work by how they ended: done, failed or lost.",
    ["part", "outcome"],
)
_alive = Gauge(
    "policy_portal_worker_alive_timestamp_seconds",
    "When a worker of this machine last told the database that it is alive.",
    multiprocess_mode="livemostrecent",
)


def worked(part: str, outcome: str, seconds: float) -> None:
    """Count one piece of work."""
    _worked.labels(part, outcome).inc()
    _seconds.labels(part).observe(seconds)


def alive() -> None:
    """Note that this worker is alive."""
    _alive.set(time.time())
