"""A cluster's events, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from policy_app import wall_clock
from policy_app.apimachinery.durations import age
from policy_app.apimachinery.objects import moment
from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import page_of
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest
from policy_app.models import KubeObject
from policy_app.services.cluster import survey

_TYPES = [("Warning", "Warning"), ("Normal", "Normal")]


@dataclass(frozen=True, slots=True)
class Row:
    """An event as the grid shows it."""

    type: str
    reason: str
    about: str
    url: str
    """Of the object that it is about; empty where that is gone, or was never stored."""
    namespace: str
    message: str
    count: int
    age: str
    last: datetime | None


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&type=&namespace=&page=``, and ``follow=1`` to see new ones as they come."""
    names = survey.namespaces(subject.cluster).order_by("name").values_list("name", flat=True)
    narrowed = filters.read(
        request,
        "Search by reason, object or message",
        Select("type", "Type", "All", _TYPES),
        filters.namespaces(request, names),
    )
    page = page_of(request, _matching(survey.events(subject.cluster), narrowed))
    return {
        "bar": narrowed,
        "page": page,
        "thing": "event",
        "can_follow": True,
        "follow": asked(request, "follow") == "1",
        "rows": rows(subject, [one.body for one in page.object_list]),
    }


def rows(subject: Subject, events: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Events as a grid shows them."""
    uids = [_reference(one).get("uid", "") for one in events]
    there = survey.still_there(subject.cluster, uids)
    urls = {uid: subject.row_url(row) for uid, row in there.items()}
    return [_row(one, urls.get(uid, "")) for one, uid in zip(events, uids, strict=True)]


def _matching(
    found: QuerySet[KubeObject], narrowed: filters.Filters
) -> QuerySet[KubeObject] | list[KubeObject]:
    """Type and text stand inside the objects, and are looked for there."""
    if narrowed.chosen("namespace"):
        found = found.filter(namespace=narrowed.chosen("namespace"))
    type_, words = narrowed.chosen("type"), [word.lower() for word in narrowed.words]
    if not (type_ or words):
        return found
    return [
        one
        for one in found.iterator(chunk_size=500)
        if (not type_ or one.body.get("type") == type_)
        and all(word in _text(one.body) for word in words)
    ]


def _text(event: Mapping[str, Any]) -> str:
    return " ".join((str(event.get("reason")), _about(event), str(event.get("message")))).lower()


def _about(event: Mapping[str, Any]) -> str:
    about = _reference(event)
    return f"{about.get('kind')}/{about.get('name')}"


def _reference(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return event.get("involvedObject") or {}


def _row(event: Mapping[str, Any], url: str) -> Row:
    last = event.get("lastTimestamp") or event.get("eventTime")
    last = last or event["metadata"].get("creationTimestamp")
    return Row(
        type=str(event.get("type", "")),
        reason=str(event.get("reason", "")),
        about=_about(event),
        url=url,
        namespace=str(event["metadata"].get("namespace", "")),
        message=str(event.get("message", "")),
        count=int(event.get("count") or 1),
        age=age(last, wall_clock.now()),
        last=moment(last),
    )
