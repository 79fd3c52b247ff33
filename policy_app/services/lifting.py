"""What goes when an assignment goes."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.models import Assignment, Cluster
from policy_app.services.coverage import coverage
from policy_app.services.drafts import from_assignment


@dataclass(frozen=True, slots=True)
class Lifted:
    """What a deletion would lift."""

    clusters: list[Cluster]
    """Those where something of it is in force; where nothing is, those that it reaches."""
    policies: list[str]
    """The display names of the policies that are in force somewhere."""
    enforcing: bool
    """True where something is refused today because of it."""


def lifted_by(assignment: Assignment) -> Lifted:
    """What the assignment has in force today, and where."""
    reached = coverage(from_assignment(assignment))
    active = [policy for one in reached for policy in one.policies]
    return Lifted(
        clusters=[one.cluster for one in reached if one.policies or not active],
        policies=list(dict.fromkeys(one.definition.display_name for one in active)),
        enforcing=any(one.enforcement_action == "deny" for one in active),
    )
