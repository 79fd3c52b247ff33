"""Kinds of custom resources: from definitions, and from the objects alone where there are none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from policy_app.apimachinery import crds
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object

CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
CRD_API, CRD_KIND = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
MADE_UP = "policy-portal/made-up"
"""The annotation of a definition that no cluster has: it was guessed from its objects."""
_GROUP = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)+")
_VERSION = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_LONGEST_GROUP = 200
# Groups of Kubernetes whose kinds the portal does not keep, and of servers beside the API server,
# which compute what they answer; neither comes from definitions.
_OTHERS = frozenset(
    {
        "apiregistration.k8s.io",
        "certificates.k8s.io",
        "custom.metrics.k8s.io",
        "events.k8s.io",
        "external.metrics.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "metrics.k8s.io",
        "resource.k8s.io",
        "storagemigration.k8s.io",
    }
)


def may_be_custom(api_version: str, kind: str, builtin: Iterable[str]) -> bool:
    """Whether an unknown kind can come from a definition; ``builtin`` are Kubernetes' groups."""
    group, _, version = api_version.rpartition("/")
    if group in _OTHERS or group in builtin or len(group) > _LONGEST_GROUP:
        return False
    whole = _GROUP.fullmatch(group), _VERSION.fullmatch(version), _KIND.fullmatch(kind)
    return all(one is not None for one in whole)


def of_definition(definition: Mapping[str, Any]) -> list[Kind]:
    """The kinds that a definition adds; empty where it is none that can be understood."""
    try:
        made = crds.kinds_of(definition)
    except (KeyError, TypeError, AttributeError, ValueError):
        return []
    words = (word for one in made for word in (one.group, one.kind, one.plural, one.version))
    return made if all(isinstance(word, str) and word for word in words) else []


def plural_of(kind: str) -> str:
    """The plural that Kubernetes takes a kind to have where nobody says.

    Source: ``UnsafeGuessKindToResource`` of apimachinery.
    """
    singular = kind.lower()
    if singular.endswith("endpoints"):
        return singular
    if singular.endswith("s"):
        return f"{singular}es"
    return f"{singular[:-1]}ies" if singular.endswith("y") else f"{singular}s"


def made_up(
    group: str, versions: Iterable[str], kind: str, *, plural: str = "", namespaced: bool
) -> Object:
    """A definition for a kind of which only objects, or only its name, are known."""
    plural = plural or plural_of(kind)
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    ordered = sorted(set(versions), key=crds.version_priority)
    return {
        "apiVersion": CRD_API,
        "kind": CRD_KIND,
        "metadata": {"name": f"{plural}.{group}", "annotations": {MADE_UP: "yes"}},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [
                {
                    "name": one,
                    "served": True,
                    "storage": one == ordered[0],
                    "schema": {"openAPIV3Schema": anything},
                }
                for one in ordered
            ],
            "conversion": {"strategy": "None"},
        },
    }
