"""What an exemption covers: the objects that a policy finds fault with as soon as it is gone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from policy_app.evaluation.language.exemptions import Exemption
from policy_app.models import Assignment, Cluster
from policy_app.services import enforcement
from policy_app.services.drafts import from_assignment
from policy_app.services.whatif.comparing import between
from policy_app.services.whatif.examining import look_into
from policy_app.services.whatif.results import Impact


def covered(
    exemption: Exemption, assignment: Assignment, clusters: Sequence[Cluster], seconds: float
) -> Impact:
    """What would be refused, warned about or reported in clusters at or below its scope, were it
    not for the exemption.

    After ``seconds`` no more objects are looked at.  The exemption need not be stored.
    """
    deadline = time.monotonic() + seconds
    found = []
    for cluster in clusters:
        states = enforcement.with_and_without(cluster, exemption)
        # Why policies are not installed is no matter of the exemption's.
        comparison = replace(between(*states, assignment.arm_id), not_installed=())
        found.append(look_into(cluster, comparison, deadline))
    return Impact(from_assignment(assignment), found)
