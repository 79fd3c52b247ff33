"""What an examination found: clusters, their objects, and what becomes of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.evaluation.language.reasons import NotInstalled
from policy_app.evaluation.results import Origin
from policy_app.models import Cluster
from policy_app.services.drafts import AssignmentDraft


class Outcome(StrEnum):
    """What becomes of an object; in the order in which people must act."""

    DENIED = "denied"
    """Its next apply is refused, and was not before."""
    WARNED = "warned"
    """Its next apply prints a warning that it did not print."""
    AUDITED = "audited"
    """It is let in, and reported as non-compliant where it was not."""
    MUTATED = "mutated"
    """Its next apply is changed, or is changed in another way."""
    RELIEVED = "relieved"
    """Its next apply was refused, and is not any more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One message of one policy about one object."""

    outcome: Outcome
    message: str
    """Gatekeeper's, without the constraint's name in front."""
    constraint: str
    origin: Origin
    container: str = ""
    path: str = ""
    """The field that it is about, as of the object; empty where that is not known."""
    generated: str = ""
    """What a controller would make that is at fault, such as ``Pod web-pod``."""


@dataclass(frozen=True, slots=True)
class ObjectImpact:
    """One object for which something changes."""

    pk: int
    """Of its ``KubeObject``."""
    api_version: str
    kind: str
    namespace: str
    """Empty for an object of the whole cluster."""
    name: str
    workload: str
    """``Deployment web``: the outermost owner, or the object itself."""
    findings: tuple[Finding, ...] = ()
    changes: tuple[Change, ...] = ()
    """What mutators would do that they do not do now."""
    refused_by: tuple[str, ...] = ()
    """Other constraints that refuse it already, whatever becomes of this assignment."""

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """Everything that becomes of it."""
        mutated = {Outcome.MUTATED} if self.changes else set()
        return frozenset({*(one.outcome for one in self.findings), *mutated})

    @property
    def outcome(self) -> Outcome:
        """The one that matters most."""
        return min(self.outcomes, key=list(Outcome).index)

    @property
    def label(self) -> str:
        """``Pod web-1``."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many objects, and how many workloads they belong to."""

    objects: int = 0
    workloads: int = 0


@dataclass(frozen=True)
class ClusterImpact:
    """What would change in one cluster."""

    cluster: Cluster
    total: int = 0
    """How many objects it has that the assignment could concern."""
    examined: int = 0
    """How many of them were looked at before time ran out."""
    objects: Sequence[ObjectImpact] = ()
    """Those for which something changes, those first that are refused; then by place and name."""
    not_installed: Sequence[NotInstalled] = ()
    """Policies of the assignment that would not work there, and why."""
    errors: Sequence[str] = ()
    """Objects that no decision could be had about, as sentences."""

    @property
    def complete(self) -> bool:
        """Whether every object was looked at."""
        return self.examined >= self.total

    @cached_property
    def tallies(self) -> dict[Outcome, Tally]:
        """The numbers by outcome."""
        return tally(self.objects)

    @cached_property
    def by_namespace(self) -> list[tuple[str, dict[Outcome, Tally], list[ObjectImpact]]]:
        """The same for each namespace, those with the most refusals first."""
        found: dict[str, list[ObjectImpact]] = {}
        for one in self.objects:
            found.setdefault(one.namespace, []).append(one)
        rows = [(name, tally(things), things) for name, things in found.items()]
        return sorted(rows, key=lambda row: (*_weights(row[1]), row[0]))


@dataclass(frozen=True)
class Impact:
    """What would change in every cluster that the assignment reaches, or reached."""

    draft: AssignmentDraft
    clusters: Sequence[ClusterImpact] = field(default_factory=tuple)
    hidden: int = 0
    """How many clusters more it concerns, which the one who asks may not look into."""

    @property
    def complete(self) -> bool:
        """Whether every object of every cluster was looked at."""
        return all(one.complete for one in self.clusters)

    @cached_property
    def tallies(self) -> dict[Outcome, Tally]:
        """The numbers by outcome, over all clusters."""
        every = [one.tallies for one in self.clusters]
        return {
            outcome: Tally(
                sum(found[outcome].objects for found in every),
                sum(found[outcome].workloads for found in every),
            )
            for outcome in Outcome
        }

    @property
    def denied(self) -> Tally:
        """What would newly be refused."""
        return self.tallies[Outcome.DENIED]


def tally(objects: Iterable[ObjectImpact]) -> dict[Outcome, Tally]:
    """Count objects and workloads; one that is refused and mutated counts under both."""
    counts: Counter[Outcome] = Counter()
    workloads: dict[Outcome, set[tuple[str, str]]] = {outcome: set() for outcome in Outcome}
    for one in objects:
        for outcome in one.outcomes:
            counts[outcome] += 1
            workloads[outcome].add((one.namespace, one.workload))
    return {outcome: Tally(counts[outcome], len(workloads[outcome])) for outcome in Outcome}


def _weights(found: dict[Outcome, Tally]) -> tuple[int, ...]:
    return tuple(-found[outcome].objects for outcome in Outcome)
