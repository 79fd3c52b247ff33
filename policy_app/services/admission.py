"""What a cluster does with an object on its way in: change it, judge it, and what it makes later.

The API server asks the mutation webhook first, and the validation webhook about what came of it.
Where either answers with an error, the object is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from policy_app.evaluation.gatekeeper.errors import ExpansionError, GatekeeperError
from policy_app.evaluation.gatekeeper.expansion import (
    WORKLOADS,
    Expander,
    Judged,
    Resultant,
    judge_expanded,
    looks_at_generated,
    place_in_maker,
)
from policy_app.evaluation.gatekeeper.mutation import ANNOTATIONS, Mutated
from policy_app.evaluation.gatekeeper.mutation.json_values import without_nulls
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import MUTATION_WEBHOOK, WEBHOOK, Decision
from policy_app.services.enforcement import InForce

Namespaces = Mapping[str, Mapping[str, Any]]


_NOTHING = Judged(Decision())
_PLAIN = Expander(WORKLOADS)
_NOBODY = Expander()


@dataclass(frozen=True, slots=True)
class Admission:
    """One object on its way in: as it came, as the mutators left it, and as it was judged."""

    original: Mapping[str, Any]
    mutated: Mutated
    judged: Judged
    error: str = ""
    """Why a webhook failed as a whole, which refuses the object; mostly empty."""
    webhook: str = WEBHOOK
    """The webhook that failed, where one did."""

    @property
    def decision(self) -> Decision:
        """The validation webhook's answer."""
        return self.judged.decision

    @property
    def changed_object(self) -> Mapping[str, Any]:
        """The object with what policies changed, without the webhook's own note that they did."""
        thing = self.mutated.object
        metadata = thing.get("metadata") or {}
        annotations = metadata.get("annotations") or {}
        if not {*ANNOTATIONS} & {*annotations}:
            return thing
        kept = {key: annotations[key] for key in annotations if key not in ANNOTATIONS}
        rest = {key: value for key, value in metadata.items() if key != "annotations"}
        return {**thing, "metadata": {**rest, "annotations": kept} if kept else rest}


@dataclass(frozen=True, slots=True)
class Offspring:
    """An object that a controller will create, and what becomes of it then."""

    resultant: Resultant
    admission: Admission

    @property
    def label(self) -> str:
        """``Pod web-pod``."""
        return self.resultant.label

    @property
    def decision(self) -> Decision:
        """The webhook's answer to the controller; fields are told as those of the workload."""
        decision = self.admission.decision
        placed = tuple(place_in_maker(self.resultant, one) for one in decision.violations)
        return replace(decision, violations=placed)


def admit(review: Review, in_force: InForce, namespaces: Namespaces) -> Admission:
    """Mutate, then judge, together with what the object would make if anything looks at that."""
    original = dict(review.object or {})
    untouched = Mutated(original)
    try:
        mutated = _mutate(review, in_force, namespaces) or untouched
    except GatekeeperError as error:
        return Admission(original, untouched, _NOTHING, error.message, MUTATION_WEBHOOK)
    asked = replace(review, object=mutated.object) if mutated.changed else review
    try:
        return Admission(original, mutated, _judge(asked, in_force, namespaces))
    except GatekeeperError as error:
        return Admission(original, mutated, _NOTHING, error.message)


def offspring(admission: Admission, in_force: InForce, namespaces: Namespaces) -> list[Offspring]:
    """What controllers will create from an object that was let in, outermost first.

    Empty for objects that make nothing, or that say too little about what they make.
    """
    try:
        made = _PLAIN.expand(admission.mutated.object)
    except ExpansionError:
        return []
    return [Offspring(one, _created(one, in_force, namespaces)) for one in reversed(made)]


def _created(resultant: Resultant, in_force: InForce, namespaces: Namespaces) -> Admission:
    return admit(Review.create(resultant.object), in_force, namespaces)


def _mutate(review: Review, in_force: InForce, namespaces: Namespaces) -> Mutated | None:
    """What the mutators make of the object; None where they leave it as it came."""
    if not in_force.mutators.all or review.object is None:
        return None
    # What the API server hands on was decoded by type, which leaves no null behind.
    decoded = replace(review, object=without_nulls(review.object))
    mutation_id = str(uuid4())
    mutated = in_force.mutators.mutate(decoded, namespaces=namespaces, mutation_id=mutation_id)
    return mutated if mutated.changed else None


def _judge(review: Review, in_force: InForce, namespaces: Namespaces) -> Judged:
    # The add-on has expansion on only where a policy asks for it.
    expands = looks_at_generated(in_force.constraints)
    expander = Expander(WORKLOADS, in_force.mutators) if expands else _NOBODY
    return judge_expanded(in_force.client, expander, review, namespaces=namespaces)
