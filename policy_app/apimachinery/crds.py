"""Custom resources: the kinds that a CustomResourceDefinition adds (to be completed)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.kinds import Column, Kind, Subresource


def kinds_of(crd: Mapping[str, Any]) -> list[Kind]:
    spec = crd["spec"]
    names = spec["names"]
    found = []
    for version in spec["versions"]:
        if not version.get("served"):
            continue
        columns = tuple(
            Column(
                one["name"],
                one["jsonPath"],
                one.get("type", "string"),
                custom=True,
                priority=one.get("priority", 0),
            )
            for one in version.get("additionalPrinterColumns", ())
        )
        own = (Column("Name", ".metadata.name", format="name"), *columns)
        if not columns:
            own = (*own, Column("Age", "age"))
        below = tuple(
            Subresource(
                one, names["kind"], spec["group"], version["name"], ("get", "patch", "update")
            )
            for one in version.get("subresources", {})
        )
        found.append(
            Kind(
                spec["group"],
                version["name"],
                names["kind"],
                names["plural"],
                names.get("singular") or names["kind"].lower(),
                spec["scope"] == "Namespaced",
                tuple(names.get("shortNames", ())),
                tuple(names.get("categories", ())),
                subresources=below,
                columns=own,
                stored=version.get("storage", False),
                schema=version.get("schema", {}).get("openAPIV3Schema", {}),
                custom=True,
            )
        )
    return found
