"""Expansion: the Pods that a workload would create, judged together with the workload.

``review_expanded(client, Expander(WORKLOADS), review)`` decides about a request and about all
that it implies.  Source: ``pkg/expansion`` of Gatekeeper.
"""

from __future__ import annotations

from policy_app.evaluation.gatekeeper.expansion.expander import Expander, Resultant
from policy_app.evaluation.gatekeeper.expansion.judging import (
    Generated,
    Judged,
    judge_expanded,
    looks_at_generated,
    place_in_maker,
    review_expanded,
)
from policy_app.evaluation.gatekeeper.expansion.template import (
    ExpansionTemplate,
    is_expansion_template,
)
from policy_app.evaluation.gatekeeper.expansion.workloads import WORKLOADS, workload_objects

__all__ = [
    "WORKLOADS",
    "Expander",
    "ExpansionTemplate",
    "Generated",
    "Judged",
    "Resultant",
    "is_expansion_template",
    "judge_expanded",
    "looks_at_generated",
    "place_in_maker",
    "review_expanded",
    "workload_objects",
]
