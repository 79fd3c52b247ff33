"""The Impact tab: what would newly be refused, reported or changed, by namespace and workload."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from policy_app.browser import links
from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.models import KubeObject
from policy_app.services import whatif
from policy_app.services.authorization import Principal
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.whatif import ClusterImpact, Finding, Impact, ObjectImpact, Outcome, Tally
from policy_app.services.whatif.lines import Excerpt, Manifest

COUNT_SECONDS = 2.0
"""How long the number on the tab may take; it says when that was not enough."""
TAB_SECONDS = 8.0
_MOST_WORKLOADS = 50
_MOST_FINDINGS = 20

_WORDS = {
    Outcome.DENIED: ("danger", "Refused", "would be refused that are let in now"),
    Outcome.WARNED: ("warning", "Warned", "would be let in with a new warning"),
    Outcome.AUDITED: ("info", "Reported", "would be let in and reported as non-compliant"),
    Outcome.MUTATED: ("violet", "Changed", "would be changed on their way in"),
    Outcome.RELIEVED: ("success", "Let in again", "would be let in that are refused now"),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One number above the list."""

    tone: str
    label: str
    note: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One message, with the field that it is about and the lines around it."""

    tone: str
    label: str
    finding: Finding
    definition_url: str
    excerpt: Excerpt | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that a mutator would do."""

    change: Change
    excerpt: Excerpt | None


@dataclass(frozen=True, slots=True)
class WorkloadRow:
    """A workload, and what becomes of its objects; the findings are those of the first."""

    name: str
    tone: str
    label: str
    objects: tuple[ObjectImpact, ...]
    findings: tuple[FindingRow, ...]
    changes: tuple[ChangeRow, ...]
    refused_by: tuple[str, ...]

    @property
    def first(self) -> ObjectImpact:
        """The object whose findings are shown."""
        return self.objects[0]

    @property
    def others(self) -> int:
        """How many more objects of the workload something becomes of."""
        return len(self.objects) - 1


@dataclass(frozen=True, slots=True)
class NamespaceRows:
    """A namespace with its workloads; the name is empty for the whole cluster's objects."""

    name: str
    tiles: tuple[Tile, ...]
    workloads: tuple[WorkloadRow, ...]


@dataclass(frozen=True)
class ClusterView:
    """One cluster of the tab."""

    impact: ClusterImpact

    @property
    def name(self) -> str:
        """The cluster's."""
        return self.impact.cluster.scope.name

    @cached_property
    def namespaces(self) -> list[NamespaceRows]:
        """The namespaces for which something changes, as many workloads as are shown."""
        left, found = _MOST_WORKLOADS, []
        manifests = self._manifests()
        for name, tallies, objects in self.impact.by_namespace:
            rows = [_workload(label, each, manifests) for label, each in _grouped(objects)[:left]]
            left -= len(rows)
            if rows:
                found.append(NamespaceRows(name, tuple(_tiles(tallies)), tuple(rows)))
        return found

    @cached_property
    def left_out(self) -> int:
        """How many workloads are not shown."""
        every = {(one.namespace, one.workload) for one in self.impact.objects}
        return max(len(every) - _MOST_WORKLOADS, 0)

    def _manifests(self) -> dict[int, Manifest]:
        first: list[int] = []
        for _, _, objects in self.impact.by_namespace:
            first += [each[0].pk for _, each in _grouped(objects)]
        rows = KubeObject.objects.in_bulk(first[:_MOST_WORKLOADS])
        return {pk: Manifest(row.body) for pk, row in rows.items()}


@dataclass(frozen=True)
class ImpactView:
    """What the tab's template asks for."""

    impact: Impact

    @cached_property
    def tiles(self) -> list[Tile]:
        """All five numbers."""
        return [*_tiles(self.impact.tallies, empty=True)]

    @cached_property
    def clusters(self) -> list[ClusterView]:
        """The clusters that the assignment concerns."""
        return [ClusterView(one) for one in self.impact.clusters]

    @property
    def complete(self) -> bool:
        """Whether everything was looked at."""
        return self.impact.complete

    @property
    def examined(self) -> int:
        """How many objects were."""
        return sum(one.examined for one in self.impact.clusters)

    @property
    def total(self) -> int:
        """Of how many."""
        return sum(one.total for one in self.impact.clusters)


def view(draft: AssignmentDraft, seconds: float, by: Principal) -> ImpactView:
    """The examination of a draft for which there is so much time, as far as they may see it."""
    return ImpactView(whatif.examined(draft, seconds, by))


def _tiles(tallies: dict[Outcome, Tally], *, empty: bool = False) -> Iterable[Tile]:
    for outcome, found in tallies.items():
        if found.objects or empty:
            yield Tile(*_WORDS[outcome], found)


def _grouped(objects: Iterable[ObjectImpact]) -> list[tuple[str, list[ObjectImpact]]]:
    found: dict[str, list[ObjectImpact]] = {}
    for one in objects:
        found.setdefault(one.workload, []).append(one)
    return list(found.items())


def _workload(
    label: str, objects: list[ObjectImpact], manifests: dict[int, Manifest]
) -> WorkloadRow:
    first = objects[0]
    manifest = manifests.get(first.pk)
    tone, word, _ = _WORDS[first.outcome]
    return WorkloadRow(
        name=label,
        tone=tone,
        label=word,
        objects=tuple(objects),
        findings=tuple(_finding(one, manifest) for one in first.findings[:_MOST_FINDINGS]),
        changes=tuple(
            ChangeRow(one, manifest.excerpt(one.path) if manifest else None)
            for one in first.changes[:_MOST_FINDINGS]
        ),
        refused_by=first.refused_by,
    )


def _finding(one: Finding, manifest: Manifest | None) -> FindingRow:
    tone, word, _ = _WORDS[one.outcome]
    url = links.definition_by_id(one.origin.definition_id) if one.origin.definition_id else ""
    excerpt = manifest.excerpt(one.path) if manifest and one.path else None
    return FindingRow(tone, word, one, url, excerpt)
