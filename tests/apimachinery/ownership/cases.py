"""Objects, and a short way to write and apply them."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from policy_app.apimachinery import builtin, ownership
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.schemas import Schemas

VERSION = "1.32"
SCHEMAS = Schemas.of_version(VERSION)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def kind(api_version: str, name: str) -> Kind:
    found = builtin.kinds(VERSION).of(api_version, name)
    assert found is not None
    return found


DEPLOYMENT = kind("apps/v1", "Deployment")
SERVICE = kind("v1", "Service")
CONFIG_MAP = kind("v1", "ConfigMap")


def custom(schema: dict[str, Any]) -> Kind:
    """A kind of a CustomResourceDefinition whose spec has this schema."""
    root = {"type": "object", "properties": {"spec": schema}}
    return replace(
        CONFIG_MAP, group="example.com", kind="Thing", plural="things", schema=root, custom=True
    )


def thing(of: Kind, **rest: Any) -> dict[str, Any]:
    head = {"apiVersion": of.api_version, "kind": of.kind}
    return {**head, "metadata": {"name": "web", "namespace": "default"}, **rest}


def deployment(replicas: int | None = None, **container: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {} if replicas is None else {"replicas": replicas}
    if container:
        spec["template"] = {"spec": {"containers": [{"name": "web", **container}]}}
    return thing(DEPLOYMENT, spec=spec)


def config(**data: str) -> dict[str, Any]:
    return thing(CONFIG_MAP, data=dict(data))


def apply(
    live: dict[str, Any] | None,
    applied: dict[str, Any],
    manager: str = "alice",
    *,
    of: Kind = DEPLOYMENT,
    force: bool = False,
    now: datetime = NOON,
    subresource: str = "",
) -> dict[str, Any]:
    """Apply as a server does it: merge, then note; what is given stays as it is."""
    before = copy.deepcopy((live, applied))
    merged = ownership.apply(
        of,
        live,
        applied,
        manager=manager,
        force=force,
        schemas=SCHEMAS,
        now=now,
        subresource=subresource,
    )
    done = _noted(of, live, merged, manager, ownership.APPLY, now, subresource)
    assert (live, applied) == before
    return done


def update(
    old: dict[str, Any] | None,
    new: dict[str, Any],
    manager: str = "bob",
    *,
    of: Kind = DEPLOYMENT,
    now: datetime = NOON,
    subresource: str = "",
) -> dict[str, Any]:
    """Store ``new`` in the place of ``old``."""
    before = copy.deepcopy((old, new))
    done = _noted(of, old, new, manager, ownership.UPDATE, now, subresource)
    assert (old, new) == before
    return done


def entries(stored: dict[str, Any]) -> dict[str, Any]:
    """The fields of each manager, ``manager/operation``."""
    found = stored["metadata"].get("managedFields", [])
    return {f"{one['manager']}/{one['operation']}": one["fieldsV1"] for one in found}


def times(stored: dict[str, Any]) -> dict[str, str]:
    return {one["manager"]: one["time"] for one in stored["metadata"]["managedFields"]}


def _noted(
    of: Kind,
    old: dict[str, Any] | None,
    new: dict[str, Any],
    manager: str,
    operation: str,
    now: datetime,
    subresource: str,
) -> dict[str, Any]:
    return ownership.noted(
        of,
        old,
        new,
        manager=manager,
        operation=operation,
        schemas=SCHEMAS,
        now=now,
        subresource=subresource,
    )
