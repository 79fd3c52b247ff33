"""What an assignment would break before anybody stores it, and what an exemption covers."""

from policy_app.services.whatif.examining import examine
from policy_app.services.whatif.exempting import covered
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
    "covered",
    "examine",
    "examined",
]
