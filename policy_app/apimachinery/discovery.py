"""Discovery: what a server has, as one document a group and version, or as one for everything.

Sources: ``meta/v1`` APIGroupList and APIResourceList, ``apidiscovery.k8s.io`` v2 and v2beta1.
"""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.kinds import Kind, Kinds
from policy_app.apimachinery.objects import Object

_BUILT_AT = "2026-01-01T00:00:00Z"


def version(kubernetes: str) -> Object:
    """``/version`` of a server of this version, ``1.32.4``; kubectl picks its own by it."""
    major, minor, *_ = kubernetes.split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{kubernetes}",
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": _BUILT_AT,
        "goVersion": "go1.23.6",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def paths(kinds: Kinds) -> Object:
    """``/``: the paths that there are, in the alphabet's order."""
    found = {"/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz"}
    for name, versions in kinds.groups().items():
        base = f"/apis/{name}" if name else "/api"
        found |= {base, *(f"{base}/{one}" for one in versions)}
    return {"paths": sorted({*found, "/version"})}


def core_versions() -> Object:
    """``/api``: the versions of the core group."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_list(kinds: Kinds) -> Object:
    """``/apis``: the named groups."""
    groups = [_group(name, versions) for name, versions in kinds.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(kinds: Kinds, name: str) -> Object | None:
    """``/apis/<name>``; None for a group that is not served."""
    versions = kinds.groups().get(name)
    head = {"kind": "APIGroup", "apiVersion": "v1"}
    return {**head, **_group(name, versions)} if versions and name else None


def resource_list(kinds: Kinds, name: str, version: str) -> Object | None:
    """``/api/v1`` or ``/apis/<group>/<version>``; None where that is not served."""
    found = kinds.within(name, version)
    if not found:
        return None
    resources = [row for kind in found for row in _resources(kind)]
    head = {"kind": "APIResourceList", "apiVersion": "v1"}
    return {**head, "groupVersion": found[0].api_version, "resources": resources}


def aggregated(kinds: Kinds, form: str, *, core: bool) -> Object:
    """``/api`` (the core group) or ``/apis`` (the others), with all resources, in one document."""
    items = [
        {
            "metadata": {"name": name} if name else {},
            "versions": [_version(kinds, name, one) for one in versions],
        }
        for name, versions in kinds.groups().items()
        if core == (not name)
    ]
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": f"apidiscovery.k8s.io/{form}"}
    return {**head, "metadata": {}, "items": items}


def _group(name: str, versions: list[str]) -> Object:
    served = [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]
    return {"name": name, "versions": served, "preferredVersion": served[0]}


def _resources(kind: Kind) -> list[Object]:
    row: Object = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
    }
    row |= {
        key: list(value)
        for key, value in (("shortNames", kind.short_names), ("categories", kind.categories))
        if value
    }
    return [row, *(_subresource_row(kind, one.name) for one in kind.subresources)]


def _subresource_row(kind: Kind, name: str) -> Object:
    one = kind.subresource(name)
    assert one is not None
    row: Object = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": one.kind,
        "verbs": list(one.verbs),
    }
    if (one.group, one.version) != (kind.group, kind.version):
        row |= {"group": one.group, "version": one.version}
    return row


def _version(kinds: Kinds, group: str, version: str) -> Object:
    resources = [_discovered(kind) for kind in kinds.within(group, version)]
    return {"version": version, "freshness": "Current", "resources": resources}


def _discovered(kind: Kind) -> Object:
    row: Object = {
        "resource": kind.plural,
        "responseKind": _response(kind.group, kind.version, kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    lists: dict[str, Any] = {
        "shortNames": list(kind.short_names),
        "categories": list(kind.categories),
        "subresources": [
            {
                "subresource": one.name,
                "responseKind": _response(one.group, one.version, one.kind),
                "verbs": list(one.verbs),
            }
            for one in kind.subresources
        ],
    }
    return row | {key: value for key, value in lists.items() if value}


def _response(group: str, version: str, kind: str) -> dict[str, str]:
    return {"group": group, "version": version, "kind": kind}
