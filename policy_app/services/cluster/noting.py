"""Writes of the cluster's own components, each noted as the manager of the fields that it wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policy_app.apimachinery import ownership
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of
from policy_app.models import KubeObject
from policy_app.services.cluster import kinds, steps
from policy_app.services.cluster.store import Writer

CONTROLLER_MANAGER = "kube-controller-manager"
KUBELET = "kubelet"
SCHEDULER = "kube-scheduler"
API_SERVER = "kube-apiserver"
GATEKEEPER = "gatekeeper"
_STATUS = "status"

_Found = dict[tuple[str, str], Kind | None]


def add(
    writer: Writer, kind: Kind, thing: Mapping[str, Any], manager: str = CONTROLLER_MANAGER
) -> Object:
    """Store a new object of a component."""
    return writer.add(kind, _noted(writer, kind, None, dict(thing), manager, ""))


def change(
    writer: Writer,
    row: KubeObject,
    thing: Mapping[str, Any],
    manager: str = CONTROLLER_MANAGER,
    subresource: str = "",
) -> Object:
    """Replace what is stored, as a component does; see ``change_all``."""
    change_all(writer, [(row, thing)], manager, subresource)
    body: Object = row.body
    return body


def change_all(
    writer: Writer,
    wanted: Iterable[tuple[KubeObject, Mapping[str, Any]]],
    manager: str = CONTROLLER_MANAGER,
    subresource: str = "",
) -> None:
    """Replace what is stored of several objects.

    A status is noted as written below ``status``, and all else below ``subresource``.
    """
    found: _Found = {}
    changed = []
    for row, thing in wanted:
        kind = _kind_of(writer, row, found)
        between = _with_status_of(row.body, thing)
        noted = _changed(writer, kind, row.body, between, manager, subresource)
        after = _with_managers_of(noted, thing)
        changed.append((row, _changed(writer, kind, noted, after, manager, _STATUS)))
    writer.change_all(changed)


def report_all(
    writer: Writer, wanted: Iterable[tuple[KubeObject, Mapping[str, Any]]], manager: str
) -> None:
    """Write the statuses of several objects.

    What else differs is nobody's, as the node to which a scheduler binds a Pod.
    """
    found: _Found = {}
    changed = []
    for row, thing in wanted:
        before = {**thing, _STATUS: row.body.get(_STATUS)}
        kind = _kind_of(writer, row, found)
        changed.append((row, _changed(writer, kind, before, dict(thing), manager, _STATUS)))
    writer.change_all(changed)


def _kind_of(writer: Writer, row: KubeObject, found: _Found) -> Kind | None:
    """The stored kind of a row; custom ones take a query, and are looked up once."""
    resource = row.group, row.plural
    if resource not in found:
        found[resource] = kinds.stored(writer.cluster, *resource)
    return found[resource]


def _changed(
    writer: Writer, kind: Kind | None, old: Object, thing: Object, manager: str, subresource: str
) -> Object:
    """The object with its managers as they are after a change.

    As in the API server, an object of which nobody was noted yet stays so until it is applied.
    """
    if kind is None or thing == old or not metadata_of(old).get("managedFields"):
        return thing
    if subresource and kind.subresource(subresource) is None:
        subresource = ""
    return _noted(writer, kind, old, thing, manager, subresource)


def _with_status_of(old: Object, thing: Mapping[str, Any]) -> Object:
    """All that differs but the status."""
    rest = {key: value for key, value in thing.items() if key != _STATUS}
    return {**rest, _STATUS: old[_STATUS]} if _STATUS in old else rest


def _with_managers_of(noted: Object, thing: Mapping[str, Any]) -> Object:
    entries = metadata_of(noted).get("managedFields")
    if entries is None:
        return dict(thing)
    return {**thing, "metadata": {**metadata_of(thing), "managedFields": entries}}


def _noted(
    writer: Writer, kind: Kind, old: Object | None, thing: Object, manager: str, subresource: str
) -> Object:
    return ownership.noted(
        kind,
        old,
        thing,
        manager=manager,
        operation=ownership.UPDATE,
        schemas=steps.schemas_of(writer.cluster),
        now=writer.now,
        subresource=subresource,
    )
