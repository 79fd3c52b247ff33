"""ResourceQuotas: each new object is counted, and refused where a namespace has had enough.

As in an API server, what is used stands in the quota's status: an admission adds to it at once, and
``controllers.quotas`` counts anew whenever something went or was changed.  Source:
``plugin/pkg/admission/resourcequota`` of Kubernetes, for the order and what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.amounts import Amounts
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, is_going, name_of, namespace_of
from policy_app.models import KubeObject
from policy_app.services.cluster.plugins import scopes, usage
from policy_app.services.cluster.store import Writer

_NONE = Decimal(0)


def charge(writer: Writer, kind: Kind, thing: Object, old: Object | None) -> None:
    """Count a new object, or what an update asks for beyond.  Raises ``ApiError`` 403."""
    resource = kind.group, kind.plural
    if old is not None and resource not in (usage.CLAIMS, usage.SERVICES):
        return
    for row in writer.bounds(namespace_of(thing)):
        if row.plural == "resourcequotas" and not is_going(row.body):
            _charge(writer, kind, row, thing, old)


def used_of(writer: Writer, quota: Object) -> Amounts:
    """What all objects of a namespace use of what a quota bounds."""
    spec = quota.get("spec") or {}
    total: Amounts = dict.fromkeys(usage.numbers(spec.get("hard")), _NONE)
    for resource in {usage.resource_of(name) for name in total} - {None}:
        assert resource is not None
        for name, amount in _sum(writer, namespace_of(quota), resource, spec).items():
            if name in total:
                total[name] += amount
    return total


def _charge(writer: Writer, kind: Kind, row: KubeObject, thing: Object, old: Object | None) -> None:
    resource = kind.group, kind.plural
    spec = row.body.get("spec") or {}
    hard = usage.numbers(spec.get("hard"))
    names = {name for name in hard if usage.resource_of(name) == resource}
    if not names or not scopes.matches(spec, resource, thing):
        return
    if resource == usage.PODS:
        unsaid = usage.unsaid(thing, names)
        if unsaid:
            why = f"failed quota: {row.name}: must specify {unsaid}"
            raise errors.forbidden(kind, name_of(thing), why)
    asked = _asked(resource, thing, old, names)
    if not asked:
        return
    used = _known(writer, row)
    over = {name for name, amount in asked.items() if used.get(name, _NONE) + amount > hard[name]}
    over = {name for name in over if asked[name] > 0}
    if over:
        raise errors.forbidden(kind, name_of(thing), _exceeded(row.name, over, asked, used, hard))
    total = {name: used.get(name, _NONE) + asked.get(name, _NONE) for name in hard}
    status = {"hard": dict(spec["hard"]), "used": usage.as_object(total)}
    writer.change(row, {**row.body, "status": status})


def _asked(resource: usage.Resource, thing: Object, old: Object | None, names: set[str]) -> Amounts:
    """What comes on top, of what the quota counts; nothing where nothing does."""
    wanted = usage.of(resource, thing)
    before = usage.of(resource, old) if old is not None else {}
    more = {name: wanted.get(name, _NONE) - before.get(name, _NONE) for name in names}
    return {name: amount for name, amount in more.items() if amount}


def _known(writer: Writer, row: KubeObject) -> Amounts:
    """What the status says is used, where it counts what the quota bounds now."""
    status = row.body.get("status") or {}
    if status.get("hard") == (row.body.get("spec") or {}).get("hard"):
        return usage.numbers(status.get("used"))
    return used_of(writer, row.body)


def _exceeded(name: str, over: set[str], *lists: Mapping[str, Decimal]) -> str:
    asked, used, hard = (
        usage.told({one: found.get(one, _NONE) for one in over}) for found in lists
    )
    return f"exceeded quota: {name}, requested: {asked}, used: {used}, limited: {hard}"


def _sum(
    writer: Writer, namespace: str, resource: usage.Resource, spec: Mapping[str, Any]
) -> Amounts:
    group, plural = resource
    found = KubeObject.objects.filter(
        cluster=writer.cluster, group=group, plural=plural, namespace=namespace
    )
    if resource not in usage.BY_CONTENT:
        if not scopes.matches(spec, resource, {}):
            return {}
        several = found.count()
        return {name: one * several for name, one in usage.of(resource, {}).items()}
    bodies = (row.body for row in found)
    return _added(usage.of(resource, one) for one in bodies if scopes.matches(spec, resource, one))


def _added(found: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for one in found:
        for name, amount in one.items():
            total[name] = total.get(name, _NONE) + amount
    return total
