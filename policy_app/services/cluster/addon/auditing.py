"""The audit of a cluster: constraints tell how many objects they find fault with.

Gatekeeper goes over everything once a minute.  Here it is done when somebody looks at constraints,
and only where something has changed since; after an audit that took long, not at once again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from policy_app import wall_clock
from policy_app.apimachinery.kinds import Kinds
from policy_app.apimachinery.objects import Object, timestamp
from policy_app.evaluation.gatekeeper.audit import Audit, audit
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.models import AddonState, Cluster, ClusterState, KubeObject
from policy_app.services.cluster import audited, kinds, noting
from policy_app.services.cluster.addon import progress
from policy_app.services.cluster.installed import Installed, installed
from policy_app.services.cluster.store import Writer, namespaces, writing

MOST = 20_000
"""Objects that one audit looks at, as many Pods twice over as the add-on is made for."""
_REST = 10
"""How many times as long as an audit took, none follows."""
_LONG = 0.5
"""Seconds from which on an audit counts as long."""

_AUDITED = ("auditTimestamp", "totalViolations", "violations")

_rest_until: dict[int, float] = {}


def refresh(cluster: Cluster) -> None:
    """Audit the cluster where something has changed since the last time.

    An assignment can begin anew and change no object; it is audited for its own way's sake.
    """
    if time.monotonic() < _rest_until.get(cluster.pk, 0.0):
        return
    state = ClusterState.objects.filter(cluster=cluster).first()
    addon = AddonState.objects.filter(cluster=cluster).first()
    if state is None or addon is None:
        return
    if addon.audited_revision >= state.revision and not progress.awaits_audit(cluster):
        return
    deciding = installed(cluster, state)
    # The processor's time: a busy machine makes an audit long, but not the cluster large.
    began = time.thread_time()
    found = _audit(cluster, state, deciding)
    with writing(cluster) as writer:
        unchanged = writer.state.revision == state.revision
        _write(writer, found, deciding)
        addon.audited_at = writer.now
        # What changed while the audit looked, the next one sees.
        addon.audited_revision = writer.state.revision if unchanged else state.revision
        addon.save(update_fields=["audited_at", "audited_revision"])
        progress.audited(cluster, writer.now)
    took = time.thread_time() - began
    _rest_until[cluster.pk] = time.monotonic() + (_REST * took if took > _LONG else 0.0)


def _audit(cluster: Cluster, state: ClusterState, deciding: Installed) -> Audit:
    served = kinds.kinds_of(cluster)
    return audit(
        deciding.webhook.client,
        _objects(cluster, served, deciding),
        timestamp(wall_clock.now()),
        expander=deciding.webhook.expander,
        namespaces={row.name: row.body for row in namespaces(cluster)},
        config=deciding.config,
    )


def _objects(cluster: Cluster, served: Kinds, deciding: Installed) -> Iterator[Object]:
    """The objects of every kind that some constraint looks at."""
    wanted = audited.resources(served, deciding.constraints, deciding.webhook.expander)
    chosen = audited.stored_under(wanted)
    rows = KubeObject.objects.filter(chosen, cluster=cluster).order_by("pk")
    for row in rows[:MOST].iterator(chunk_size=500):
        yield row.body


def _write(writer: Writer, found: Audit, deciding: Installed) -> None:
    known = {(one.kind, one.name) for one in deciding.constraints}
    changed: list[tuple[KubeObject, Object]] = []
    rows = KubeObject.objects.filter(cluster=writer.cluster, group=CONSTRAINTS).order_by("pk")
    for row in rows:
        key = (str(row.body["kind"]), row.name)
        if key not in known:
            continue
        before = dict(row.body.get("status") or {})
        told = found.status(key)
        after = {name: value for name, value in before.items() if name not in _AUDITED} | told
        if _without_time(after) != _without_time(before):
            changed.append((row, {**row.body, "status": after}))
    noting.change_all(writer, changed, noting.GATEKEEPER)


def _without_time(status: Object) -> Object:
    """A status that says the same at another time need not be told to everyone who watches."""
    return {name: value for name, value in status.items() if name != "auditTimestamp"}
