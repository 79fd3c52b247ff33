"""Whose records an address means: everything below a scope, or one definition or assignment there.

Azure has the same operations at seven kinds of address; here each is a scope and a test of records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.arm.routes import (
    AUTHORIZATION,
    MANAGEMENT_GROUP,
    RESOURCE,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    Level,
)
from policy_app.models import Scope
from policy_app.services import authorization
from policy_app.services.authorization import Principal

Record = Mapping[str, Any]
_GROUPS = "managementGroupIds"
INSIGHTS = "providers/Microsoft.PolicyInsights"


@dataclass(frozen=True, slots=True)
class Place:
    """An address in front of ``providers/Microsoft.PolicyInsights``."""

    level: Level
    """The scope that it begins with."""
    route: str
    name: str
    """How Azure's operation ids call it."""
    parameter: str = ""
    """The part of the address that names a definition or an assignment."""
    field: str = ""
    """The field of records that must have its name; lower case on both sides."""

    def join(self, rest: str) -> str:
        """The route of an operation there."""
        return f"{self.route}/{INSIGHTS}/{rest}"

    def test(self, parameters: Mapping[str, str], scope_id: str) -> Callable[[Record], bool]:
        """Whether a record below the scope belongs here."""
        if not self.parameter:
            return lambda record: True
        wanted = parameters[self.parameter].lower()
        if self.field != "policyAssignmentId":
            return lambda record: str(record.get(self.field) or "").lower() == wanted
        # An assignment is one of exactly this scope.
        arm_id = f"{scope_id}/{AUTHORIZATION}/policyAssignments/{wanted}".lower()
        return lambda record: str(record.get(self.field) or "").lower() == arm_id


def told(records: Iterable[Record], by: Principal) -> Iterator[Record]:
    """The records with the management groups that the caller knows of; Azure names all above."""
    if by.is_owner:
        yield from records
        return
    groups = authorization.visible_scopes(by).filter(kind=Scope.Kind.MANAGEMENT_GROUP)
    known = set(groups.values_list("name", flat=True))
    for record in records:
        every = str(record.get(_GROUPS) or "").split(",")
        yield {**record, _GROUPS: ",".join(one for one in every if one in known)}


def _of(level: Level, folder: str, parameter: str, field: str, name: str) -> Place:
    route = level.join(f"{AUTHORIZATION}/{folder}/<segment:{parameter}>")
    return Place(level, route, name, parameter, field)


SCOPES = tuple(
    Place(level, level.route, level.name)
    for level in (MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP, RESOURCE)
)
_ASSIGNMENT = ("policyAssignments", "policyAssignmentName", "policyAssignmentId")
ABOUT = (
    _of(
        *(SUBSCRIPTION, "policySetDefinitions", "policySetDefinitionName"),
        *("policySetDefinitionName", "PolicySetDefinition"),
    ),
    _of(
        *(SUBSCRIPTION, "policyDefinitions", "policyDefinitionName"),
        *("policyDefinitionName", "PolicyDefinition"),
    ),
    _of(SUBSCRIPTION, *_ASSIGNMENT, "SubscriptionLevelPolicyAssignment"),
    _of(RESOURCE_GROUP, *_ASSIGNMENT, "ResourceGroupLevelPolicyAssignment"),
)


def every() -> Iterator[Place]:
    """Each kind of address of states and events; what looks like a resource's comes last."""
    yield from ABOUT
    yield from SCOPES


def of_components() -> Iterator[Place]:
    """Each kind of address of component states: none at management groups, nor of initiatives."""
    yield from (one for one in ABOUT if one.name != "PolicySetDefinition")
    yield from (one for one in SCOPES if one.level is not MANAGEMENT_GROUP)
