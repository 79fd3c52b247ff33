"""The API server's own admission plug-ins: they come before the webhooks, and after them.

First those that change an object (LimitRanger, ServiceAccount), before webhooks do; then those that
look at it (LimitRanger again), and last ResourceQuota, which counts what all others let in.
"""

from __future__ import annotations

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, name_of, namespace_of
from policy_app.services.cluster.plugins import limit_ranges, quotas, service_accounts
from policy_app.services.cluster.store import Writer

_POD, _CLAIM = "pods", "persistentvolumeclaims"


def changed(writer: Writer, kind: Kind, thing: Object, old: Object | None, below: str) -> Object:
    """The object as the plug-ins leave it.  Raises ``ApiError`` 403."""
    if below or kind.group or kind.plural != _POD or old is not None:
        return thing
    limited = limit_ranges.filled(thing, _ranges(writer, thing))
    return service_accounts.mounted(writer, kind, limited)


def check(writer: Writer, kind: Kind, thing: Object, old: Object | None, below: str) -> None:
    """What ranges say about a complete object.  Raises ``ApiError`` 403."""
    if below or kind.group or kind.plural not in (_POD, _CLAIM):
        return
    if kind.plural == _POD and old is not None:
        return
    faults = limit_ranges.faults(thing, _ranges(writer, thing))
    if faults:
        told = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
        raise errors.forbidden(kind, name_of(thing), told)


def charge(writer: Writer, kind: Kind, thing: Object, old: Object | None, below: str) -> None:
    """Count an object that everybody else has let in.  Raises ``ApiError`` 403."""
    if not below and kind.namespaced:
        quotas.charge(writer, kind, thing, old)


def _ranges(writer: Writer, thing: Object) -> list[Object]:
    found = writer.bounds(namespace_of(thing))
    return [row.body for row in found if row.plural == "limitranges"]
