"""What a cluster does with an object on its way in: change it, judge it, and what it makes later.

The API server asks the mutation webhook first, and the validation webhook about what came of it.
Where either answers with an error, the object is refused.  The webhooks are those that a simulated
cluster and a real one ask (``services.cluster``), so that one answer holds for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from policy_app.evaluation.gatekeeper.errors import ExpansionError
from policy_app.evaluation.gatekeeper.expansion import (
    WORKLOADS,
    Expander,
    Judged,
    Resultant,
    looks_at_generated,
    place_in_maker,
)
from policy_app.evaluation.gatekeeper.mutation import ANNOTATIONS, Mutated
from policy_app.evaluation.gatekeeper.mutation.json_values import without_nulls
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.webhook import Answer, MutationWebhook, Webhook
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
    """Ask both webhooks, as an API server would that knows these namespaces, and maybe others."""
    original = dict(review.object or {})
    untouched = Mutated(original)
    changed = _changed(review, in_force, namespaces)
    if not changed.allowed:
        return Admission(original, untouched, _NOTHING, changed.message, MUTATION_WEBHOOK)
    mutated = changed.mutated or untouched
    asked = replace(review, object=mutated.object) if mutated.changed else review
    answer = Webhook(in_force.client, _expander(in_force), partial=True).answer(asked, namespaces)
    if answer.judged is None:
        error = "" if answer.allowed else answer.message
        return Admission(original, mutated, _NOTHING, error)
    return Admission(original, mutated, answer.judged)


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


def _changed(review: Review, in_force: InForce, namespaces: Namespaces) -> Answer:
    """What the mutation webhook says."""
    if in_force.mutators.all and review.object is not None:
        # What the API server hands on was decoded by type, which leaves no null behind.
        review = replace(review, object=without_nulls(review.object))
    webhook = MutationWebhook(in_force.mutators, partial=True)
    return webhook.answer(review, namespaces, mutation_id=str(uuid4()))


def _expander(in_force: InForce) -> Expander:
    # The add-on has expansion on only where a policy asks for it.
    expands = looks_at_generated(in_force.constraints)
    return Expander(WORKLOADS, in_force.mutators) if expands else _NOBODY
