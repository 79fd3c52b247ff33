"""Write verdicts: components, what is wrong with them, and who became what.

Everything is compared with what is stored under the locks of the components' rows, so that it does
not matter how often, in what order, or by how many workers at once the same is written.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast

from policy_app import wall_clock
from policy_app.models import (
    AppliedSet,
    ComplianceEvent,
    ComplianceState,
    Component,
    ComponentState,
    PolicyState,
    Scan,
    ScanChunk,
)
from policy_app.services.compliance import bulk
from policy_app.services.compliance.verdicts import Fault, Verdict
from policy_app.services.compliance.workloads import Workload, Workloads

COMPLIANT, NON_COMPLIANT = ComplianceState.COMPLIANT, ComplianceState.NON_COMPLIANT
_GONE = ""
_IDENTITY = ("group", "version", "kind", "namespace", "name")
_COMPONENT = (
    *(*_IDENTITY, "workload_kind", "workload_name"),
    *("applied_id", "non_compliant", "blocking", "error", "revision"),
)
_TOLD = ("state", "severity", "message", "violations", "namespace", "kind")
_STATE = ("cluster", "component", "policy", *_TOLD, "since", "judged_at")
_EVENT = ("cluster", "policy", "at", "uid", *_IDENTITY, "before", "after", "message")


class _State(NamedTuple):
    """A stored ``ComponentState``, with its violations as the text that they are."""

    pk: int
    since: datetime
    state: str
    severity: int
    message: str
    violations: str
    namespace: str
    kind: str

    @property
    def told(self) -> tuple[Any, ...]:
        """What a verdict is compared with."""
        return self[2:]


States = Mapping[int, _State]
"""What is stored about one component, by policy."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts of one chunk."""

    verdicts: Sequence[Verdict]
    policies: frozenset[int]
    """The policies that were asked about every object of the chunk."""
    stale: Sequence[int] = ()
    """Policies that are no longer what the planner saw."""
    mark: str = ""
    """Of everything else that decided."""


@dataclass(slots=True)
class _Page:
    """What one chunk changes, gathered so that it takes few statements."""

    now: datetime
    made: list[Component] = field(default_factory=list)
    changed: list[Component] = field(default_factory=list)
    gone: list[Component] = field(default_factory=list)
    new_states: list[tuple[Component, int, tuple[Any, ...]]] = field(default_factory=list)
    """The component, the policy, and what is told of both."""
    changed_states: list[tuple[Any, ...]] = field(default_factory=list)
    gone_states: list[int] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)


def write(chunk: ScanChunk, judgement: Judgement) -> int:
    """Write a chunk's verdicts, and return how many became others.  In a transaction."""
    scan = _open_scan(chunk)
    if scan is None:
        return 0
    _note_moved(scan, judgement)
    now = wall_clock.now()
    verdicts = {one.uid: one for one in judgement.verdicts}
    # Always in the same order, so that two workers never wait for each other crosswise.
    locked = Component.objects.select_for_update().filter(
        cluster=scan.cluster_id, uid__in=list(verdicts)
    )
    known = {row.uid: row for row in locked.order_by("pk")}
    writer = _Writer(scan.cluster_id, judgement.policies, known, _Page(now))
    workloads = Workloads(scan.cluster_id).of({uid: one.owner for uid, one in verdicts.items()})
    for uid, verdict in sorted(verdicts.items()):
        row = known.get(uid)
        # Another worker may have judged what the object has become since.
        if row is None or row.revision <= verdict.revision:
            writer.take(verdict, row, workloads[uid])
    writer.save()
    if scan.reach == Scan.Reach.FULL:
        _touch(known.values(), judgement.policies, now)
    return len(writer.page.events) + writer.quiet


class _Writer:
    """Compares verdicts with what is stored."""

    def __init__(
        self,
        cluster_id: int,
        policies: frozenset[int],
        known: Mapping[str, Component],
        page: _Page,
    ) -> None:
        self.page = page
        self.quiet = 0
        """Verdicts that changed without a place in the history: new, and compliant."""
        self._cluster_id = cluster_id
        self._policies = policies
        self._sets = _Sets(cluster_id, {row.applied_id for row in known.values()})
        self._states = _stored_states([row.pk for row in known.values()])
        self._now = bulk.stored(page.now)
        self._wanted: list[tuple[Component, frozenset[int]]] = []

    def take(self, verdict: Verdict, row: Component | None, workload: Workload | None) -> None:
        """Note what a verdict changes."""
        before = self._sets.of(row.applied_id) if row else frozenset()
        applied = (before - self._policies) | verdict.applied
        if row is None and not applied:
            return
        stored: States = self._states.get(row.pk, {}) if row else {}
        told = row or Component(
            cluster_id=self._cluster_id, uid=verdict.uid, first_seen_at=self.page.now
        )
        was = tuple(getattr(told, name) for name in _COMPONENT)
        left = self._compare(verdict, told, before, stored)
        _describe(told, verdict, workload)
        bad = [severity for state, severity in left if state == NON_COMPLIANT]
        told.non_compliant = len(bad)
        told.blocking = bad.count(ComponentState.Severity.BLOCKING)
        if not applied:
            self.page.gone.append(told)
            return
        self._wanted.append((told, applied))
        same = was == tuple(getattr(told, name) for name in _COMPONENT) and before == applied
        if row is None or not same:
            told.judged_at = self.page.now
            (self.page.changed if row else self.page.made).append(told)

    def save(self) -> None:
        """Write all of it."""
        page = self.page
        sets = self._sets.keys_of({applied for _, applied in self._wanted})
        for row, applied in self._wanted:
            row.applied_id = sets[applied]
        Component.objects.bulk_create(page.made)
        told = [
            (*(getattr(row, name) for name in _COMPONENT), self._now, row.pk)
            for row in page.changed
        ]
        bulk.update(Component, [*_COMPONENT_FIELDS, "judged_at"], told)
        _delete(page.gone, page.gone_states)
        new = [
            (self._cluster_id, row.pk, policy, *about, self._now, self._now)
            for row, policy, about in page.new_states
        ]
        bulk.insert(ComponentState, _STATE, new)
        bulk.update(ComponentState, [*_TOLD, "since", "judged_at"], page.changed_states)
        bulk.insert(ComplianceEvent, _EVENT, page.events)

    def _compare(
        self, verdict: Verdict, row: Component, before: frozenset[int], stored: States
    ) -> list[tuple[str, int]]:
        """Note what changed about each policy that was asked.

        States and severities of all that is wrong now are returned.
        """
        left = [
            (state.state, state.severity)
            for key, state in stored.items()
            if key not in self._policies
        ]
        # Of all others nothing is stored, and nothing was found: there is nothing to compare.
        concerned = (before | verdict.applied | stored.keys()) & self._policies
        for key in sorted(concerned):
            state, fault = stored.get(key), verdict.faults.get(key)
            was = state.state if state else COMPLIANT if key in before else _GONE
            now = fault.state if fault else COMPLIANT if key in verdict.applied else _GONE
            if was != now:
                self._note(verdict, key, was, now, fault.message if fault else "")
            if fault is not None:
                self._put(state, row, key, fault, verdict)
                left.append((fault.state, fault.severity))
            elif state is not None:
                self.page.gone_states.append(state.pk)
        return left

    def _put(
        self, state: _State | None, row: Component, policy: int, fault: Fault, verdict: Verdict
    ) -> None:
        about = (
            *(str(fault.state), int(fault.severity), fault.message, fault.violations),
            *(verdict.namespace, verdict.gvk.kind),
        )
        if state is None:
            self.page.new_states.append((row, policy, about))
        elif state.told != about:
            same = state.state == fault.state
            since = bulk.stored(state.since) if same else self._now
            self.page.changed_states.append((*about, since, self._now, state.pk))

    def _note(self, verdict: Verdict, policy: int, was: str, now: str, message: str) -> None:
        # What comes or goes and was never bad would fill the history with what nobody asks for.
        if {was, now} == {_GONE, COMPLIANT}:
            self.quiet += 1
            return
        about = (self._cluster_id, policy, self._now, verdict.uid, *verdict.identity)
        self.page.events.append((*about, str(was), str(now), message))


def _stored_states(components: Sequence[int]) -> dict[int, dict[int, _State]]:
    """What is stored about components, by component and policy."""
    found: dict[int, dict[int, _State]] = defaultdict(dict)
    rows = ComponentState.objects.filter(component__in=components).order_by("pk")
    # As text: most of it stays as it is, and need not be read as JSON.
    raw = rows.annotate(raw=Cast("violations", TextField()))
    names = ("pk", "since", "state", "severity", "message", "raw", "namespace", "kind")
    for component, policy, *told in raw.values_list("component_id", "policy_id", *names):
        found[component][policy] = _State(*told)
    return found


class _Sets:
    """The applied sets that one chunk has to do with."""

    def __init__(self, cluster_id: int, keys: Iterable[int | None]) -> None:
        self._cluster_id = cluster_id
        self._policies: dict[int, set[int]] = defaultdict(set)
        through = AppliedSet.policies.through.objects.filter(
            appliedset__in={key for key in keys if key is not None}
        )
        for key, policy in through.values_list("appliedset_id", "policystate_id"):
            self._policies[key].add(policy)

    def of(self, key: int | None) -> frozenset[int]:
        """The policies of a set."""
        return frozenset(self._policies.get(key, ())) if key is not None else frozenset()

    def keys_of(self, wanted: Iterable[frozenset[int]]) -> dict[frozenset[int], int]:
        """The primary keys of sets of policies; those that are new are made."""
        return applied_sets(self._cluster_id, wanted)


def applied_sets(cluster_id: int, wanted: Iterable[frozenset[int]]) -> dict[frozenset[int], int]:
    """The primary keys of sets of policies; those that are new are made.

    Raises ``IntegrityError`` where another worker makes the same at the same time.
    """
    digests = {_digest(one): one for one in wanted}
    rows = AppliedSet.objects.filter(cluster=cluster_id, digest__in=list(digests))
    found = dict(rows.values_list("digest", "pk"))
    missing = sorted(digests.keys() - found.keys())
    made = AppliedSet.objects.bulk_create(
        AppliedSet(cluster_id=cluster_id, digest=digest) for digest in missing
    )
    through = AppliedSet.policies.through
    through.objects.bulk_create(
        through(appliedset_id=row.pk, policystate_id=policy)
        for row in made
        for policy in sorted(digests[row.digest])
    )
    found |= {row.digest: row.pk for row in made}
    return {policies: found[digest] for digest, policies in digests.items()}


_COMPONENT_FIELDS = tuple(name.removesuffix("_id") for name in _COMPONENT)


def _digest(policies: frozenset[int]) -> str:
    return hashlib.sha256(",".join(map(str, sorted(policies))).encode()).hexdigest()


def _describe(row: Component, verdict: Verdict, workload: Workload | None) -> None:
    for name, value in zip(_IDENTITY, verdict.identity, strict=True):
        setattr(row, name, value)
    row.workload_kind, row.workload_name = workload or (verdict.gvk.kind, verdict.name)
    row.error, row.revision = verdict.error, verdict.revision


def _open_scan(chunk: ScanChunk) -> Scan | None:
    """The chunk's scan with the chunk locked; None where it is over, and this worker is late."""
    if not ScanChunk.objects.select_for_update().filter(pk=chunk.pk).exists():
        return None
    return Scan.objects.filter(pk=chunk.scan_id, state__in=Scan.OPEN).first()


def _note_moved(scan: Scan, judgement: Judgement) -> None:
    """What decides has changed since the plan: the next scan has to look again."""
    if judgement.stale:
        PolicyState.objects.filter(pk__in=judgement.stale).update(brings="")
    if judgement.mark != scan.deciding:
        Scan.objects.filter(pk=scan.pk).update(deciding="")


def _touch(rows: Iterable[Component], policies: frozenset[int], now: datetime) -> None:
    """A full scan has looked at everything, whether it changed or not."""
    keys = [row.pk for row in rows]
    Component.objects.filter(pk__in=keys).update(judged_at=now)
    states = ComponentState.objects.filter(component__in=keys, policy__in=policies)
    states.update(judged_at=now)


def _delete(rows: Iterable[Component], states: Sequence[int]) -> None:
    """Delete without asking for what hangs on it, which is known."""
    keys = [row.pk for row in rows if row.pk]
    doomed = ComponentState.objects.filter(pk__in=states)
    doomed._raw_delete(doomed.db)
    left = ComponentState.objects.filter(component__in=keys)
    left._raw_delete(left.db)
    components = Component.objects.filter(pk__in=keys)
    components._raw_delete(components.db)
