"""What ``policy-portal what-if`` prints for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from policy_app.models import KubeObject
from policy_app.services.whatif import ClusterImpact, Impact, ObjectImpact, Outcome, Tally
from policy_app.services.whatif.lines import Manifest

_WORDS = {
    Outcome.DENIED: "would be refused",
    Outcome.WARNED: "would be warned about",
    Outcome.AUDITED: "would be reported, and let in",
    Outcome.MUTATED: "would be changed",
    Outcome.RELIEVED: "would be let in again",
}
_MOST = 50
"""Objects of a namespace that are listed; JSON has them all."""


def write(impact: Impact, stream: TextIO) -> None:
    """The sentences, cluster by cluster."""
    for line in _lines(impact):
        stream.write(f"{line}\n")


def _lines(impact: Impact) -> Iterator[str]:
    draft = impact.draft
    yield f"{draft.definition.display_name} at {draft.scope.arm_id}"
    if not impact.clusters:
        yield "No cluster is at this scope or below it, so nothing would change."
    for one in impact.clusters:
        yield ""
        yield from _cluster(one)


def _cluster(one: ClusterImpact) -> Iterator[str]:
    yield f"{one.cluster.scope.name}: {one.examined:,} of {one.total:,} objects looked at"
    if not one.cluster.addon_enabled:
        yield "  The add-on is off, so nothing would change."
    elif not one.objects:
        yield "  Nothing would change for what is there."
    yield from _tallies(one.tallies, "  ")
    for absent in one.not_installed:
        name = absent.origin.display_name or absent.origin.definition_id
        yield f"  not in force: {name}: {absent.reason}"
    for fault in one.errors:
        yield f"  not examined: {fault}"
    for namespace, tallies, objects in one.by_namespace:
        yield f"  {f'namespace {namespace}' if namespace else 'the whole cluster'}: " + ", ".join(
            _short(tallies)
        )
        yield from _objects(objects)


def _tallies(tallies: Mapping[Outcome, Tally], indent: str) -> Iterator[str]:
    for outcome, found in tallies.items():
        if found.objects:
            yield f"{indent}{_counted(found)} {_WORDS[outcome]}"


def _short(tallies: Mapping[Outcome, Tally]) -> Iterator[str]:
    return (
        f"{found.objects} {outcome.value}" for outcome, found in tallies.items() if found.objects
    )


def _counted(found: Tally) -> str:
    objects = f"{found.objects:,} object{'s' * (found.objects != 1)}"
    return f"{objects} of {found.workloads:,} workload{'s' * (found.workloads != 1)}"


def _objects(objects: Iterable[ObjectImpact]) -> Iterator[str]:
    shown = list(objects)
    rows = KubeObject.objects.in_bulk([one.pk for one in shown[:_MOST]])
    for one in shown[:_MOST]:
        row = rows.get(one.pk)
        yield from _thing(one, Manifest(row.body) if row else None)
    if len(shown) > _MOST:
        yield f"    … and {len(shown) - _MOST:,} more; --output json has them all"


def _thing(one: ObjectImpact, manifest: Manifest | None) -> Iterator[str]:
    owner = "" if one.workload == one.label else f" ({one.workload})"
    yield f"    {one.label}{owner}"
    for finding in one.findings:
        about = f"{finding.generated}: " if finding.generated else ""
        where = _where(finding.path, manifest)
        yield f"      {finding.outcome.value:<8} {about}{finding.message}{where}"
        if finding.origin.display_name:
            yield f"               by {finding.origin.display_name}"
    for change in one.changes:
        where = _where(change.path, manifest)
        yield f"      changed  {change.before!r} to {change.after!r}{where}"
    if one.refused_by:
        yield f"      refused already by {', '.join(one.refused_by)}"


def _where(path: str, manifest: Manifest | None) -> str:
    if not path:
        return ""
    line = manifest.line(path) if manifest else None
    return f" [{path}, line {line}]" if line else f" [{path}]"
