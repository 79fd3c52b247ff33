"""Remediations: what is in clusters already is brought to what a mutation makes of it.

``tasks`` stores them, lists them and cancels them; ``advance`` carries them out, and is called by
workers every few seconds.  ``drafts`` reads what is asked for, ``finding`` looks for the objects
that the policy's mutators would change, ``applying`` changes one of them; ``candidates`` are the
policies that can be chosen.
"""

from __future__ import annotations

from policy_app.services.remediations.candidates import Candidate, Candidates, candidates
from policy_app.services.remediations.drafts import MOST_AT_ONCE, MOST_RESOURCES
from policy_app.services.remediations.running import advance
from policy_app.services.remediations.tasks import (
    Counts,
    as_object,
    at_and_below,
    cancel,
    counts_of,
    delete,
    deployments,
    everywhere,
    find,
    get,
    put,
    with_id,
)

__all__ = [
    "MOST_AT_ONCE",
    "MOST_RESOURCES",
    "Candidate",
    "Candidates",
    "Counts",
    "advance",
    "as_object",
    "at_and_below",
    "cancel",
    "candidates",
    "counts_of",
    "delete",
    "deployments",
    "everywhere",
    "find",
    "get",
    "put",
    "with_id",
]
