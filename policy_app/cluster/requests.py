"""What a path and a query of the Kubernetes API mean.

``/api/v1/namespaces/N/pods/X/log`` names a version, a namespace, a resource, an object and a
subresource; ``/apis/G/V/…`` a group as well.  Source: ``RequestInfoFactory`` of apiserver.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, QueryDict

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kinds
from policy_app.apimachinery.selectors import Selection
from policy_app.services.cluster.caller import DeleteOptions, Target, WriteOptions

_TRUE = {"true", "1", "t"}
_VALIDATION = ("Strict", "Warn", "Ignore")
_PROPAGATION = ("Background", "Foreground", "Orphan")
_LONGEST_MANAGER = 128


def target_of(kinds: Kinds, parts: list[str]) -> Target:
    """What ``["api", "v1", "namespaces", …]`` names.  Raises ``ApiError`` 404."""
    group, version, rest = _group_version(parts)
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and kinds.served(group, version, rest[2]):
        kind = kinds.served(group, version, rest[2])
        if kind is not None and kind.namespaced:
            namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        raise errors.no_such_path()
    kind = kinds.served(group, version, rest[0])
    if kind is None:
        raise errors.no_such_path()
    name = rest[1] if len(rest) > 1 else ""
    return _with_subresource(Target(kind, namespace, name), rest[2:])


def write_options(request: HttpRequest) -> WriteOptions:
    """``dryRun``, ``fieldManager``, ``fieldValidation``, ``force``.  Raises ``ApiError`` 400."""
    query = request.GET
    validation = query.get("fieldValidation") or "Warn"
    if validation not in _VALIDATION:
        raise errors.bad_request(
            f"fieldValidation: Unsupported value: {validation!r}: supported values: "
            + ", ".join(f'"{one}"' for one in _VALIDATION)
        )
    manager = query.get("fieldManager", "")
    if len(manager) > _LONGEST_MANAGER:
        raise errors.bad_request(
            f"fieldManager: Too long: may not be more than {_LONGEST_MANAGER} bytes"
        )
    return WriteOptions(
        dry_run=_dry_run(query.getlist("dryRun")),
        field_manager=manager or _manager_of(request),
        field_validation=validation,
        force=is_true(query, "force"),
    )


def delete_options(request: HttpRequest, body: Any) -> DeleteOptions:
    """From the body, ``DeleteOptions`` of ``meta.k8s.io``, and the query.  Raises ``ApiError``."""
    if body is not None and not isinstance(body, Mapping):
        raise errors.bad_request("the body of a deletion must be an object of kind DeleteOptions")
    given: Mapping[str, Any] = body or {}
    query = request.GET
    propagation = query.get("propagationPolicy") or given.get("propagationPolicy") or "Background"
    if propagation not in _PROPAGATION:
        raise errors.bad_request(f"propagationPolicy: Unsupported value: {propagation!r}")
    if given.get("orphanDependents") is True:
        propagation = "Orphan"
    grace = query.get("gracePeriodSeconds", given.get("gracePeriodSeconds"))
    preconditions = given.get("preconditions")
    wanted = preconditions if isinstance(preconditions, Mapping) else {}
    dry_run = given.get("dryRun") if isinstance(given.get("dryRun"), list) else []
    return DeleteOptions(
        dry_run=_dry_run([*query.getlist("dryRun"), *(dry_run or [])]),
        grace_seconds=None if grace is None else _whole("gracePeriodSeconds", grace),
        propagation=str(propagation),
        uid=str(wanted.get("uid") or ""),
        resource_version=str(wanted.get("resourceVersion") or ""),
    )


def selection_of(request: HttpRequest, target: Target) -> Selection:
    """The label and field selectors, and the name where the path has one."""
    fields = request.GET.get("fieldSelector", "")
    if target.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={target.name}")))
    return Selection.parse(request.GET.get("labelSelector", ""), fields, target.kind)


def is_true(query: QueryDict, name: str) -> bool:
    """A switch of the query; the Python client writes ``True``."""
    return query.get(name, "").lower() in _TRUE


def whole(query: QueryDict, name: str, default: int = 0) -> int:
    """A whole number of the query.  Raises ``ApiError`` 400."""
    return _whole(name, query[name]) if query.get(name) else default


def _whole(name: str, value: Any) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise errors.bad_request(f"{name}: {value!r} is no whole number") from None
    if number < 0:
        raise errors.bad_request(f"{name}: Invalid value: {number}: must not be negative")
    return number


def _dry_run(given: list[Any]) -> bool:
    if any(one != "All" for one in given):
        raise errors.bad_request(f'dryRun: Unsupported value: {given}: supported values: "All"')
    return bool(given)


def _manager_of(request: HttpRequest) -> str:
    """Who writes without saying so is named by its user agent, up to the version."""
    agent = request.headers.get("User-Agent", "").partition("/")[0].strip()
    return agent[:_LONGEST_MANAGER] or "unknown"


def _group_version(parts: list[str]) -> tuple[str, str, list[str]]:
    if parts[:1] == ["api"] and len(parts) > 2:
        return "", parts[1], parts[2:]
    if parts[:1] == ["apis"] and len(parts) > 3:
        return parts[1], parts[2], parts[3:]
    raise errors.no_such_path()


def _with_subresource(target: Target, rest: list[str]) -> Target:
    if not rest:
        return target
    found = target.kind.subresource(rest[0])
    if found is None:
        raise errors.no_such_path()
    return Target(target.kind, target.namespace, target.name, found)
