"""Roles: the built-in ones of Azure that concern policy, and custom ones made of action patterns.

Ids, names and actions of the built-in roles are Azure's.  ``load_built_in`` stores them at every
start, as the catalogue is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from policy_app.models import RoleDefinition, Scope
from policy_app.services import activity
from policy_app.services.authorization import actions
from policy_app.services.authorization.decisions import (
    forbidden,
    knows,
    may,
    require,
    scope_for,
    within,
)
from policy_app.services.authorization.principals import Actor, principal_of, user_of
from policy_app.services.errors import NotFound, PolicyError

OWNER = uuid.UUID("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
CONTRIBUTOR = uuid.UUID("b24988ac-6180-42a0-ab88-20f7382dd24c")
READER = uuid.UUID("acdd72a7-3385-48ef-bd42-f606fba81ae7")
POLICY_CONTRIBUTOR = uuid.UUID("36243c78-bf99-498c-9df9-86d9f8d28608")
ACCESS_ADMINISTRATOR = uuid.UUID("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9")
CLUSTER_USER = uuid.UUID("4abbcc35-e782-43d8-92c5-2d3f1bd2253f")
_BUILT_IN: tuple[tuple[uuid.UUID, str, str, list[str], list[str]], ...] = (
    (OWNER, "Owner", "Everything, and deciding who else may do what.", ["*"], []),
    (
        CONTRIBUTOR,
        "Contributor",
        "Everything but giving access and changing policy.",
        ["*"],
        [
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ],
    ),
    (READER, "Reader", "Seeing everything, changing nothing.", ["*/read"], []),
    (
        POLICY_CONTRIBUTOR,
        "Resource Policy Contributor",
        "Writing definitions, assignments and exemptions, and asking for evaluations.",
        [
            "*/read",
            "Microsoft.Authorization/policyassignments/*",
            "Microsoft.Authorization/policydefinitions/*",
            "Microsoft.Authorization/policyexemptions/*",
            "Microsoft.Authorization/policysetdefinitions/*",
            "Microsoft.PolicyInsights/*",
        ],
        [],
    ),
    (
        ACCESS_ADMINISTRATOR,
        "User Access Administrator",
        "Seeing everything, and deciding who may do what.",
        ["*/read", "Microsoft.Authorization/*"],
        [],
    ),
    (
        CLUSTER_USER,
        "Azure Kubernetes Service Cluster User Role",
        "Calling a cluster's Kubernetes API, in which RBAC decides what more is allowed.",
        [
            "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
            "Microsoft.ContainerService/managedClusters/read",
        ],
        [],
    ),
)
WRITE = actions.of(actions.ROLE_DEFINITIONS, actions.WRITE)
DELETE = actions.of(actions.ROLE_DEFINITIONS, actions.DELETE)
_READ = actions.of(actions.ROLE_DEFINITIONS, actions.READ)
_MOST_PATTERNS = 500
_LONGEST_NAME, _LONGEST_TEXT = 128, 2048


@dataclass(slots=True)
class RoleDraft:
    """Every field of a custom role before it is stored; ``scopes`` are ARM ids."""

    role_name: str
    description: str = ""
    actions: Sequence[str] = ()
    not_actions: Sequence[str] = ()
    scopes: Sequence[str] = field(default_factory=list)


def load_built_in() -> None:
    """Store the built-in roles, or bring them up to date; one query where nothing is to do."""
    stored = {one.name: one for one in RoleDefinition.objects.filter(is_built_in=True)}
    for name, role_name, description, allowed, excepted in _BUILT_IN:
        wanted = {
            "role_name": role_name,
            "description": description,
            "actions": allowed,
            "not_actions": excepted,
            "is_built_in": True,
        }
        row = stored.get(name)
        if row is None or any(getattr(row, key) != value for key, value in wanted.items()):
            RoleDefinition.objects.update_or_create(name=name, defaults=wanted)


def built_in(name: uuid.UUID) -> RoleDefinition:
    """One of the built-in roles, stored if it was not yet."""
    row = RoleDefinition.objects.filter(name=name).first()
    if row is None:
        load_built_in()
        row = RoleDefinition.objects.get(name=name)
    return row


def find(name: str | uuid.UUID) -> RoleDefinition | None:
    """The role with this GUID; None where there is none, or the text is no GUID."""
    number = guid(str(name))
    return RoleDefinition.objects.filter(name=number).first() if number else None


def get(name: str | uuid.UUID, by: Actor = None) -> RoleDefinition:
    """The role with this GUID, where the principal may see it.  Raises ``NotFound``."""
    number = guid(str(name))
    row = visible(by).filter(name=number).first() if number else None
    if row is None:
        text = f"The role definition '{name}' is not found."
        raise NotFound("RoleDefinitionDoesNotExist", text)
    return row


def guid(text: str) -> uuid.UUID | None:
    """The GUID that a text is, or that an id ends with."""
    try:
        return uuid.UUID(text.rstrip("/").rpartition("/")[2])
    except ValueError:
        return None


def visible(by: Actor) -> QuerySet[RoleDefinition]:
    """The built-in roles, and the custom ones that can be assigned where the principal may read."""
    who = principal_of(by)
    rows = RoleDefinition.objects.prefetch_related("assignable_scopes")
    if who.is_owner:
        return rows
    seen = within(who.paths(_READ), "assignable_scopes")
    return rows.filter(Q(is_built_in=True) | seen).distinct()


def assignable_at(rows: QuerySet[RoleDefinition], scope: Scope) -> QuerySet[RoleDefinition]:
    """Those among the roles that can be assigned at the scope."""
    return rows.filter(Q(is_built_in=True) | Q(assignable_scopes__in=scope.lineage)).distinct()


def assignable_below(rows: QuerySet[RoleDefinition], scope: Scope) -> QuerySet[RoleDefinition]:
    """Those that can be assigned at the scope or somewhere below it."""
    here = Q(assignable_scopes__in=scope.lineage)
    below = Q(assignable_scopes__path__startswith=scope.path)
    return rows.filter(Q(is_built_in=True) | here | below).distinct()


def may_change(by: Actor, role: RoleDefinition) -> bool:
    """May the principal change this custom role: write roles at each of its scopes?"""
    return not role.is_built_in and all(may(by, WRITE, one) for one in _places(role))


@transaction.atomic
def put(name: uuid.UUID, draft: RoleDraft, by: Actor) -> tuple[RoleDefinition, bool]:
    """Create the custom role, or replace the one of that GUID; true where it is new.

    Raises ``PolicyError`` with every fault, and ``AuthorizationFailed`` where roles may not be
    written at one of its scopes.
    """
    row = RoleDefinition.objects.select_for_update().filter(name=name).first()
    created = row is None
    before = _by_scope(row) if row is not None else {}
    if row is not None:
        require_all(row, WRITE, by)
    scopes = _checked(draft, row, by)
    row = row or RoleDefinition(name=name, created_by=user_of(by))
    row.role_name, row.description = draft.role_name.strip(), draft.description.strip()
    row.actions, row.not_actions = list(draft.actions), list(draft.not_actions)
    row.updated_by = None if created else user_of(by)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise _name_taken(draft.role_name) from None
    row.assignable_scopes.set(scopes)
    after = _by_scope(row)
    for scope in {**before, **after}:
        was, now = before.get(scope), after.get(scope)
        activity.record(by, WRITE, row.arm_id, scope=scope, before=was, after=now)
    return row, created


@transaction.atomic
def delete(role: RoleDefinition, by: Actor) -> None:
    """Delete a custom role that nobody has.  Raises ``PolicyError``."""
    require_all(role, DELETE, by)
    if role.role_assignments.exists():
        raise PolicyError(
            "RoleDefinitionHasAssignments",
            f"The role '{role}' is assigned to somebody; remove its role assignments first.",
        )
    for scope, before in _by_scope(role).items():
        activity.record(by, DELETE, role.arm_id, scope=scope, before=before)
    role.delete()


def to_object(role: RoleDefinition, by: Actor = None) -> dict[str, Any]:
    """ARM's ``properties`` of a role; of its scopes those that ``by`` may know of."""
    return _shape(role, (one for one in role.assignable_scopes.all() if knows(by, one)))


def _shape(role: RoleDefinition, places: Iterable[Scope]) -> dict[str, Any]:
    return {
        "roleName": role.role_name,
        "type": "BuiltInRole" if role.is_built_in else "CustomRole",
        "description": role.description,
        "assignableScopes": ["/"] if role.is_built_in else [one.arm_id for one in places],
        "permissions": [
            {
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": [],
                "notDataActions": [],
            }
        ],
    }


def require_all(role: RoleDefinition, action: str, by: Actor) -> None:
    """Refuse who may not do it at each of a custom role's scopes.  Raises ``PolicyError``."""
    if role.is_built_in:
        raise PolicyError(
            "RoleDefinitionUpdateNotPermitted",
            f"'{role}' is a built-in role, which nobody can change. Make a custom role with the"
            " actions that you want.",
            status=403,
        )
    for scope in _places(role):
        if scope is None or knows(by, scope):
            require(by, action, scope)
            continue
        # The id of the scope is not for who has no role there.
        text = (
            f"The role '{role.name}' can be assigned at a scope that is not shown to you: it takes"
            f" {action} at each of its scopes."
        )
        raise forbidden(by, action, scope, text)


def _places(role: RoleDefinition) -> list[Scope] | list[None]:
    """Where changing a custom role has to be allowed: the tenant, where its scopes are all gone."""
    return list(role.assignable_scopes.all()) or [None]


def _by_scope(role: RoleDefinition) -> dict[Scope | None, dict[str, Any]]:
    """What the log says of a role at each of its scopes, to whoever knows of no other one."""
    every = role.assignable_scopes.all()
    return {one: _shape(role, [one]) for one in every} or {None: _shape(role, [])}


def _checked(draft: RoleDraft, row: RoleDefinition | None, by: Actor) -> list[Scope]:
    """The role's scopes, where nothing is wrong with the draft."""
    faults = [*_text_faults(draft), *_pattern_faults(draft)]
    taken = RoleDefinition.objects.filter(key=draft.role_name.strip().lower())
    if taken.exclude(pk=row.pk if row else 0).exists():
        faults.append(_name_taken(draft.role_name))
    scopes: list[Scope] = []
    if not draft.scopes:
        text = "Name at least one scope at which the role can be assigned."
        faults.append(_fault("InvalidRoleDefinitionScope", text, "assignableScopes"))
    for index, arm_id in enumerate(draft.scopes):
        try:
            scopes.append(scope_for(by, arm_id))
        except PolicyError as error:
            place = f"assignableScopes[{index}]"
            faults.append(_fault(error.code, error.message, place, error.status))
    _raise(faults)
    for scope in scopes:
        require(by, WRITE, scope)
    _raise([*_left_behind(row, scopes)])
    return scopes


def _text_faults(draft: RoleDraft) -> Iterator[PolicyError]:
    name = draft.role_name.strip()
    if not name:
        yield _fault("InvalidRoleDefinitionName", "The role needs a name.", "roleName")
    elif len(name) > _LONGEST_NAME:
        text = f"The role's name has {len(name)} characters; it may have {_LONGEST_NAME}."
        yield _fault("InvalidRoleDefinitionName", text, "roleName")
    if len(draft.description) > _LONGEST_TEXT:
        text = f"The description has more than {_LONGEST_TEXT} characters."
        yield _fault("InvalidRoleDefinitionDescription", text, "description")
    for place, text in (("roleName", draft.role_name), ("description", draft.description)):
        if "\x00" in text:
            yield _fault("InvalidRequestContent", "A NUL cannot be stored.", place)


def _pattern_faults(draft: RoleDraft) -> Iterator[PolicyError]:
    if not draft.actions:
        yield _fault(
            "InvalidActionOrNotAction", "A role allows at least one action.", _place("actions")
        )
    for name, patterns in (("actions", draft.actions), ("notActions", draft.not_actions)):
        if len(patterns) > _MOST_PATTERNS:
            text = f"A role has at most {_MOST_PATTERNS} of them."
            yield _fault("InvalidActionOrNotAction", text, _place(name))
        for index, pattern in enumerate(patterns):
            if not actions.is_pattern(pattern):
                text = (
                    f"'{pattern[:80]}' is no action: write Provider/type/verb, such as"
                    " Microsoft.Authorization/policyAssignments/write, with * for any part."
                )
                yield _fault("InvalidActionOrNotAction", text, f"{_place(name)}[{index}]")


def _left_behind(row: RoleDefinition | None, scopes: list[Scope]) -> Iterator[PolicyError]:
    """Nobody may keep a role at a scope where it could not be assigned any more."""
    if row is None:
        return
    kept = {scope.pk for scope in scopes}
    for one in row.role_assignments.select_related("scope", "principal"):
        if kept.isdisjoint(one.scope.lineage):
            yield _fault(
                "RoleDefinitionHasAssignments",
                f"{one.principal} has the role at {one.scope}, which would be outside its scopes.",
                "assignableScopes",
            )
            return


def _place(name: str) -> str:
    return f"permissions[0].{name}"


def _name_taken(name: str) -> PolicyError:
    text = f"There is a role with the name '{name.strip()}' already; choose another name."
    return _fault("RoleDefinitionWithSameNameExists", text, "roleName", 409)


def _fault(code: str, text: str, place: str, status: int = 400) -> PolicyError:
    return PolicyError(code, text, target=f"properties.{place}", status=status)


def _raise(faults: Sequence[PolicyError]) -> None:
    if len(faults) == 1:
        raise faults[0]
    if faults:
        text = f"The role has {len(faults)} faults; see the details."
        first = faults[0]
        raise PolicyError(
            first.code, text, target=first.target, status=first.status, details=faults
        )
