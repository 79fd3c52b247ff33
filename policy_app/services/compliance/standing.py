"""How one cluster stands, for the badge of every page: one query, whatever the number of rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, IntegerField, Value, When

from policy_app.models import Cluster, ComplianceState
from policy_app.services import authorization
from policy_app.services.authorization import Principal, actions


@dataclass(frozen=True, slots=True)
class Standing:
    """A cluster's state and the numbers behind it."""

    name: str
    state: str
    components: int
    non_compliant: int
    blocked: int


def of(by: Principal, chosen: int | None) -> Standing | None:
    """The chosen cluster, or else the first one that may be seen; None where there is none."""
    rows = authorization.visible(Cluster.objects.all(), by, actions.STATES)
    first = Case(When(pk=chosen or 0, then=Value(0)), default=Value(1), output_field=IntegerField())
    told = rows.order_by(first, "scope__path").values_list(
        "scope__name",
        "audit__state",
        "audit__components",
        "audit__non_compliant",
        "audit__blocked",
    )
    row = told.first()
    if row is None:
        return None
    name, state, components, non_compliant, blocked = row
    return Standing(
        name,
        state or ComplianceState.NOT_STARTED,
        components or 0,
        non_compliant or 0,
        blocked or 0,
    )
