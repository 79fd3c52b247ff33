"""Whether the next apply of a component is refused: admission is asked about it as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import Decision
from policy_app.models import Cluster, Component
from policy_app.services import admission, enforcement, kubectl
from policy_app.services.cluster import bootstrap
from policy_app.services.compliance.why import object_of
from policy_app.services.errors import NotFound


@dataclass(frozen=True, slots=True)
class Made:
    """An object that a controller would create from it, and what becomes of that."""

    label: str
    decision: Decision
    error: str

    @property
    def refused(self) -> bool:
        """Whether the controller may not create it."""
        return bool(self.error) or not self.decision.allowed


@dataclass(frozen=True, slots=True)
class NextApply:
    """What ``kubectl apply`` of the object as it is would come to."""

    output: str
    """What kubectl would print where it is refused or warned about."""
    refused: bool
    decision: Decision
    made: Sequence[Made]

    @property
    def sentence(self) -> str:
        """The answer in words."""
        if self.refused:
            return "The next apply of this object is refused."
        if any(one.refused for one in self.made):
            return "The next apply is accepted, but what the object makes is refused."
        if self.decision.warnings:
            return "The next apply is accepted, with warnings."
        return "The next apply of this object is accepted."


def next_apply(component: Component) -> NextApply:
    """Ask admission about the object as an update of itself.

    Raises ``NotFound`` where the object is gone.
    """
    thing = object_of(component)
    if thing is None:
        raise NotFound(
            "ResourceNotFound",
            f"{component} is not in the cluster any more, so nothing can be asked about it.",
            target="uid",
        )
    cluster = component.cluster
    in_force = enforcement.in_force(cluster)
    known = bootstrap.namespaces_of(cluster)
    admitted = admission.admit(Review.update(thing.body, thing.body), in_force, known)
    made = admission.offspring(admitted, in_force, known)
    return NextApply(
        output=_output(cluster, thing.body, admitted),
        refused=bool(admitted.error) or not admitted.decision.allowed,
        decision=admitted.decision,
        made=[Made(one.label, one.decision, one.admission.error) for one in made],
    )


def _output(cluster: Cluster, body: dict[str, Any], admitted: admission.Admission) -> str:
    file = f"{kubectl.name(body)}.yaml"
    if admitted.error:
        return kubectl.failed(file, admitted.error, admitted.webhook).output
    legacy = cluster.gatekeeper == Cluster.Generation.LEGACY
    applied = kubectl.apply(file, body, admitted.decision, legacy=legacy)
    # kubectl says so of an object that was there before.
    return applied.output.removesuffix("created") + (
        "unchanged" if applied.output.endswith("created") else ""
    )
