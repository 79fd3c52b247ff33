"""Exports of exactly what is filtered: CSV, JSON and a report to print, sent as they are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join

from policy_app import wall_clock
from policy_app.apimachinery.objects import timestamp
from policy_app.browser.compliance import tables
from policy_app.browser.compliance.tables import Table
from policy_app.browser.inputs import address
from policy_app.browser.pages import PortalRequest, portal_page
from policy_app.services.errors import PolicyError

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_NO_FILTERS = frozenset({"of", "page", "tab", "sort"})


@portal_page()
def export(request: PortalRequest, form: str) -> HttpResponse:
    """``csv``, ``json`` or ``html``; the rest of the address is the page's own."""
    made = {"csv": _csv, "json": _json, "html": _html}.get(form)
    if made is None:
        raise PolicyError(
            "InvalidFormat",
            f"There is no export as {form!r}: choose csv, json or html.",
            target="format",
            status=404,
        )
    table = tables.of(request)
    return made(request, table)  # type: ignore[return-value]  # streams are answers, too


def _csv(request: PortalRequest, table: Table) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        # Excel takes a file for UTF-8 only with this mark.
        yield "\ufeff" + _line(table.columns)
        for row in table.rows:
            yield _line([safe(one) for one in _absolute(request, table, row)])

    return _stream(lines(), "text/csv; charset=utf-8", f"{_file(table)}.csv")


def _json(request: PortalRequest, table: Table) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        head = {
            "title": table.title,
            "generatedAt": timestamp(wall_clock.now()),
            "filters": _filters(request),
            "total": table.total,
            "totalOf": table.thing,
        }
        yield json.dumps(head)[:-1] + ', "rows": ['
        for number, row in enumerate(table.rows):
            named = dict(zip(table.columns, _absolute(request, table, row), strict=True))
            yield ("," if number else "") + "\n" + json.dumps(named, default=_plain)
        yield "\n]}\n"

    return _stream(parts(), "application/json", f"{_file(table)}.json")


def _html(request: PortalRequest, table: Table) -> StreamingHttpResponse:
    context = {"table": table, "filters": _filters(request), "now": wall_clock.now()}

    def parts() -> Iterator[str]:
        yield render_to_string("compliance/report_head.html", context, request)
        for row in table.rows:
            yield _html_row(table, _absolute(request, table, row))
        yield render_to_string("compliance/report_tail.html", context)

    return StreamingHttpResponse(parts(), content_type="text/html; charset=utf-8")


def _html_row(table: Table, row: Sequence[Any]) -> str:
    cells = format_html_join("", "<td>{}</td>", ((_plain(one),) for one in row[:-1]))
    return format_html('<tr>{}<td><a href="{}">Open</a></td></tr>\n', cells, row[-1])


def safe(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula.

    Source: OWASP, "CSV injection": what begins with one of these signs is run when it is opened.
    """
    text = str(_plain(value))
    return (
        f"'{text}" if text.startswith(_FORMULAS) and not isinstance(value, (int, float)) else text
    )


def _absolute(request: PortalRequest, table: Table, row: Sequence[Any]) -> Sequence[Any]:
    """The row with an address that can be opened from elsewhere; it is the last column."""
    return [*row[:-1], request.build_absolute_uri(str(row[-1]))]


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return timestamp(value)
    return value.isoformat() if isinstance(value, date) else value


def _line(row: Sequence[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(row)
    return buffer.getvalue()


def _filters(request: PortalRequest) -> dict[str, str]:
    given = address(request).dict()
    return {name: str(value) for name, value in given.items() if value and name not in _NO_FILTERS}


def _file(table: Table) -> str:
    day = wall_clock.now().date().isoformat()
    return f"{table.title.lower().replace(' ', '-')}-{day}"


def _stream(parts: Iterator[str], kind: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(parts, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
