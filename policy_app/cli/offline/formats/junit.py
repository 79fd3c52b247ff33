"""For build servers: JUnit's XML, a suite a file and a test case an object.

There is no standard for it: what is written fits the schemas that build servers publish, which know
no ``file`` and ``line`` of a case.  Those stand in the texts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import groupby
from typing import TextIO

from policy_app.cli.offline.errors import Trouble
from policy_app.cli.offline.report import Finding, Judged, Report

# What XML 1.0 cannot hold, even escaped.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, stream: TextIO) -> None:
    """Write one ``testsuites``; violations that fail nothing are in ``system-out``."""
    tests = report.objects + len(report.troubles)
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(f'<testsuites name="policy-portal test"{_counts(tests, report)}>\n')
    for file, judged in groupby(report.judged, key=lambda each: each.subject.file):
        _suite(report, file, list(judged), stream)
    if report.troubles:
        _errors(report.troubles, stream)
    stream.write("</testsuites>\n")


def _counts(tests: int, report: Report) -> str:
    return f' tests="{tests}" failures="{report.failed}" errors="{len(report.troubles)}"'


def _suite(report: Report, file: str, judged: Sequence[Judged], stream: TextIO) -> None:
    failures = sum(any(map(report.fails, each.findings)) for each in judged)
    stream.write(
        f'  <testsuite name="{_escaped(file)}" tests="{len(judged)}" failures="{failures}"'
        ' errors="0" skipped="0">\n'
    )
    for each in judged:
        _case(report, each, stream)
    stream.write("  </testsuite>\n")


def _case(report: Report, judged: Judged, stream: TextIO) -> None:
    subject = judged.subject
    failing = [one for one in judged.findings if report.fails(one)]
    others = [one for one in judged.findings if not report.fails(one)]
    stream.write(
        f'    <testcase classname="{_escaped(subject.file)}" name="{_escaped(subject.label)}"'
    )
    if not judged.findings:
        stream.write("/>\n")
        return
    stream.write(">\n")
    if failing:
        stream.write(
            f'      <failure type="{failing[0].action}" message="{_escaped(failing[0].message)}">'
            f"{_text(failing)}</failure>\n"
        )
    if others:
        stream.write(f"      <system-out>{_text(others)}</system-out>\n")
    stream.write("    </testcase>\n")


def _errors(troubles: Sequence[Trouble], stream: TextIO) -> None:
    count = len(troubles)
    stream.write(
        f'  <testsuite name="errors" tests="{count}" failures="0" errors="{count}" skipped="0">\n'
    )
    for trouble in troubles:
        stream.write(
            f'    <testcase classname="errors" name="{_escaped(trouble.source)}">\n'
            f'      <error type="{trouble.kind}" message="{_escaped(trouble.message)}">'
            f"{_escaped(str(trouble))}</error>\n"
            "    </testcase>\n"
        )
    stream.write("  </testsuite>\n")


def _text(findings: Sequence[Finding]) -> str:
    return "\n".join(
        _escaped(f"{one.subject.file}:{one.line}: {one.action}: [{one.constraint}] {one.message}")
        for one in findings
    )


def _escaped(text: str) -> str:
    return html.escape(_FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
