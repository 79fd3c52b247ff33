"""The components behind policy states, as ``$expand=components`` shows them with each state.

They are looked up for all the states of an answer together: the database is asked as often for a
thousand states as for one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from policy_app.models import ComplianceState, Component, ComponentState
from policy_app.services.compliance.arm_context import rfc3339
from policy_app.services.compliance.arm_records import component_id
from policy_app.services.compliance.bulk import in_pieces
from policy_app.services.compliance.filters import Where
from policy_app.services.compliance.lists import policies, policies_of_sets

Record = Mapping[str, Any]
_Key = tuple[str, ...]
MOST = 500
"""Components of one state, as many as Azure reports."""
_AT_ONCE = 500
_FIELDS = (
    *("resourceId", "policyAssignmentId", "policyDefinitionId"),
    "policyDefinitionReferenceId",
)
STATE_KEY = frozenset(_FIELDS)
"""What tells of which policy in which cluster a record is."""


def components_of(where: Where, states: Sequence[Record]) -> list[list[Record]]:
    """The components of each record of ``policy_states``, what is wrong first; ``MOST`` of one.

    The records have every field of ``STATE_KEY``; one of a manual policy has no components.
    """
    keys = [tuple(str(one[name]) for name in _FIELDS) for one in states]
    rows = _stored(where, keys)
    found: dict[int, list[Record]] = {pk: [] for pk in rows.values()}
    _add_faults(found)
    _add_compliant(found)
    return [found[rows[key]] if key in rows else [] for key in keys]


def _stored(where: Where, keys: Collection[_Key]) -> dict[_Key, int]:
    """The primary keys of the policies of these records."""
    assignments = {assignment for _, assignment, _, _ in keys}
    rows = policies(where).filter(assignment_key__in=assignments)
    fields = ("cluster__scope__key", "assignment_key", "definition_key", "reference_id", "pk")
    found = {
        (resource, assignment, definition, reference.lower()): pk
        for resource, assignment, definition, reference, pk in rows.values_list(*fields)
    }
    return {key: found[key] for key in keys if key in found}


def _add_faults(found: Mapping[int, list[Record]]) -> None:
    nth = Window(RowNumber(), partition_by=F("policy"), order_by="pk")
    rows = ComponentState.objects.filter(policy__in=list(found)).annotate(nth=nth)
    rows = rows.filter(nth__lte=MOST).select_related("component").order_by("pk")
    for row in rows.defer("violations", "message").iterator(chunk_size=_AT_ONCE):
        found[row.policy_id].append(_component(row.component, row.state))


def _add_compliant(found: Mapping[int, list[Record]]) -> None:
    """Pairs that no fault speaks of, until each policy has enough of them."""
    sets = policies_of_sets(found)
    rows = Component.objects.filter(applied__in=list(sets), error="").order_by("pk")
    for part in in_pieces(rows.iterator(chunk_size=_AT_ONCE), _AT_ONCE):
        wanted = {pk for pk, told in found.items() if len(told) < MOST}
        if not wanted:
            return
        faults = _faults([one.pk for one in part], wanted)
        for one in part:
            for policy in sets[one.applied_id or 0]:
                if len(found[policy]) < MOST and (one.pk, policy) not in faults:
                    found[policy].append(_component(one, ComplianceState.COMPLIANT))


def _faults(components: Collection[int], wanted: Collection[int]) -> set[tuple[int, int]]:
    rows = ComponentState.objects.filter(component__in=components, policy__in=wanted)
    return set(rows.values_list("component_id", "policy_id"))


def _component(one: Component, state: str) -> Record:
    return {
        "id": component_id(one.kind, one.namespace, one.name),
        "type": one.kind,
        "name": one.name,
        "timestamp": rfc3339(one.judged_at),
        "complianceState": state,
    }
