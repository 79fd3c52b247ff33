"""Which assignments put manual policies to work: those whose effect leaves the verdict to people.

Nearly every portal has none of them, and is told so by one statement.  Where there are some, only
those members of an initiative are looked up that may be manual: regulatory ones have hundreds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from policy_app.evaluation.language.assignments import (
    EffectivePolicy,
    Resource,
    effective_policies,
)
from policy_app.evaluation.language.definitions import KUBERNETES_MODE
from policy_app.evaluation.language.effects import MANUAL
from policy_app.evaluation.language.errors import LanguageError
from policy_app.models import Assignment, Definition, DefinitionVersion, InitiativeMember
from policy_app.services import assignments, enforcement
from policy_app.services.drafts import AssignmentDraft, from_assignment
from policy_app.services.enforcement import Assigned
from policy_app.services.errors import PolicyError

_MOST_KEPT = 20_000
_may_be: dict[str, bool] = {}
"""By a version's fingerprint: whether it may be manual, so that its body is read once."""


@dataclass(frozen=True, slots=True)
class Manual:
    """An assignment with manual policies."""

    row: Assignment
    draft: AssignmentDraft
    assigned: Assigned
    everywhere: tuple[EffectivePolicy, ...] | None
    """They, where they are the same for every resource."""

    def on(self, resource: Resource) -> tuple[EffectivePolicy, ...]:
        """Its manual policies for a resource."""
        if self.everywhere is not None:
            return self.everywhere
        return _manual_ones(self.assigned, resource)


def assigned(assignment_id: str = "") -> Iterator[Manual]:
    """The assignments with manual policies; of one alone where its id is given."""
    rows = assignments.everywhere()
    if assignment_id:
        known = assignments.find_by_id(assignment_id)
        rows = rows.filter(pk__in=[known.pk] if known else [])
    keys = _may_be_manual(rows)
    if not keys:
        return
    having = InitiativeMember.objects.filter(definition_key__in=keys)
    chosen = rows.filter(
        Q(definition__key__in=keys) | Q(definition__in=having.values("initiative__definition"))
    )
    for row in chosen.prefetch_related("definition__versions").order_by("pk"):
        found = _manual(row, keys)
        if found is not None:
            yield found


def _manual(row: Assignment, keys: frozenset[str]) -> Manual | None:
    """None where nothing of it is manual as it is assigned, or it cannot be put to work."""
    draft = from_assignment(row)
    try:
        whole = enforcement.assigned(draft, only=keys)
        selective = whole.assignment.resource_selectors or whole.assignment.overrides
        everywhere = None if selective else _manual_ones(whole, None)
    except (PolicyError, LanguageError):
        return None
    return Manual(row, draft, whole, everywhere) if everywhere != () else None


def _manual_ones(whole: Assigned, resource: Resource | None) -> tuple[EffectivePolicy, ...]:
    try:
        found = effective_policies(whole.assignment, whole.target, whole.members, resource=resource)
    except LanguageError:
        return ()
    manual = (one for one in found if isinstance(one, EffectivePolicy) and one.effect == MANUAL)
    return tuple(manual)


def _may_be_manual(rows: QuerySet[Assignment]) -> frozenset[str]:
    """The ids in lower case of the policies of some assignments that may be; in one statement."""
    used = rows.order_by().values("definition")
    versions = DefinitionVersion.objects.filter(
        Q(definition__in=used) | Q(definition__key__in=_members(used).values("definition_key")),
        definition__kind=Definition.Kind.POLICY,
    ).exclude(definition__mode__iexact=KUBERNETES_MODE)
    told = list(versions.order_by().values_list("definition__key", "fingerprint"))
    _learn({mark for _, mark in told})
    return frozenset(key for key, mark in told if _may_be.get(mark))


def _members(initiatives: QuerySet[Assignment, Any]) -> QuerySet[InitiativeMember]:
    return InitiativeMember.objects.filter(initiative__definition__in=initiatives).order_by()


def _learn(marks: set[str]) -> None:
    """Read the versions that are not known yet."""
    missing = marks - _may_be.keys()
    if not missing:
        return
    if len(_may_be) + len(missing) > _MOST_KEPT:
        _may_be.clear()
        missing = marks
    rows = DefinitionVersion.objects.filter(fingerprint__in=missing).order_by()
    for mark, body in rows.values_list("fingerprint", "body").iterator(chunk_size=500):
        _may_be[mark] = _says_manual(body)


def _says_manual(body: Mapping[str, Any]) -> bool:
    """Whether the effect is manual, or a parameter that may be."""
    effect = ((body.get("policyRule") or {}).get("then") or {}).get("effect")
    if not isinstance(effect, str):
        return False
    if not effect.strip().startswith("["):
        return effect.strip().lower() == MANUAL.lower()
    named = (one for name, one in (body.get("parameters") or {}).items() if name in effect)
    return any(_allows_manual(one) for one in named)


def _allows_manual(parameter: Mapping[str, Any]) -> bool:
    allowed = parameter.get("allowedValues")
    return not allowed or MANUAL.lower() in {str(one).lower() for one in allowed}
