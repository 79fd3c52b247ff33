"""Store, find and delete exemptions; every door that changes one comes through here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from policy_app import wall_clock
from policy_app.evaluation.language import exemptions as language
from policy_app.evaluation.language.definitions import PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Assignment, Cluster, Exemption, Scope
from policy_app.services import activity, assignments, authorization, definitions, scopes
from policy_app.services.authorization import Actor, Permit, actions
from policy_app.services.drafts.validation import name_faults, refuse, strings_in
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.writing import lock, remove, sign

DISPLAY_NAME_LIMIT = 128
WRITE = actions.of(actions.EXEMPTIONS, actions.WRITE)
DELETE = actions.of(actions.EXEMPTIONS, actions.DELETE)
NOT_FOUND = "PolicyExemptionNotFound"
CHANGED = "PolicyExemptionChanged"
"""Ours: who looked at an exemption before changing it is told of a change in between."""
SOON = timedelta(days=30)
"""How long before its end an exemption counts as expiring soon."""
_INVALID = "InvalidCreatePolicyExemptionRequest"


class State(StrEnum):
    """How an exemption stands to its end; an expired one exempts nothing, and stays."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"


def find(scope: Scope, name: str) -> Exemption | None:
    """The exemption of this name at exactly this scope, in any letter case."""
    return everywhere().filter(scope=scope, key=name.replace("\x00", "").lower()).first()


def get(scope: Scope, name: str) -> Exemption:
    """The exemption of this name at this scope, or ``NotFound``."""
    found = find(scope, name)
    if found is None:
        text = f"The policy exemption '{name}' is not found."
        raise NotFound(NOT_FOUND, text)
    return found


def with_id(arm_id: str, by: Actor) -> Exemption:
    """The exemption with this ARM id, for who may read it.  Raises ``PolicyError``."""
    wanted = scopes.normal_id(arm_id)
    place = language.scope_of(wanted)
    if not place:
        raise NotFound(NOT_FOUND, f"'{arm_id}' is no exemption's id.")
    return get(
        authorization.scope_for(by, place, actions.SEE_EXEMPTIONS), wanted.rpartition("/")[2]
    )


def permit(by: Actor, assignment: Assignment, scope: Scope | None = None) -> Permit:
    """May an exemption from the assignment be made at the scope, or at any where none is named?

    As in Azure it takes a right at the assignment beside the one to write exemptions.
    """
    if not authorization.knows(by, assignment.scope):
        return Permit(False, f"You need a role with {actions.EXEMPT} where the policy is assigned.")
    allowed = authorization.permit(by, actions.EXEMPT, assignment.scope)
    if not allowed:
        return allowed
    if scope is None:
        return authorization.permit_somewhere(by, WRITE)
    return authorization.permit(by, WRITE, scope)


@transaction.atomic
def put(scope: Scope, name: str, body: dict[str, Any], by: Actor) -> tuple[Exemption, bool]:
    """Create the exemption that ARM's body describes, or replace it; true where it is new.

    Raises ``PolicyError`` and stores nothing where it is not allowed or not valid.
    """
    user = authorization.require(by, WRITE, scope).user
    lock(scope)
    row = find(scope, name)
    given = validate(scope, name, body, None if row is not None and _keeps(row, body) else by)
    if row is not None and _exempts_more(as_value(row), given):
        _require_exempt(row, by)
    created = row is None
    before = as_value(row).to_object() if row is not None else None
    row = row or Exemption(scope=scope, created_by=user)
    properties = given.to_object()["properties"]
    row.name = name
    row.assignment_arm_id = given.policy_assignment_id
    row.category = given.category
    row.reference_ids = list(given.reference_ids)
    row.expires_on = given.expires_on
    row.display_name = given.display_name
    row.description = given.description
    row.metadata = dict(given.metadata)
    row.resource_selectors = properties.get("resourceSelectors", [])
    row.scope_validation = given.scope_validation
    row.management_mode = given.management_mode
    if not created:
        row.updated_by = user
    sign(row, user)
    row.save()
    after = as_value(row).to_object()
    activity.record(by, WRITE, row.arm_id, scope=scope, before=before, after=after)
    return row, created


@transaction.atomic
def put_as_seen(scope: Scope, name: str, body: dict[str, Any], by: Actor, seen: str) -> Exemption:
    """``put`` for whoever looked at it before: ``seen`` is the ``stamp`` that it had, or empty
    where there was none of that name.

    Raises ``PolicyError`` with ``CHANGED`` (409) where somebody has stored it since, and
    ``NotFound`` where it is gone.  What is stored already, word for word, is no change.
    """
    authorization.require(by, WRITE, scope)
    lock(scope)
    row = find(scope, name)
    if row is None and seen:
        raise NotFound(NOT_FOUND, f"The policy exemption '{name}' was deleted meanwhile.")
    if row is not None and stamp(row) != seen:
        if as_value(row) == validate(scope, name, body):
            return row
        raise _changed(row, seen)
    return put(scope, name, body, by)[0]


@transaction.atomic
def delete_as_seen(exemption: Exemption, by: Actor, seen: str) -> None:
    """``delete`` for whoever looked at it before, with the same errors as ``put_as_seen``."""
    authorization.require(by, DELETE, exemption.scope)
    lock(exemption.scope)
    row = get(exemption.scope, exemption.name)
    if stamp(row) != seen:
        raise _changed(row, seen)
    delete(row, by)


def stamp(row: Exemption) -> str:
    """What tells that an exemption is still the one that was looked at."""
    return str(row.updated_at.isoformat())


@transaction.atomic
def change(scope: Scope, name: str, body: dict[str, Any], by: Actor) -> Exemption:
    """ARM's PATCH: the properties in ``body`` replace what is stored, the rest stays."""
    authorization.require(by, WRITE, scope)
    lock(scope)
    stored = as_value(get(scope, name)).to_object()
    properties = stored["properties"] | (body.get("properties") or {})
    row, _ = put(scope, name, {"properties": properties}, by)
    return row


def delete(exemption: Exemption, by: Actor) -> bool:
    """Delete it as it is by now; false where it has gone already.  Raises ``PolicyError``."""
    gone = remove(exemption, DELETE, by, find, lambda row: as_value(row).to_object())
    return gone is not None


def validate(scope: Scope, name: str, body: dict[str, Any], by: Actor = None) -> language.Exemption:
    """The exemption that a body describes.  Raises ``PolicyError`` with every fault.

    ``by`` must know of the assignment, and may exempt from it.
    """
    refuse([*name_faults(scope, name, "exemption")], f"The policy exemption '{name}'")
    arm_id = Exemption(scope=scope, name=name).arm_id
    try:
        given = language.Exemption.parse({**body, "id": arm_id, "name": name})
    except LanguageError as error:
        raise PolicyError(error.code, error.message, target=error.path) from None
    faults = [*_texts(given), *_against_assignment(given, scope, by)]
    refuse(faults, f"The policy exemption '{name}'")
    return given


def listing(
    scope: Scope, at: str = "", assignment_id: str = "", *, live_only: bool = False
) -> QuerySet[Exemption]:
    """ARM's list at a scope; ``at`` as for assignments, ``live_only`` without what has expired."""
    rows = scopes.around(everywhere(), scope, at)
    if assignment_id:
        rows = rows.filter(assignment_key=assignment_id.lower())
    return (live(rows) if live_only else rows).order_by("pk")


def everywhere() -> QuerySet[Exemption]:
    """Every exemption by name, with what a list shows of it."""
    return Exemption.objects.select_related("scope", "created_by", "updated_by")


def at_and_below(rows: QuerySet[Exemption], scope: Scope) -> QuerySet[Exemption]:
    """Those at the scope or below it."""
    return rows.filter(scope__path__startswith=scope.path)


def live(rows: QuerySet[Exemption]) -> QuerySet[Exemption]:
    """Those that have not expired."""
    return rows.filter(unexpired())


def unexpired() -> Q:
    """The condition that an exemption has not expired."""
    return Q(expires_on=None) | Q(expires_on__gt=wall_clock.now())


def in_state(rows: QuerySet[Exemption], state: State) -> QuerySet[Exemption]:
    """Those in a state; what expires soon is active as well."""
    if state == State.ACTIVE:
        return live(rows)
    if state == State.EXPIRED:
        return rows.exclude(unexpired())
    return live(rows).filter(expires_on__lte=wall_clock.now() + SOON)


def state_of(row: Exemption) -> State:
    """The one that says most."""
    if row.expires_on is None or row.expires_on > wall_clock.now() + SOON:
        return State.ACTIVE
    return State.EXPIRING if row.expires_on > wall_clock.now() else State.EXPIRED


def matching(rows: QuerySet[Exemption], text: str) -> QuerySet[Exemption]:
    """Those that have every word of the text in a name, the description or the assignment's id."""
    for word in text.split():
        rows = rows.filter(
            Q(display_name__icontains=word)
            | Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(assignment_arm_id__icontains=word)
        )
    return rows


def assignment_of(row: Exemption) -> Assignment | None:
    """The assignment that it is from; None where that is deleted."""
    return assignments.find_by_id(row.assignment_arm_id)


def of_assignment(assignment: Assignment) -> QuerySet[Exemption]:
    """The exemptions from an assignment, the expired ones too."""
    return everywhere().filter(assignment_key=assignment.arm_id.lower())


def holding(cluster: Cluster) -> list[language.Exemption]:
    """The exemptions that have not expired, at the cluster's scope and above."""
    rows = live(everywhere()).filter(scope_id__in=cluster.scope.lineage)
    return [as_value(row) for row in rows.order_by("pk")]


def as_value(row: Exemption) -> language.Exemption:
    """The stored exemption as the evaluation module knows it."""
    properties = {
        "policyAssignmentId": row.assignment_arm_id,
        "exemptionCategory": row.category,
        "policyDefinitionReferenceIds": row.reference_ids,
        "expiresOn": language.in_arm_form(row.expires_on) if row.expires_on else None,
        "displayName": row.display_name,
        "description": row.description,
        "metadata": row.metadata,
        "resourceSelectors": row.resource_selectors,
        "assignmentScopeValidation": row.scope_validation,
        "exemptionManagementMode": row.management_mode,
    }
    shape = {"id": row.arm_id, "name": row.name, "properties": properties}
    return language.Exemption.parse(shape)


def _keeps(row: Exemption, body: dict[str, Any]) -> bool:
    """Does the body leave the exemption with its assignment, which somebody was allowed once?"""
    properties = body.get("properties")
    given = properties.get("policyAssignmentId") if isinstance(properties, dict) else None
    return isinstance(given, str) and given.lower() == row.assignment_key


def _exempts_more(before: language.Exemption, after: language.Exemption) -> bool:
    """Does a change exempt from more, or for longer, than somebody agreed to?"""
    ends = before.expires_on
    if ends is not None and (after.expires_on is None or after.expires_on > ends):
        return True
    if before.reference_ids:
        known = {one.lower() for one in before.reference_ids}
        if not after.reference_ids or {one.lower() for one in after.reference_ids} - known:
            return True
    # Which selectors choose more than others nobody can tell.
    return bool(before.resource_selectors) and before.resource_selectors != after.resource_selectors


def _require_exempt(row: Exemption, by: Actor) -> None:
    """Refuse who may write the exemption, but may not exempt from its assignment."""
    assignment = assignment_of(row)
    if assignment is None or authorization.may(by, actions.EXEMPT, assignment.scope):
        return
    text = (
        f"To exempt from more, or for longer, it takes a role with {actions.EXEMPT} where the"
        " policy is assigned."
    )
    raise authorization.forbidden(by, actions.EXEMPT, assignment.scope, text)


def _changed(row: Exemption, seen: str) -> PolicyError:
    if not seen:
        text = f"'{row}' has the name '{row.name}' at this scope already; choose another one."
        return PolicyError(CHANGED, text, target="name", status=409)
    who = row.updated_by or "Somebody"
    text = (
        f"{who} changed this exemption at {row.updated_at:%H:%M} UTC, after this page was opened."
    )
    return PolicyError(CHANGED, text, status=409)


def _texts(given: language.Exemption) -> Iterator[PolicyError]:
    if len(given.display_name) > DISPLAY_NAME_LIMIT:
        text = f"has {len(given.display_name)} characters; it may have {DISPLAY_NAME_LIMIT}."
        yield _wrong("displayName", text)
    for name, value in given.to_object()["properties"].items():
        for where, text in strings_in(value, name):
            if "\x00" in text:
                yield _wrong(where, "has a NUL character, which cannot be stored.")


def _against_assignment(
    given: language.Exemption, scope: Scope, by: Actor
) -> Iterator[PolicyError]:
    """An exemption is from an assignment that there is, and by default within its scope."""
    row = assignments.find_by_id(given.policy_assignment_id)
    if row is None or not authorization.knows(by, row.scope):
        yield PolicyError(
            "PolicyAssignmentNotFound",
            f"The policy assignment '{given.policy_assignment_id}' is not found.",
            target="properties.policyAssignmentId",
            status=404,
        )
        return
    authorization.require(by, actions.EXEMPT, row.scope)
    checked = given.scope_validation == language.VALIDATED
    if checked and not scope.is_at_or_below(row.scope):
        yield PolicyError(
            _INVALID,
            f"'{scope.arm_id}' is not at or below '{row.scope.arm_id}', the scope of the policy"
            " assignment. Choose a scope there, or set 'assignmentScopeValidation' to"
            " 'DoNotValidate'.",
            target="properties.policyAssignmentId",
        )
    yield from _references(given, row)


def _references(given: language.Exemption, row: Assignment) -> Iterator[PolicyError]:
    if not given.reference_ids:
        return
    target = definitions.parse(definitions.version(row.definition, row.definition_version))
    members = target.members if isinstance(target, PolicySetDefinition) else ()
    known = {one.reference_id.lower() for one in members}
    for index, one in enumerate(given.reference_ids):
        if one.lower() not in known:
            text = f"is '{one}', which is no reference id of the assigned definition."
            yield _wrong(f"policyDefinitionReferenceIds[{index}]", text)


def _wrong(field: str, what: str) -> PolicyError:
    target = f"properties.{field}"
    return PolicyError("InvalidRequestContent", f"'{target}' {what}", target=target)
