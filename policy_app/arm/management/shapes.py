"""Management groups as ARM shows them, with what is below them where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy_app.models import Scope
from policy_app.services.estate import TENANT_ID

TYPE = "Microsoft.Management/managementGroups"
_TYPES = {Scope.Kind.MANAGEMENT_GROUP: TYPE, Scope.Kind.SUBSCRIPTION: "/subscriptions"}

Children = Mapping[int | None, Sequence[Scope]]
"""Scopes by the primary key of the one above them."""


def management_group(scope: Scope) -> dict[str, Any]:
    """A management group, as lists show it."""
    return {
        "id": scope.arm_id,
        "type": TYPE,
        "name": scope.name,
        "properties": {"tenantId": TENANT_ID, "displayName": scope.display_name},
    }


def with_details(
    scope: Scope, parent: Scope | None, children: Children | None, *, recurse: bool
) -> dict[str, Any]:
    """A management group with the one above it, and with what is below where ``children`` says."""
    shape = management_group(scope)
    above = None
    if parent is not None:
        above = {"id": parent.arm_id, "name": parent.name, "displayName": parent.display_name}
    shape["properties"]["details"] = {"version": 1, **({"parent": above} if above else {})}
    if children is not None:
        below = [_child(one, children, recurse=recurse) for one in children.get(scope.pk, ())]
        shape["properties"]["children"] = below
    return shape


def _child(scope: Scope, children: Children, *, recurse: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": scope.arm_id,
        "type": _TYPES[Scope.Kind(scope.kind)],
        "name": scope.name,
        "displayName": scope.display_name,
    }
    if recurse and (below := children.get(scope.pk)):
        shape["children"] = [_child(one, children, recurse=True) for one in below]
    return shape
