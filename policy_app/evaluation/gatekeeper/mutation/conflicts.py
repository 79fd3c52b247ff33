"""Mutators that imply different shapes for the same objects: none of them runs.

``spec.containers[name: a].image`` says that containers is a list with the key name, and
``spec.containers.image`` that it is an object.  Source: ``pkg/mutation/schema`` of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from policy_app.evaluation.gatekeeper.mutation.location import Field, Item
from policy_app.evaluation.gatekeeper.mutation.mutator import UNKNOWN, Mutator, MutatorId

Conflicts = Mapping[MutatorId, tuple[MutatorId, ...]]


def conflicts_among(mutators: Iterable[Mutator]) -> Conflicts:
    """Each mutator that is in conflict, with those that it is in conflict with."""
    found: dict[MutatorId, set[MutatorId]] = {}
    for one, other in combinations(mutators, 2):
        if one.bindings & other.bindings and _disagree(one, other):
            found.setdefault(one.id, set()).add(other.id)
            found.setdefault(other.id, set()).add(one.id)
    return {each: tuple(sorted(found[each])) for each in sorted(found)}


def describe(ids: Iterable[MutatorId]) -> str:
    """Gatekeeper's sentence about mutators in conflict."""
    shown = " ".join(str(each) for each in sorted(ids))
    return f"the following mutators have conflicting schemas: [{shown}]"


def _disagree(one: Mutator, other: Mutator) -> bool:
    for depth, (left, right) in enumerate(
        zip(one.location.steps, other.location.steps, strict=False)
    ):
        if _key(left) != _key(right):
            # Fields beside each other are no matter, but a list has one key.
            return isinstance(left, Item)
        types = {one.implied_type(depth), other.implied_type(depth)} - {UNKNOWN}
        if len(types) > 1:
            return True
    shorter, longer = sorted((one, other), key=lambda each: len(each.location.steps))
    extended = len(longer.location.steps) > len(shorter.location.steps)
    return extended and shorter.must_end_there


def _key(step: Field | Item) -> str:
    return step.key if isinstance(step, Item) else step.name
