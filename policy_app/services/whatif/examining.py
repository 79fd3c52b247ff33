"""Ask, about every object of a cluster, what admission would say of it with and without a draft.

The objects are those that lie in the cluster, sent once more as they are.  A workload whose Pods
are not there (it is scaled to nothing, or a snapshot left them out) is asked about the Pods that
it would make.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import QuerySet

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import name_of, namespace_of
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import Origin, Violation
from policy_app.models import Assignment, Cluster, KubeObject
from policy_app.services import admission, authorization, reach
from policy_app.services.admission import Admission
from policy_app.services.authorization import Actor, actions
from policy_app.services.cluster import bootstrap, kinds
from policy_app.services.cluster.audited import is_about, stored_under
from policy_app.services.cluster.store import DECIDING_GROUPS
from policy_app.services.cluster.survey import HIDDEN, SECRET_FIELDS
from policy_app.services.drafts import AssignmentDraft, from_assignment
from policy_app.services.enforcement import InForce
from policy_app.services.whatif.comparing import Comparison, compare
from policy_app.services.whatif.results import (
    ClusterImpact,
    Finding,
    Impact,
    ObjectImpact,
    Outcome,
)
from policy_app.services.whatif.workloads import Workloads

_NEVER_ASKED = frozenset({"events", "leases"})
_MAKERS = frozenset(
    {"deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"}
    | {"replicationcontrollers"}
)
_RANKS = {"deny": 3, "warn": 2, "dryrun": 1}
_OUTCOMES = {"deny": Outcome.DENIED, "warn": Outcome.WARNED, "dryrun": Outcome.AUDITED}
_MOST_ERRORS = 20

Namespaces = Mapping[str, Mapping[str, Any]]
_Identity = tuple[object, ...]


def examine(
    draft: AssignmentDraft,
    *,
    seconds: float | None = None,
    clusters: Sequence[Cluster] | None = None,
    by: Actor = None,
) -> Impact:
    """What would change if the draft were stored, in some clusters or in all that it concerns.

    After ``seconds`` no more objects are looked at; each result says how many were.  Clusters that
    ``by`` may not look into are counted.
    """
    deadline = time.monotonic() + seconds if seconds is not None else None
    every = concerned(draft) if clusters is None else clusters
    wanted = seen(every, by)
    found = [look_into(one, compare(draft, one), deadline) for one in wanted]
    return Impact(draft, found, hidden=len(every) - len(wanted))


def concerned(draft: AssignmentDraft) -> list[Cluster]:
    """The clusters that a draft reaches, and those that the stored assignment reaches now."""
    found = {one.pk: one for one in reach.clusters_reached(draft)}
    stored = Assignment.objects.filter(scope=draft.scope, key=draft.name.lower()).first()
    if stored is not None:
        found |= {one.pk: one for one in reach.clusters_reached(from_assignment(stored))}
    return sorted(found.values(), key=lambda one: one.scope.name)


def seen(clusters: Iterable[Cluster], by: Actor) -> list[Cluster]:
    """Of clusters those that ``by`` may look into."""
    who = authorization.principal_of(by)
    return [
        one
        for one in clusters
        if authorization.may(who, actions.read_cluster(one.resource_type), one.scope)
    ]


def look_into(cluster: Cluster, comparison: Comparison, deadline: float | None) -> ClusterImpact:
    """What differs for the objects of a cluster; ``deadline`` is of the monotonic clock."""
    if not comparison.differs:
        return ClusterImpact(cluster, not_installed=comparison.not_installed)
    rows = _objects(cluster, comparison)
    looking = _Looking(comparison, bootstrap.namespaces_of(cluster), Workloads(cluster))
    total, examined = rows.count(), 0
    for row in rows.iterator(chunk_size=200):
        if deadline is not None and time.monotonic() > deadline:
            break
        looking.look(row)
        examined += 1
    objects = sorted(looking.found, key=_order)
    return ClusterImpact(
        cluster, total, examined, objects, comparison.not_installed, looking.errors
    )


def _order(one: ObjectImpact) -> tuple[object, ...]:
    return [*Outcome].index(one.outcome), one.namespace, one.workload, one.kind, one.name


def _objects(cluster: Cluster, comparison: Comparison) -> QuerySet[KubeObject]:
    """The objects of the kinds that something which differs looks at, and of those that make any.

    A mutator may change whatever there is.
    """
    chosen = {
        (kind.group, kind.plural)
        for kind in kinds.kinds_of(cluster)
        if kind.group not in DECIDING_GROUPS
        and kind.plural not in _NEVER_ASKED
        and (comparison.mutators_differ or kind.plural in _MAKERS or _asks(comparison, kind))
    }
    return KubeObject.objects.filter(stored_under(chosen), cluster=cluster).order_by("pk")


def _asks(comparison: Comparison, kind: Kind) -> bool:
    return any(is_about(one, kind.group, kind.kind) for one in comparison.constraints)


@dataclass(slots=True)
class _Looking:
    """One cluster's objects, one after the other."""

    comparison: Comparison
    namespaces: Namespaces
    workloads: Workloads
    found: list[ObjectImpact] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def look(self, row: KubeObject) -> None:
        """Ask about one object, and keep what changes for it."""
        thing = row.body
        makes = row.plural in _MAKERS and self.workloads.would_make_pods(thing)
        try:
            before = _Answers.of(thing, self.comparison.before, self.namespaces, makes)
            after = _Answers.of(thing, self.comparison.after, self.namespaces, makes)
        except GatekeeperError as error:
            if len(self.errors) < _MOST_ERRORS:
                self.errors.append(f"{thing.get('kind')} {row.namespace}/{row.name}: {error}")
            return
        findings = tuple(_findings(before, after))
        changes = tuple(as_shown(thing, one) for one in after.changes if one not in before.changes)
        if not findings and not changes:
            return
        self.found.append(
            ObjectImpact(
                pk=row.pk,
                api_version=str(thing.get("apiVersion", "")),
                kind=str(thing.get("kind", "")),
                namespace=namespace_of(thing),
                name=name_of(thing),
                workload=self.workloads.of(thing),
                findings=findings,
                changes=changes,
                refused_by=self._refused_by(thing, findings),
            )
        )

    def _refused_by(self, thing: Mapping[str, Any], findings: Iterable[Finding]) -> tuple[str, ...]:
        """Who else refuses it; asked only where that would put a refusal into another light."""
        told = {Outcome.DENIED, Outcome.RELIEVED}
        if (
            not any(one.outcome in told for one in findings)
            or not self.comparison.other.constraints
        ):
            return ()
        try:
            given = admission.admit(Review.create(thing), self.comparison.other, self.namespaces)
        except GatekeeperError:
            return ()
        return tuple(sorted({one.constraint for one in given.decision.denials}))


@dataclass(frozen=True, slots=True)
class _Answers:
    """What is said about an object, and about what it would make."""

    admissions: tuple[Admission, ...]
    violations: tuple[tuple[str, Violation], ...]
    """Each with the made object that it is about; empty for the object itself."""

    @classmethod
    def of(
        cls, thing: Mapping[str, Any], in_force: InForce, namespaces: Namespaces, offspring: bool
    ) -> _Answers:
        own = admission.admit(Review.create(thing), in_force, namespaces)
        made = admission.offspring(own, in_force, namespaces) if offspring else []
        told = [(one.generated, one) for one in own.decision.violations]
        told += [(child.label, one) for child in made for one in child.decision.violations]
        return cls((own, *(child.admission for child in made)), tuple(told))

    @property
    def changes(self) -> tuple[Any, ...]:
        """What mutators do to the object itself."""
        return self.admissions[0].mutated.changes

    @property
    def denied(self) -> bool:
        """Whether it, or something that it would make, is refused."""
        return any(one.error or not one.decision.allowed for one in self.admissions)

    @property
    def faults(self) -> Iterator[str]:
        """Why webhooks fail as a whole."""
        return (one.error for one in self.admissions if one.error)


def as_shown(thing: Mapping[str, Any], change: Change) -> Change:
    """A change as it may be shown: of a Secret's values it is told that they change."""
    if thing.get("kind") != "Secret" or not change.path.startswith(SECRET_FIELDS):
        return change
    return replace(change, before=HIDDEN, after=HIDDEN)


def _findings(before: _Answers, after: _Answers) -> Iterator[Finding]:
    """What is said after and was not said as strongly before, and which refusals are gone."""
    known = {
        _identity(made, one): _RANKS[one.enforcement_action] for made, one in before.violations
    }
    told_already = {*before.faults}
    for fault in after.faults:
        if fault not in told_already:
            yield Finding(Outcome.DENIED, fault, "", Origin())
    for made, one in after.violations:
        if _RANKS[one.enforcement_action] > known.get(_identity(made, one), 0):
            yield _finding(_OUTCOMES[one.enforcement_action], made, one)
    if before.denied and not after.denied:
        for made, one in before.violations:
            if one.enforcement_action == "deny":
                yield _finding(Outcome.RELIEVED, made, one)


def _identity(made: str, one: Violation) -> _Identity:
    """The same fault, whatever the constraint is called and however it is enforced."""
    origin = one.origin
    policy = origin.assignment_id.lower(), origin.definition_id.lower()
    path = one.place.path if one.place else ""
    return *policy, origin.definition_reference_id, made, one.message, one.container, path


def _finding(outcome: Outcome, made: str, one: Violation) -> Finding:
    return Finding(
        outcome=outcome,
        message=one.message,
        constraint=one.constraint,
        origin=one.origin,
        container=one.container,
        path=one.place.path if one.place else "",
        generated=made,
    )
