"""For programs: one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from policy_app.cli.offline.errors import Trouble
from policy_app.cli.offline.report import Finding, Judged, Report


def write(report: Report, stream: TextIO) -> None:
    """Write ``{"results": […], "errors": […], "summary": {…}}``; with explanations, ``objects``."""
    stream.write("{\n")
    _list("results", map(result, report.findings), stream)
    _list("errors", map(error, report.troubles), stream)
    if report.explained:
        _list("objects", map(_explained, report.judged), stream)
    stream.write(f'  "summary": {_dumped(summary(report))}\n}}\n')


def _list(name: str, entries: Iterable[dict[str, Any]], stream: TextIO) -> None:
    """A line for each entry: quick to write, and to look through."""
    lines = (f"    {_dumped(entry)}" for entry in entries)
    first = next(lines, None)
    if first is None:
        stream.write(f'  "{name}": [],\n')
        return
    stream.write(f'  "{name}": [\n{first}')
    for line in lines:
        stream.write(f",\n{line}")
    stream.write("\n  ],\n")


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _dumped(value: dict[str, Any]) -> str:
    return _ENCODER.encode(value)


def result(finding: Finding) -> dict[str, Any]:
    """One violation."""
    subject, origin = finding.subject, finding.origin
    return {
        "file": subject.file,
        "line": finding.line,
        "document": subject.document,
        "apiVersion": subject.api_version,
        "kind": subject.kind,
        "namespace": subject.namespace,
        "name": subject.name,
        "definitionId": origin.definition_id,
        "definitionReferenceId": origin.definition_reference_id,
        "constraint": finding.constraint,
        "effect": origin.effect,
        "enforcementAction": finding.action,
        "message": finding.message,
        "details": dict(finding.details),
    }


def error(trouble: Trouble) -> dict[str, Any]:
    """One input or policy that could not be used; ``line`` is 0 where it is unknown."""
    return {
        "kind": trouble.kind,
        "source": trouble.source,
        "line": trouble.line,
        "column": trouble.column,
        "document": trouble.document,
        "message": f"{trouble.message} {trouble.hint}".strip(),
    }


def summary(report: Report) -> dict[str, Any]:
    """The whole in numbers."""
    return {
        "files": report.files,
        "objects": report.objects,
        "constraints": report.constraints,
        "violations": {action: report.count(action) for action in ("deny", "warn", "dryrun")},
        "failed": report.failed,
        "passed": report.objects - report.failed,
        "skipped": len(report.skipped),
        "errors": len(report.troubles),
        "failOn": report.fail_on,
        "exitCode": report.exit_code,
    }


def _explained(judged: Judged) -> dict[str, Any]:
    subject, explanation = judged.subject, judged.explanation
    assert explanation is not None
    return {
        "file": subject.file,
        "line": subject.line,
        "document": subject.document,
        "apiVersion": subject.api_version,
        "kind": subject.kind,
        "namespace": subject.namespace,
        "name": subject.name,
        "violations": [
            {"constraint": one.constraint, "field": one.path, "line": one.line}
            for one in judged.findings
        ],
        "passed": list(explanation.passed),
        "notApplied": [
            {"constraint": one.constraint, "criterion": one.criterion, "reason": one.reason}
            for one in explanation.not_applied
        ],
    }
