"""For people: a line a violation, as compilers write them, and a line for the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TextIO

from policy_app.cli.offline.report import Finding, Judged, Report
from policy_app.evaluation.results import EnforcementAction

_ACTION_WORDS: Mapping[EnforcementAction, str] = {"deny": "deny", "warn": "warn", "dryrun": "audit"}


def write(report: Report, stream: TextIO) -> None:
    """Write what was found; what went wrong goes to stderr, and is not written here."""
    for judged in report.judged:
        for line in _lines(report, judged):
            stream.write(f"{line}\n")
    stream.write(f"{_summary(report)}\n")


def _lines(report: Report, judged: Judged) -> Iterator[str]:
    for finding in judged.findings:
        yield from _finding(report, finding, explained=judged.explanation is not None)
    explanation = judged.explanation
    if explanation is None:
        return
    subject = judged.subject
    if not judged.findings:
        yield f"{subject.file}:{subject.line}: ok: {subject.label}"
    for name in explanation.passed:
        yield f"    passed: {_title(report, name)}"
    for one in explanation.not_applied:
        yield f"    not judged: {_title(report, one.constraint)}: {one.reason}"


def _finding(report: Report, finding: Finding, *, explained: bool) -> Iterator[str]:
    subject = finding.subject
    word = _ACTION_WORDS[finding.action]
    message = finding.message.replace("\n", "\n    ")
    yield f"{subject.file}:{finding.line}: {word}: {subject.label}: {message}"
    yield f"    {_title(report, finding.constraint)}"
    if finding.origin.non_compliance_message:
        yield f"    {finding.origin.non_compliance_message}"
    if explained:
        yield f"    field: {finding.path or 'not told by the message'}"
        if finding.origin.definition_id:
            yield f"    definition: {finding.origin.definition_id}"
            yield f"    version: {finding.origin.definition_version}"


def _title(report: Report, constraint: str) -> str:
    title = report.titles.get(constraint, "")
    return f"{title} [{constraint}]" if title else f"[{constraint}]"


def _summary(report: Report) -> str:
    found = ", ".join(f"{report.count(action)} {word}" for action, word in _ACTION_WORDS.items())
    objects = _number(report.objects, "object")
    read = f"{objects} in {_number(report.files, 'file')}, "
    if not report.constraints:
        return f"{read}no constraint: nothing was judged"
    return (
        f"{read}{_number(report.constraints, 'constraint')}: {found}; "
        f"{report.failed} failed, {report.objects - report.failed} passed"
    )


def _number(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'' if count == 1 else 's'}"
