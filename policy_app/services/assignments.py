"""Store, find and delete assignments; every door that changes one comes through here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from policy_app import wall_clock
from policy_app.models import Assignment, Scope
from policy_app.services import activity, authorization, definitions, scopes
from policy_app.services.authorization import Actor, actions
from policy_app.services.drafts import (
    AssignmentDraft,
    from_arm,
    from_assignment,
    to_arm,
    validate,
)
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.writing import lock, remove, sign

_WRITE = actions.of(actions.ASSIGNMENTS, actions.WRITE)
_DELETE = actions.of(actions.ASSIGNMENTS, actions.DELETE)
_COPIED = (
    "name",
    "definition",
    "definition_version",
    "display_name",
    "description",
    "not_scopes",
    "enforcement_mode",
    "non_compliance_messages",
    "overrides",
    "resource_selectors",
    "location",
    "identity",
    "assignment_type",
    "self_serve_exemptions",
)


def find(scope: Scope, name: str) -> Assignment | None:
    """The assignment of this name at exactly this scope, in any letter case."""
    rows = Assignment.objects.select_related("scope", "definition", "created_by", "updated_by")
    return rows.filter(scope=scope, key=name.replace("\x00", "").lower()).first()


def find_by_id(arm_id: str) -> Assignment | None:
    """The assignment with this ARM id, in any letter case."""
    place, name = scopes.split(arm_id, actions.ASSIGNMENTS) or ("", "")
    scope = scopes.find(place) if place else None
    return find(scope, name) if scope is not None else None


def get(scope: Scope, name: str) -> Assignment:
    """The assignment of this name at this scope, or ``NotFound``."""
    found = find(scope, name)
    if found is None:
        text = f"The policy assignment '{name}' is not found."
        raise NotFound("PolicyAssignmentNotFound", text)
    return found


@transaction.atomic
def put(draft: AssignmentDraft, by: Actor) -> tuple[Assignment, bool]:
    """Create the assignment, or replace the one of that name; true where it is new.

    Raises ``PolicyError`` and stores nothing where it is not allowed or the draft is not valid.
    """
    user = authorization.require(by, _WRITE, draft.scope).user
    lock(draft.scope)
    # Read anew: the definition may have been saved or deleted until the lock was had.
    draft.definition = definitions.get(draft.definition.arm_id)
    row = find(draft.scope, draft.name)
    _require_definition(draft, row, by)
    validate(draft)
    created = row is None
    before = to_arm(from_assignment(row)) if row is not None else None
    row = row or Assignment(scope=draft.scope, created_by=user)
    _refuse_changed_type(row, draft, created)
    for attribute in _COPIED:
        setattr(row, attribute, getattr(draft, attribute))
    row.parameters = {name: {"value": value} for name, value in draft.parameters.items()}
    row.metadata = _stamped(row, draft, user, created)
    if not created:
        row.updated_by = user
    sign(row, user)
    row.save()
    after = to_arm(from_assignment(row))
    activity.record(by, _WRITE, row.arm_id, scope=row.scope, before=before, after=after)
    return row, created


@transaction.atomic
def change(scope: Scope, name: str, body: dict[str, Any], by: Actor) -> Assignment:
    """ARM's PATCH: what ``body`` has replaces what is stored, the rest stays.

    Reads and writes under one lock, so that two changes at once are both kept.
    """
    authorization.require(by, _WRITE, scope)
    lock(scope)
    stored = to_arm(from_assignment(get(scope, name)))
    properties = stored["properties"] | (body.get("properties") or {})
    row, _ = put(from_arm(scope, name, {**stored, **body, "properties": properties}), by)
    return row


def delete(assignment: Assignment, by: Actor) -> Assignment | None:
    """Delete it as it is by now, and return that; None where it has gone already.

    Raises ``PolicyError``.
    """
    return remove(assignment, _DELETE, by, find, lambda row: to_arm(from_assignment(row)))


def listing(scope: Scope, at: str = "", definition_id: str = "") -> QuerySet[Assignment]:
    """ARM's list at a scope.

    Without ``at``: everything at, above and below the scope; ``atScope`` leaves out what is below;
    ``atExactScope`` is this scope alone.
    """
    rows = Assignment.objects.select_related("scope", "definition", "created_by", "updated_by")
    rows = scopes.around(rows, scope, at)
    if definition_id:
        rows = rows.filter(definition__key=definition_id.lower())
    return rows.order_by("pk")


def everywhere() -> QuerySet[Assignment]:
    """Every assignment by name, with what a list shows of it."""
    return Assignment.objects.select_related("scope", "definition", "created_by")


def at_and_below(rows: QuerySet[Assignment], scope: Scope) -> QuerySet[Assignment]:
    """Those that are assigned at the scope or below it."""
    return rows.filter(scope__path__startswith=scope.path)


def matching(rows: QuerySet[Assignment], text: str) -> QuerySet[Assignment]:
    """Those that have every word of the text in one of their names or in their definition's."""
    for word in text.split():
        rows = rows.filter(
            Q(display_name__icontains=word)
            | Q(name__icontains=word)
            | Q(definition__display_name__icontains=word)
        )
    return rows


def _require_definition(draft: AssignmentDraft, row: Assignment | None, by: Actor) -> None:
    """A definition at a scope that the caller does not know of is none that can be assigned anew.

    Whoever may change an assignment may change one of such a definition as well.
    """
    if row is None or row.definition_id != draft.definition.pk:
        definitions.get(draft.definition.arm_id, by)


def _refuse_changed_type(row: Assignment, draft: AssignmentDraft, created: bool) -> None:
    """ARM lets an assignment keep its assignmentType, and refuses another one."""
    if created or not draft.assignment_type or row.assignment_type == draft.assignment_type:
        return
    raise PolicyError(
        "InvalidRequestContent",
        f"'properties.assignmentType' cannot be changed; it is '{row.assignment_type}'.",
        target="properties.assignmentType",
    )


def _stamped(
    row: Assignment, draft: AssignmentDraft, by: User | None, created: bool
) -> dict[str, object]:
    """The metadata with the four fields that ARM adds; a caller's own values for them are lost."""
    now = wall_clock.now().isoformat().replace("+00:00", "Z")
    who = by.get_username() if by else ""
    kept = row.metadata if not created else {"createdBy": who, "createdOn": now}
    return {
        **draft.metadata,
        "createdBy": kept.get("createdBy", who),
        "createdOn": kept.get("createdOn", now),
        "updatedBy": None if created else who,
        "updatedOn": None if created else now,
    }
