"""``$expand`` of states: what was evaluated, and the components behind a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rest_framework.request import Request

from policy_app.models import Scope
from policy_app.services.compliance.arm_expanding import STATE_KEY, components_of
from policy_app.services.errors import PolicyError

DETAILS = "policyEvaluationDetails"
COMPONENTS = "components"
_KNOWN = {one.lower(): one for one in (DETAILS, COMPONENTS)}


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
    records = [*shown]
    states = [one for one in records if _is_state(one)] if COMPONENTS in expanded else []
    behind = iter(components_of(scope, states))
    for one in records:
        record = {name: value for name, value in one.items() if name != DETAILS}
        if DETAILS in expanded and DETAILS in one:
            record[DETAILS] = one[DETAILS]
        if COMPONENTS in expanded and _is_state(one):
            record[COMPONENTS] = next(behind)
        yield record


def _is_state(record: Mapping[str, Any]) -> bool:
    """Whether it is of a policy in a cluster, and tells which after ``$select`` and ``$apply``.

    Records of components are none, and events tell of their component by themselves.
    """
    return record.keys() >= STATE_KEY and record.keys().isdisjoint(("componentId", COMPONENTS))
