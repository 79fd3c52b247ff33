"""What the API of a mirror refuses: it shows a real cluster, which alone can be written to."""

from __future__ import annotations

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import timestamp
from policy_app.models import Cluster
from policy_app.services.cluster.caller import Target

_READS = frozenset({"get", "list", "watch"})
_RUNNING = frozenset({"log", "exec", "attach", "portforward", "proxy"})


def require_read(cluster: Cluster, target: Target, verb: str) -> None:
    """Let reading of a mirror pass, and everything in a simulated cluster.

    Raises ``ApiError`` 403 for a write, 501 for what only running containers can answer.
    """
    if not cluster.is_mirror:
        return
    if target.below in _RUNNING:
        message = f"{target.kind.plural}/{target.below}: {_told(cluster)}, and runs nothing"
        raise errors.ApiError(501, "NotImplemented", message)
    if verb not in _READS:
        why = f"{_told(cluster)}; change it there, and take a snapshot of it again"
        raise errors.forbidden(target.kind, target.name, why)


def _told(cluster: Cluster) -> str:
    as_of = f" as of {timestamp(cluster.mirrored_at)}" if cluster.mirrored_at else ""
    return f"this cluster mirrors {cluster.mirrored_from or 'a real one'}{as_of}"
