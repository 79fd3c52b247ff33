"""For programs: one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from policy_app.cli.offline.errors import Trouble
from policy_app.cli.offline.report import Finding, Judged, Report, Subject


def write(report: Report, stream: TextIO) -> None:
    """Write ``{"results": […], "errors": […], "summary": {…}}``; with explanations, ``objects``."""
    stream.write("{\n")
    _list("results", _results(report), stream)
    _list("errors", (_dumped(error(one)) for one in report.troubles), stream)
    if report.explained:
        _list("objects", (_dumped(_explained(one)) for one in report.judged), stream)
    stream.write(f'  "summary": {_dumped(summary(report))}\n}}\n')


def _list(name: str, entries: Iterator[str], stream: TextIO) -> None:
    """A line for each entry: quick to write, and to look through."""
    first = next(entries, None)
    if first is None:
        stream.write(f'  "{name}": [],\n')
        return
    stream.write(f'  "{name}": [\n    {first}')
    for entry in entries:
        stream.write(f",\n    {entry}")
    stream.write("\n  ],\n")


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _dumped(value: dict[str, Any] | str) -> str:
    return _ENCODER.encode(value)


def _results(report: Report) -> Iterator[str]:
    """``result`` of each violation, as JSON.

    What it says of an object and of a policy is in many of them, and is encoded once: to encode
    each by itself took three times as long, when all other processors had nothing to do any more.
    """
    verdicts: dict[tuple[str, ...], str] = {}
    for judged in report.judged:
        file, about = _dumped(judged.subject.file), _inside(_about(judged.subject))
        for finding in judged.findings:
            verdict = _verdict(finding)
            key = tuple(verdict.values())
            if key not in verdicts:
                verdicts[key] = _inside(verdict)
            details = _dumped(dict(finding.details)) if finding.details else "{}"
            yield (
                f'{{"file": {file}, "line": {finding.line}, {about}, {verdicts[key]}, '
                f'"message": {_dumped(finding.message)}, "details": {details}}}'
            )


def _inside(fields: dict[str, Any]) -> str:
    """The fields as JSON, without the braces around them."""
    return _dumped(fields)[1:-1]


def result(finding: Finding) -> dict[str, Any]:
    """One violation."""
    return {
        "file": finding.subject.file,
        "line": finding.line,
        **_about(finding.subject),
        **_verdict(finding),
        "message": finding.message,
        "details": dict(finding.details),
    }


def _about(subject: Subject) -> dict[str, Any]:
    return {
        "document": subject.document,
        "apiVersion": subject.api_version,
        "kind": subject.kind,
        "namespace": subject.namespace,
        "name": subject.name,
    }


def _verdict(finding: Finding) -> dict[str, str]:
    origin = finding.origin
    return {
        "definitionId": origin.definition_id,
        "definitionReferenceId": origin.definition_reference_id,
        "constraint": finding.constraint,
        "effect": origin.effect,
        "enforcementAction": finding.action,
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
        **_about(subject),
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
