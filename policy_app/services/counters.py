"""What the web server counts of its requests, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10)
_DOORS = ("browser", "arm", "cluster", "admin")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_seconds = Histogram(
    "policy_portal_request_seconds",
    "How long requests took, by the door that they came through.",
    ["door"],
    buckets=_BUCKETS,
)
_requests = Counter(
    "policy_portal_requests",
    "Requests by door, method and status.",
    ["door", "method", "status"],
)


def door_of(module: str) -> str:
    """The door that a view belongs to, by the name of its module; ``other`` for what is not ours.

    A few words, whatever callers send, so that what is counted stays small.
    """
    package = module.split(".")
    if package[0] == "django" and "admin" in package:
        return "admin"
    if len(package) > 1 and package[0] == "policy_app" and package[1] in _DOORS:
        return package[1]
    return "other"


def answered(door: str, method: str, status: int, seconds: float) -> None:
    """Count one request."""
    known = method if method in _METHODS else "other"
    _requests.labels(door, known, str(status)).inc()
    _seconds.labels(door).observe(seconds)
