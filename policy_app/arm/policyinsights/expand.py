"""``$expand`` of states: what was evaluated, and the components behind a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from rest_framework.request import Request

from policy_app.models import Scope
from policy_app.services.compliance import records
from policy_app.services.compliance.filters import Filters
from policy_app.services.errors import PolicyError

DETAILS = "policyEvaluationDetails"
COMPONENTS = "components"
_KNOWN = {one.lower(): one for one in (DETAILS, COMPONENTS)}
_MOST_COMPONENTS = 500
_FIELDS = ("componentId", "componentType", "componentName", "timestamp", "complianceState")


def requested(request: Request) -> frozenset[str]:
    """What ``$expand`` names.  Raises ``PolicyError`` for what there is not."""
    given = [one.strip() for one in request.query_params.get("$expand", "").split(",")]
    for one in filter(None, given):
        if one.lower() not in _KNOWN:
            known = "PolicyEvaluationDetails and components"
            text = f"The query parameter $expand names '{one}'; there are {known}."
            raise PolicyError("InvalidQueryParameter", text, target="$expand")
    return frozenset(_KNOWN[one.lower()] for one in given if one)


def filled(
    shown: Iterable[Mapping[str, Any]], scope: Scope, expanded: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """The records with what was expanded, and without what was not."""
    for one in shown:
        record = {name: value for name, value in one.items() if name != DETAILS}
        if DETAILS in expanded and DETAILS in one:
            record[DETAILS] = one[DETAILS]
        if COMPONENTS in expanded and "policyDefinitionId" in one and "componentId" not in one:
            record[COMPONENTS] = list(_components(one, scope))
        yield record


def _components(record: Mapping[str, Any], scope: Scope) -> Iterator[dict[str, Any]]:
    """As many components of a state as Azure reports of one."""
    filters = Filters(
        assignment=str(record["policyAssignmentId"]),
        definition=str(record["policyDefinitionId"]),
    )
    found = records.component_policy_states(scope, filters)
    same = ("resourceId", "policyDefinitionReferenceId")
    mine = (one for one in found if all(one[name] == record[name] for name in same))
    for one in islice(mine, _MOST_COMPONENTS):
        yield dict(
            zip(
                ("id", "type", "name", "timestamp", "complianceState"),
                map(one.get, _FIELDS),
                strict=True,
            )
        )
