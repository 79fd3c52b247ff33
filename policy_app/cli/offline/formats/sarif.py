"""For code scanning: SARIF 2.1.0, with a rule for each policy that found something.

Source: the OASIS standard, and what GitHub's code scanning asks for: a rule's full description and
help, a result's place, and a fingerprint under the one name that it reads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

from policy_app.cli.offline.errors import Trouble
from policy_app.cli.offline.formats.as_json import result as json_result
from policy_app.cli.offline.inputs import STDIN_NAME
from policy_app.cli.offline.report import Finding, Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Code scanning tells results apart by this one, and passes over all others.
_FINGERPRINT = "primaryLocationLineHash"
LEVELS: Mapping[str, str] = {"deny": "error", "warn": "warning", "dryrun": "note"}


def write(report: Report, stream: TextIO) -> None:
    """Write one log with one run, a line a result: there may be more than memory should hold."""
    rules = _rules(report)
    numbers = {identity: number for number, identity in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(list(rules.values()))},
        "invocations": [_invocation(report)],
        "columnKind": "utf16CodeUnits",
    }
    stream.write(f'{{"$schema": {_dumped(SCHEMA)}, "version": "2.1.0", "runs": [{{\n')
    for name, value in run.items():
        stream.write(f"{_dumped(name)}: {_dumped(value)},\n")
    stream.write('"results": [')
    separator = "\n"
    for finding in report.findings:
        identity = _rule_id(finding)
        stream.write(f"{separator}{_dumped(_result(finding, identity, numbers[identity]))}")
        separator = ",\n"
    stream.write("\n]}]}\n")


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rules(report: Report) -> dict[str, dict[str, Any]]:
    """A rule for each policy that found something, by its id, in the order of the results."""
    rules: dict[str, dict[str, Any]] = {}
    for finding in report.findings:
        identity = _rule_id(finding)
        if identity not in rules:
            rules[identity] = _rule(identity, finding)
    return rules


def _driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    from importlib import metadata

    return {
        "name": "policy-portal",
        "version": metadata.version("policy-portal"),
        "rules": rules,
    }


def _rule_id(finding: Finding) -> str:
    """The definition's name, which stays when assignments come and go; else the constraint's."""
    definition = finding.origin.definition_id.rpartition("/")[2]
    return definition or f"{finding.constraint_kind}/{finding.constraint}"


def _rule(identity: str, finding: Finding) -> dict[str, Any]:
    origin = finding.origin
    title = origin.display_name or finding.constraint
    properties = {"tags": ["kubernetes", "policy"], "constraintKind": finding.constraint_kind}
    if origin.definition_id:
        properties |= {
            "definitionId": origin.definition_id,
            "definitionVersion": origin.definition_version,
        }
        described = f"{title} (Azure Policy, version {origin.definition_version})"
        helped = f"The rule as Rego: policy-portal export {identity}"
    else:
        described = f"{title} ({finding.constraint_kind}, a constraint of Gatekeeper)"
        helped = f"See the {finding.constraint_kind} named {finding.constraint}, and its template."
    return {
        "id": identity,
        "shortDescription": {"text": title},
        "fullDescription": {"text": described},
        "help": {"text": helped},
        "defaultConfiguration": {"level": LEVELS[finding.action]},
        "properties": properties,
    }


def _result(finding: Finding, identity: str, number: int) -> dict[str, Any]:
    row = json_result(finding)
    subject = finding.subject
    location: dict[str, Any] = {
        "physicalLocation": _place(subject.file, finding.line),
        "logicalLocations": [
            {"fullyQualifiedName": f"{subject.label}: {finding.path}".removesuffix(": ")}
        ],
    }
    kept = ("file", "line", "message")
    return {
        "ruleId": identity,
        "ruleIndex": number,
        "level": LEVELS[finding.action],
        "message": {"text": finding.message or finding.constraint},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(finding, identity)},
        "properties": {name: value for name, value in row.items() if name not in kept},
    }


def _fingerprint(finding: Finding, identity: str) -> str:
    """The same for a violation after lines were added above it; ``:1`` as code scanning counts."""
    subject = finding.subject
    parts = (identity, subject.file, subject.label, finding.message)
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()[:32] + ":1"


def _place(file: str, line: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if line:
        place["region"] = {"startLine": line}
    return place


def _uri(file: str) -> str:
    if file == STDIN_NAME:
        return "stdin"
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), errors="replace")


def _invocation(report: Report) -> dict[str, Any]:
    code = report.exit_code
    return {
        "executionSuccessful": not report.troubles,
        "exitCode": code,
        "toolExecutionNotifications": [_notification(one) for one in report.troubles],
    }


def _notification(trouble: Trouble) -> dict[str, Any]:
    notification: dict[str, Any] = {
        "level": "error",
        "message": {"text": str(trouble)},
        "descriptor": {"id": trouble.kind},
    }
    if trouble.line:
        notification["locations"] = [{"physicalLocation": _place(trouble.source, trouble.line)}]
    return notification
