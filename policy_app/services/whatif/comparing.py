"""What is in force on a cluster now and with a draft, and what differs between the two."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.mutation import Mutators
from policy_app.evaluation.language.reasons import NotInstalled
from policy_app.models import Cluster
from policy_app.services import enforcement
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.enforcement import InForce


@dataclass(frozen=True)
class Comparison:
    """Before and after, each with the differing constraints alone, so that no more is asked."""

    before: InForce
    after: InForce
    other: InForce
    """What stays the same, for objects that are refused whatever is done."""
    mutators_differ: bool
    not_installed: tuple[NotInstalled, ...]

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """Every constraint that comes, goes or changes."""
        return (*self.before.constraints, *self.after.constraints)

    @cached_property
    def differs(self) -> bool:
        """Whether anything does that could change what becomes of an object."""
        return bool(self.constraints) or self.mutators_differ


def compare(draft: AssignmentDraft, cluster: Cluster) -> Comparison:
    """What a draft would change on a cluster."""
    return between(*enforcement.before_and_after(cluster, draft), draft.arm_id)


def between(before: InForce, after: InForce, assignment_id: str) -> Comparison:
    """Two states of a cluster, as far as they differ; one assignment is what it is about."""
    old, new = _marks(before.constraints), _marks(after.constraints)
    same = {key for key, mark in old.items() if new.get(key) == mark}
    mine = assignment_id.lower()
    return Comparison(
        before=_only(before, (one for one in before.constraints if _key(one) not in same)),
        after=_only(after, (one for one in after.constraints if _key(one) not in same)),
        other=_only(after, (one for one in after.constraints if _key(one) in same)),
        mutators_differ=_mutators(before.mutators) != _mutators(after.mutators),
        not_installed=tuple(
            one for one in after.not_installed if one.origin.assignment_id.lower() == mine
        ),
    )


def _only(everything: InForce, constraints: Iterable[Constraint]) -> InForce:
    chosen = list(constraints)
    client = Client(everything.templates.values(), chosen, explain=True)
    return replace(everything, client=client, constraints=chosen)


def _key(one: Constraint) -> tuple[str, str]:
    return one.kind, one.name


def _marks(constraints: Iterable[Constraint]) -> dict[tuple[str, str], tuple[object, ...]]:
    """What tells apart two states of a constraint; a template goes by its definition's version."""
    return {
        _key(one): (json.dumps(one.to_object(), sort_keys=True), one.origin) for one in constraints
    }


def _mutators(mutators: Mutators) -> set[str]:
    return {
        json.dumps(one.to_object(), sort_keys=True)
        for one in mutators.all
        if one.id not in mutators.conflicts
    }
