"""What the add-on is made of: Gatekeeper's kinds, and the Pods that do the work."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml
from django.conf import settings

from policy_app.apimachinery.objects import Object

_AGE = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def custom_kinds() -> list[Object]:
    """The CustomResourceDefinitions that Gatekeeper brings."""
    return copy.deepcopy(_custom_kinds())


def workloads() -> list[Object]:
    """The add-on's and Gatekeeper's Deployments and service accounts."""
    return copy.deepcopy(_workloads())


@lru_cache(maxsize=1)
def _custom_kinds() -> list[Object]:
    data = yaml.load(_text("gatekeeper.yaml"), Loader=yaml.CSafeLoader)
    return [_definition(row, data["schemas"]) for row in data["kinds"]]


@lru_cache(maxsize=1)
def _workloads() -> list[Object]:
    return list(yaml.load_all(_text("addon.yaml"), Loader=yaml.CSafeLoader))


def _text(name: str) -> str:
    path = settings.FIXTURES_DIR / "cluster" / name
    return str(path.read_text(encoding="utf-8"))


def _definition(row: Mapping[str, Any], schemas: Mapping[str, Any]) -> Object:
    kind, group = row["kind"], row["group"]
    plural = row.get("plural", f"{kind.lower()}s")
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "labels": {"gatekeeper.sh/system": "yes"}},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced" if row.get("namespaced") else "Cluster",
            "versions": list(_versions(row, schemas)),
            "conversion": {"strategy": "None"},
        },
    }


def _versions(row: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Object]:
    for one in row["versions"]:
        version: Object = {
            "name": one["name"],
            "served": True,
            "storage": one.get("storage", False),
            "schema": {"openAPIV3Schema": copy.deepcopy(schemas[one["schema"]])},
        }
        if row.get("subresources", True):
            version["subresources"] = {"status": {}}
        if "columns" in row:
            version["additionalPrinterColumns"] = [*row["columns"], _AGE]
        yield version
