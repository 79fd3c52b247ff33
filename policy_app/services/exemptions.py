"""Store, find and delete exemptions; every door that changes one comes through here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from policy_app.evaluation.language import exemptions as language
from policy_app.evaluation.language.definitions import PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Assignment, Cluster, Exemption, Scope
from policy_app.services import activity, assignments, authorization, definitions, scopes
from policy_app.services.authorization import Actor, actions
from policy_app.services.drafts.validation import name_faults, refuse, strings_in
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.writing import lock, sign

DISPLAY_NAME_LIMIT = 128
_WRITE = actions.of(actions.EXEMPTIONS, actions.WRITE)
_DELETE = actions.of(actions.EXEMPTIONS, actions.DELETE)
_ASSIGNMENTS = "/providers/microsoft.authorization/policyassignments/"
_INVALID = "InvalidCreatePolicyExemptionRequest"


def find(scope: Scope, name: str) -> Exemption | None:
    """The exemption of this name at exactly this scope, in any letter case."""
    return everywhere().filter(scope=scope, key=name.replace("\x00", "").lower()).first()


def get(scope: Scope, name: str) -> Exemption:
    """The exemption of this name at this scope, or ``NotFound``."""
    found = find(scope, name)
    if found is None:
        text = f"The policy exemption '{name}' is not found."
        raise NotFound("PolicyExemptionNotFound", text)
    return found


@transaction.atomic
def put(scope: Scope, name: str, body: dict[str, Any], by: Actor) -> tuple[Exemption, bool]:
    """Create the exemption that ARM's body describes, or replace it; true where it is new.

    Raises ``PolicyError`` and stores nothing where it is not allowed or not valid.
    """
    user = authorization.require(by, _WRITE, scope).user
    lock(scope)
    row = find(scope, name)
    given = validate(scope, name, body, None if row is not None and _keeps(row, body) else by)
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
    activity.record(by, _WRITE, row.arm_id, scope=scope, before=before, after=after)
    return row, created


@transaction.atomic
def change(scope: Scope, name: str, body: dict[str, Any], by: Actor) -> Exemption:
    """ARM's PATCH: the properties in ``body`` replace what is stored, the rest stays."""
    authorization.require(by, _WRITE, scope)
    lock(scope)
    stored = as_value(get(scope, name)).to_object()
    properties = stored["properties"] | (body.get("properties") or {})
    row, _ = put(scope, name, {"properties": properties}, by)
    return row


@transaction.atomic
def delete(exemption: Exemption, by: Actor) -> None:
    """Delete it; its history stays, with who deleted it.  Raises ``PolicyError``."""
    who = authorization.require(by, _DELETE, exemption.scope)
    before = as_value(exemption).to_object()
    activity.record(by, _DELETE, exemption.arm_id, scope=exemption.scope, before=before)
    sign(exemption, who.user)
    exemption.delete()


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
    return Q(expires_on=None) | Q(expires_on__gt=timezone.now())


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
    row = _assignment(given.policy_assignment_id)
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


def _assignment(assignment_id: str) -> Assignment | None:
    arm_id = scopes.normal_id(assignment_id)
    at = arm_id.lower().rfind(_ASSIGNMENTS)
    scope = scopes.find(arm_id[:at]) if at > 0 else None
    return assignments.find(scope, arm_id[at + len(_ASSIGNMENTS) :]) if scope else None


def _wrong(field: str, what: str) -> PolicyError:
    target = f"properties.{field}"
    return PolicyError("InvalidRequestContent", f"'{target}' {what}", target=target)
