"""What an assignment would break, before anybody creates it or saves a change of it."""

from policy_app.services.whatif.examining import examine
from policy_app.services.whatif.remembering import examined
from policy_app.services.whatif.results import (
    ClusterImpact,
    Finding,
    Impact,
    ObjectImpact,
    Outcome,
    Tally,
)

__all__ = [
    "ClusterImpact",
    "Finding",
    "Impact",
    "ObjectImpact",
    "Outcome",
    "Tally",
    "examine",
    "examined",
]
