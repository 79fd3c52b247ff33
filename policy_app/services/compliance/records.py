"""What audits found, for pages and for the REST API: query sets, numbers and ARM's records.

``lists`` has the query sets, ``figures`` the numbers, ``arm_records`` the same in ARM's shapes;
``Filters`` is what a filter bar holds.
"""

from __future__ import annotations

from policy_app.services.compliance.arm_records import (
    component_policy_states,
    policy_events,
    policy_states,
)
from policy_app.services.compliance.figures import (
    AssignmentSummary,
    Day,
    Summary,
    assignments,
    summary,
    trend,
)
from policy_app.services.compliance.filters import NO_FILTERS, Filters, Fleet, Where, clusters
from policy_app.services.compliance.lists import (
    Cut,
    by_namespace,
    by_resource,
    compliant,
    components,
    cut,
    events,
    faults_of,
    history,
    policies,
    policies_of,
)

__all__ = [
    "NO_FILTERS",
    "AssignmentSummary",
    "Cut",
    "Day",
    "Filters",
    "Fleet",
    "Summary",
    "Where",
    "assignments",
    "by_namespace",
    "by_resource",
    "clusters",
    "compliant",
    "component_policy_states",
    "components",
    "cut",
    "events",
    "faults_of",
    "history",
    "policies",
    "policies_of",
    "policy_events",
    "policy_states",
    "summary",
    "trend",
]
