"""The report of a test as the page shows it: a card a file, a card an object.

An object's card tells its verdict, what was changed, what was found, and what its controller would
create from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.browser import highlighting, links
from policy_app.evaluation.gatekeeper.mutation import Change
from policy_app.evaluation.manifests import Problem
from policy_app.evaluation.results import Decision, NotApplied, Origin, Violation
from policy_app.services import testing
from policy_app.services.diffs import DiffLine

_TONES = {"deny": "danger", "warn": "warning", "dryrun": "info"}
_ACTIONS = {"deny": "Deny", "warn": "Warn", "dryrun": "Audit only"}


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """A violation as the page shows it, with the ways to what is behind it."""

    violation: Violation
    tone: str
    action: str
    line_url: str
    definition_url: str
    assignment_url: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A field that a policy has changed; ``before`` is empty where it was not there."""

    title: str
    definition_url: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MutationCard:
    """What policies have changed in an object: field by field, and as a diff."""

    changes: list[ChangeRow]
    diff: Sequence[Sequence[DiffLine]]


@dataclass(frozen=True, slots=True)
class OffspringCard:
    """An object that a controller would create, and its verdict then."""

    report: testing.OffspringReport
    verdict: str
    tone: str
    violations: list[ViolationRow]
    mutation: MutationCard


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """One object: its verdict, its violations, and the constraints that did not judge it."""

    report: testing.DocumentReport
    verdict: str
    tone: str
    violations: list[ViolationRow]
    not_applied: list[tuple[str, list[NotApplied]]]
    """By the reason, since many constraints are left out for the same one."""
    mutation: MutationCard
    offspring: list[OffspringCard]


@dataclass(frozen=True, slots=True)
class FileCard:
    """One file: its documents, its problems, its text with the marked lines."""

    anchor: str
    name: str
    documents: list[DocumentCard]
    problems: list[Problem]
    lines: list[highlighting.Line]
    output: str


def file_card(number: int, file: testing.FileReport) -> FileCard:
    """A file of a report; ``number`` counts from 1."""
    anchor = f"file-{number}"
    marked = {line for document in file.documents for line in document.lines}
    marked |= {problem.line for problem in file.problems if problem.line}
    return FileCard(
        anchor=anchor,
        name=file.name,
        documents=[_document(anchor, document) for document in file.documents],
        problems=file.problems,
        lines=highlighting.lines(file.text.rstrip("\n"), "yaml", marked),
        output="\n".join(document.output for document in file.documents),
    )


def _document(anchor: str, report: testing.DocumentReport) -> DocumentCard:
    verdict, tone = _verdict(report.decision, report.error)
    if report.accepted and not all(one.accepted for one in report.offspring):
        verdict, tone = "Accepted, but not what it creates", "warning"
    return DocumentCard(
        report=report,
        verdict=verdict,
        tone=tone,
        violations=_violations(anchor, report.decision),
        not_applied=_by_reason(report.decision.not_applied),
        mutation=_mutation(report.mutation),
        offspring=[_offspring(anchor, one) for one in report.offspring],
    )


def _offspring(anchor: str, report: testing.OffspringReport) -> OffspringCard:
    verdict, tone = _verdict(report.decision, report.error)
    rows = _violations(anchor, report.decision)
    return OffspringCard(report, verdict, tone, rows, _mutation(report.mutation))


def _verdict(decision: Decision, error: str) -> tuple[str, str]:
    if error:
        return "Failed", "danger"
    if not decision.allowed:
        return "Refused", "danger"
    if decision.warnings:
        return "Accepted with warnings", "warning"
    if decision.audits:
        return "Accepted, non-compliant", "info"
    return "Accepted", "success"


def _violations(anchor: str, decision: Decision) -> list[ViolationRow]:
    return [_violation(anchor, one) for one in decision.violations]


def _violation(anchor: str, violation: Violation) -> ViolationRow:
    line = violation.place.line if violation.place else None
    return ViolationRow(
        violation=violation,
        tone=_TONES[violation.enforcement_action],
        action=_ACTIONS[violation.enforcement_action],
        line_url=f"#{anchor}-{line}" if line else "",
        definition_url=_definition_url(violation.origin),
        assignment_url=links.assignment_by_id(violation.origin.assignment_id),
    )


def _definition_url(origin: Origin) -> str:
    return links.definition_by_id(origin.definition_id) if origin.definition_id else ""


def _mutation(report: testing.MutationReport) -> MutationCard:
    return MutationCard(_changes(report.changes), report.diff)


def _changes(changes: Sequence[Change]) -> list[ChangeRow]:
    return [
        ChangeRow(
            title=one.origin.display_name or one.mutator.name,
            definition_url=_definition_url(one.origin),
            field=one.path,
            before="" if one.kind == "add" else _json(one.before),
            after="" if one.kind == "remove" else _json(one.after),
        )
        for one in changes
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _by_reason(rows: Iterable[NotApplied]) -> list[tuple[str, list[NotApplied]]]:
    by_reason: dict[str, list[NotApplied]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(row)
    return sorted(by_reason.items(), key=lambda item: item[0])
