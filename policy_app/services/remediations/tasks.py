"""Store, find, cancel and delete remediations; every door that asks for one comes through here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from policy_app import wall_clock
from policy_app.models import Remediation, RemediationDeployment, Scope
from policy_app.services import activity, authorization, scopes
from policy_app.services.authorization import Actor, actions
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.remediations.drafts import RemediationDraft, invalid, validate
from policy_app.services.writing import lock

_WRITE = actions.of(actions.REMEDIATIONS, actions.WRITE)
_DELETE = actions.of(actions.REMEDIATIONS, actions.DELETE)
_READ = actions.of(actions.REMEDIATIONS, actions.READ)
_NOT_FOUND = "RemediationNotFound"
_COPIED = (
    "reference_id",
    "discovery",
    "resource_count",
    "parallel_deployments",
    "failure_threshold",
)
State = RemediationDeployment.State


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a remediation is: its objects by what became of them."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0


def find(scope: Scope, name: str) -> Remediation | None:
    """The remediation of this name at exactly this scope, in any letter case."""
    return everywhere().filter(scope=scope, key=name.replace("\x00", "").lower()).first()


def get(scope: Scope, name: str) -> Remediation:
    """The remediation of this name at this scope, or ``NotFound``."""
    found = find(scope, name)
    if found is None:
        raise NotFound(_NOT_FOUND, f"The remediation '{name}' is not found.")
    return found


def with_id(arm_id: str, by: Actor) -> Remediation:
    """The remediation with this ARM id, for who may read it.  Raises ``PolicyError``."""
    place, name = scopes.split(arm_id, actions.REMEDIATIONS) or ("", "")
    if not place:
        raise NotFound(_NOT_FOUND, f"'{arm_id}' is no remediation's id.")
    return get(authorization.scope_for(by, place, _READ), name)


def everywhere() -> QuerySet[Remediation]:
    """Every remediation, with what a list shows of it."""
    return Remediation.objects.select_related("scope", "created_by", "updated_by")


def at_and_below(scope: Scope) -> QuerySet[Remediation]:
    """The remediations at the scope or below it."""
    return everywhere().filter(scope__path__startswith=scope.path)


def deployments(remediation: Remediation) -> QuerySet[RemediationDeployment]:
    """The objects of a remediation, with what a list shows of them."""
    return remediation.deployments.select_related("cluster__scope")


def counts_of(some: Iterable[Remediation]) -> Mapping[int, Counts]:
    """How far each of the remediations is, by primary key, in one statement."""
    keys = [one.pk for one in some]
    rows = RemediationDeployment.objects.filter(remediation__in=keys)
    counted = (
        rows.order_by()
        .values("remediation")
        .annotate(
            total=Count("pk"),
            succeeded=Count("pk", filter=Q(state=State.SUCCEEDED)),
            failed=Count("pk", filter=Q(state=State.FAILED)),
        )
    )
    found = {one.pop("remediation"): Counts(**one) for one in counted}
    return {key: found.get(key, Counts()) for key in keys}


@transaction.atomic
def put(scope: Scope, name: str, body: Any, by: Actor) -> tuple[Remediation, bool]:
    """Ask for the remediation that ARM's body describes; true where it is new.

    One of that name that is over begins anew.  Raises ``PolicyError`` and stores nothing where it
    is not allowed, not valid, or where one like it is under way.
    """
    user = authorization.require(by, _WRITE, scope).user
    lock(scope)
    draft = validate(scope, name, body, by)
    row = find(scope, name)
    created = row is None
    before = as_object(row) if row is not None else None
    if row is not None and row.is_open:
        text = "A remediation may not be changed or replaced while it is active."
        raise PolicyError(
            "InvalidUpdateRemediationRequest",
            f"The request to update remediation '{name}' is invalid. {text}",
        )
    row = row or Remediation(scope=scope, created_by=user)
    _write(row, name, draft)
    _refuse_second(row)
    if not created:
        row.updated_by = user
        row.deployments.all().delete()
    row.save()
    activity.record(by, _WRITE, row.arm_id, scope=scope, before=before, after=as_object(row))
    return row, created


@transaction.atomic
def cancel(scope: Scope, name: str, by: Actor) -> Remediation:
    """Have it end early: what waits is left as it is, what is at hand is finished.

    Raises ``PolicyError`` where it is over.
    """
    authorization.require(by, actions.CANCEL_REMEDIATION, scope)
    row = locked(get(scope, name), *Remediation.OPEN)
    if row is None:
        text = "A completed remediation cannot be cancelled."
        raise PolicyError(
            "InvalidCancelRemediationRequest",
            f"The request to cancel remediation '{name}' is invalid. {text}",
        )
    before = as_object(row)
    end(row, Remediation.State.CANCELED, "It was canceled.")
    activity.record(
        by,
        actions.CANCEL_REMEDIATION,
        row.arm_id,
        scope=scope,
        before=before,
        after=as_object(row),
    )
    return row


@transaction.atomic
def delete(remediation: Remediation, by: Actor) -> bool:
    """Delete one that is over, with what is known of its objects.

    False where somebody else deleted it just before.  Raises ``PolicyError``.
    """
    scope = remediation.scope
    authorization.require(by, _DELETE, scope)
    # As ``put`` does: otherwise one that somebody begins anew just now would go.
    lock(scope)
    row = find(scope, remediation.name)
    if row is None:
        return False
    if row.is_open:
        text = "Cancel it first, or wait until it has ended (Succeeded, Canceled, Failed)."
        raise PolicyError(
            "InvalidDeleteRemediationRequest",
            f"The request to delete remediation '{row.name}' is invalid. {text}",
        )
    activity.record(by, _DELETE, row.arm_id, scope=scope, before=as_object(row))
    row.delete()
    return True


def locked(row: Remediation, *states: str) -> Remediation | None:
    """The row as it is now, which nobody else changes until the transaction ends.

    None where it is in none of the states by now, or gone.
    """
    rows = Remediation.objects.select_for_update(of=("self",)).select_related("scope")
    return rows.filter(pk=row.pk, state__in=states).first()


def end(row: Remediation, state: str, message: str = "") -> None:
    """Note that it is over; what still waited is canceled.  To be called with the row locked."""
    row.deployments.filter(state=State.ACCEPTED).update(
        state=State.CANCELED, updated_at=wall_clock.now()
    )
    row.state, row.finished_at = state, wall_clock.now()
    row.status_message = "\n".join(filter(None, (row.status_message, message)))
    row.save()


def as_object(row: Remediation) -> dict[str, Any]:
    """ARM's ``properties`` of a remediation, without what is counted; empty filters are left out.

    The activity log keeps this, too.
    """
    filters = {"locations": row.locations, "resourceIds": row.resource_ids}
    told = {
        "policyAssignmentId": row.assignment_arm_id,
        "policyDefinitionReferenceId": row.reference_id,
        "resourceDiscoveryMode": row.discovery,
        "provisioningState": row.state,
        "filters": {name: value for name, value in filters.items() if value},
        "resourceCount": row.resource_count,
        "parallelDeployments": row.parallel_deployments,
        "correlationId": str(row.correlation_id),
    }
    if row.failure_threshold is not None:
        told["failureThreshold"] = {"percentage": row.failure_threshold}
    given = {name: value for name, value in told.items() if value not in ("", {})}
    return given | {"statusMessage": row.status_message}


def _write(row: Remediation, name: str, draft: RemediationDraft) -> None:
    """What is asked for, at its beginning."""
    row.name, row.assignment_arm_id = name, draft.assignment_id
    for attribute in _COPIED:
        setattr(row, attribute, getattr(draft, attribute))
    row.locations, row.resource_ids = list(draft.locations), list(draft.resource_ids)
    row.state, row.status_message, row.finished_at = Remediation.State.ACCEPTED, "", None
    row.correlation_id, row.attempts = uuid.uuid4(), 0


def _refuse_second(row: Remediation) -> None:
    """As in Azure, one remediation of a policy at a scope is under way at a time."""
    others = Remediation.objects.filter(
        scope=row.scope,
        assignment_key=row.assignment_arm_id.lower(),
        reference_id__iexact=row.reference_id,
        state__in=Remediation.OPEN,
    ).exclude(pk=row.pk)
    names = sorted(others.values_list("name", flat=True))
    if names:
        listed = ", ".join(f"'{one}'" for one in names)
        why = f"The remediation {listed} is already running for this policy here; cancel it first."
        raise invalid(row.name, why, "properties.policyAssignmentId")
