"""Mutators: objects that Gatekeeper changes on their way into the cluster.

``Mutators.parse(objects).mutate(review)`` gives the changed object, what each mutator did to it,
and the same as an RFC 6902 patch.  Source: ``pkg/mutation`` of Gatekeeper.
"""

from __future__ import annotations

from policy_app.evaluation.gatekeeper.external_data import Provider
from policy_app.evaluation.gatekeeper.mutation.conflicts import describe
from policy_app.evaluation.gatekeeper.mutation.mutator import Mutator, MutatorId, is_mutator
from policy_app.evaluation.gatekeeper.mutation.system import (
    ANNOTATIONS,
    Change,
    Mutated,
    Mutators,
)

__all__ = [
    "ANNOTATIONS",
    "Change",
    "Mutated",
    "Mutator",
    "MutatorId",
    "Mutators",
    "Provider",
    "describe",
    "is_mutator",
]
