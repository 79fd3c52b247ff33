"""The activity log: who did what, with filters in the address, and the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path, reverse

from policy_app import wall_clock
from policy_app.browser.grids import page_of
from policy_app.browser.highlighting import json_lines
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, Fact, PortalRequest, portal_page, render_page
from policy_app.models import ActivityEntry
from policy_app.services import activity as service
from policy_app.services.errors import NotFound, PolicyError

_HOME = [Crumb("Policy", "/")]
_SPANS = (("1", "Last day"), ("7", "Last 7 days"), ("30", "Last 30 days"))
_DOORS = ("browser", "rest", "kubernetes", "admin", "cli", "system")
_COLUMNS = (
    *("at", "operation", "resource_id", "caller", "caller_id", "caller_kind", "door", "address"),
    *("outcome", "message", "request_id", "before", "after"),
)
_FILTERS = ("span", "from", "to", "operation", "resource", "caller", "outcome", "door")


@portal_page()
def log(request: PortalRequest) -> HttpResponse:
    """``?span=&from=&to=&operation=&resource=&caller=&outcome=&door=&page=``."""
    chosen = _chosen(request)
    found = _filtered(request, chosen)
    page = page_of(request, found.defer("before", "after"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "title": "Activity log",
        "crumbs": [*_HOME, Crumb("Activity log")],
        "chosen": chosen,
        "narrow": any(chosen.values()),
        "spans": _SPANS,
        "outcomes": ActivityEntry.Outcome.choices,
        "doors": _DOORS,
        "page": page,
        "grid": "activity/_grid.html",
        "thing": "entry",
        "rows": list(page.object_list),
        "csv_url": f"{reverse('activity-export', args=['csv'])}?{query.urlencode()}",
        "json_url": f"{reverse('activity-export', args=['json'])}?{query.urlencode()}",
    }
    return render_page(request, "activity/list.html", context, part="activity/_part.html")


@portal_page()
def entry(request: PortalRequest, event_id: Any) -> HttpResponse:
    """One entry, with what was before and after."""
    row = service.entries(request.principal).filter(event_id=event_id).first()
    if row is None:
        raise NotFound("NotFound", "There is no such entry in the activity log.")
    context = {
        "title": row.operation,
        "subtitle": "Activity log",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Activity log", reverse("activity")),
            Crumb("Entry"),
        ],
        "entry": row,
        "facts": _facts(row),
        "before": json_lines(row.before) if row.before is not None else None,
        "after": json_lines(row.after) if row.after is not None else None,
    }
    return render_page(request, "activity/entry.html", context)


@portal_page()
def export(request: PortalRequest, form: str) -> HttpResponse:
    """Exactly what is filtered, as a file; read row by row, however much there is."""
    found = _filtered(request, _chosen(request))
    name = f"activity-{wall_clock.now():%Y-%m-%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "csv":
        return _stream(_csv(found), "text/csv", headers)
    if form == "json":
        return _stream(_json(found), "application/json", headers)
    raise NotFound("NotFound", f"'{form}' is no format of the log: it has csv and json.")


def _facts(row: ActivityEntry) -> list[Fact]:
    return [
        Fact("When", f"{row.at:%Y-%m-%d %H:%M:%S} UTC"),
        Fact("Outcome", row.get_outcome_display()),
        Fact("Caller", f"{row.caller} ({row.caller_kind})" if row.caller_kind else row.caller),
        Fact("From", f"{row.door}, {row.address}" if row.address else row.door),
        Fact("Object ID", row.caller_id or "None", code=True),
        Fact("Request ID", row.request_id or "None", code=True),
        Fact("Resource ID", row.resource_id or "None", code=True, wide=True),
    ]


def _stream(parts: Iterator[str], kind: str, headers: dict[str, str]) -> HttpResponse:
    # A page's view gives an HttpResponse; what stands around it asks no more than a stream has.
    return cast(HttpResponse, StreamingHttpResponse(parts, content_type=kind, headers=headers))


def _chosen(request: PortalRequest) -> dict[str, str]:
    return {name: asked(request, name).strip() for name in _FILTERS}


def _filtered(request: PortalRequest, chosen: dict[str, str]) -> QuerySet[ActivityEntry]:
    """The entries that the address asks for.  Raises ``PolicyError`` for a date that is none."""
    wanted = Q()
    if chosen["span"] in dict(_SPANS):
        wanted &= Q(at__gte=wall_clock.now() - timedelta(days=int(chosen["span"])))
    if chosen["from"]:
        wanted &= Q(at__gte=_midnight(chosen["from"], "from"))
    if chosen["to"]:
        wanted &= Q(at__lt=_midnight(chosen["to"], "to") + timedelta(days=1))
    if chosen["operation"]:
        wanted &= Q(operation__icontains=chosen["operation"])
    if chosen["resource"]:
        wanted &= Q(resource_key__contains=chosen["resource"].lower())
    if chosen["caller"]:
        wanted &= Q(caller__iexact=chosen["caller"]) | Q(caller_id=chosen["caller"].lower())
    if chosen["outcome"] in ActivityEntry.Outcome.values:
        wanted &= Q(outcome=chosen["outcome"])
    if chosen["door"] in _DOORS:
        wanted &= Q(door=chosen["door"])
    return service.entries(request.principal).filter(wanted)


def _midnight(text: str, name: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time.min, UTC)
    except ValueError:
        raise PolicyError(
            "InvalidDate", f"'{name}' is '{text}'; write a day as 2026-11-22.", target=name
        ) from None


def _csv(rows: QuerySet[ActivityEntry]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for row in rows.iterator(chunk_size=500):
        values = _values(row)
        yield _line([_cell(values[name]) for name in _COLUMNS])


def _json(rows: QuerySet[ActivityEntry]) -> Iterator[str]:
    yield "["
    separator = "\n"
    for row in rows.iterator(chunk_size=500):
        yield separator + json.dumps(_values(row), ensure_ascii=False)
        separator = ",\n"
    yield "\n]\n"


def _values(row: ActivityEntry) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS} | {"at": row.at.isoformat()}


def _cell(value: Any) -> str:
    """A spreadsheet takes some texts for formulas; a quote in front keeps it from that."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _line(values: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


urlpatterns = [
    path("activity", log, name="activity"),
    path("activity/<uuid:event_id>", entry, name="activity-entry"),
    path("activity/export.<str:form>", export, name="activity-export"),
]
