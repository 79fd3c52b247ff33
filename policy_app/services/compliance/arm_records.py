"""What audits found in ARM's shapes: policy states, their events, and component states.

Field names and their order are those of ``Microsoft.PolicyInsights`` 2019-10-01 and, for
components, 2024-10-01; ids are in lower case, as Azure writes them there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from policy_app.services.compliance.filters import NO_FILTERS, Filters, Where

Record = dict[str, Any]


def policy_states(where: Where, filters: Filters = NO_FILTERS) -> Iterator[Record]:
    """One record a cluster and policy: ``policyStates/latest``."""
    raise NotImplementedError


def policy_events(
    where: Where,
    filters: Filters = NO_FILTERS,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Record]:
    """One record a component that became something else: ``policyEvents/default``."""
    raise NotImplementedError


def component_policy_states(where: Where, filters: Filters = NO_FILTERS) -> Iterator[Record]:
    """One record a component and policy: ``componentPolicyStates/latest``, the compliant too."""
    raise NotImplementedError
