"""The requests that a cluster's policies denied: who, when, what, and why."""

from __future__ import annotations

from typing import Any

from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import page_of
from policy_app.browser.pages import PortalRequest
from policy_app.models import Refusal
from policy_app.services.cluster import survey

_FIELDS = ("kind", "name", "namespace", "username", "message")


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&namespace=&door=&page=``."""
    names = survey.namespaces(subject.cluster).order_by("name").values_list("name", flat=True)
    narrowed = filters.read(
        request,
        "Search by object, user or message",
        filters.namespaces(request, names),
        Select("door", "Asked by", "All", Refusal.Door.choices),
    )
    found = survey.refusals(subject.cluster).filter(narrowed.matching(*_FIELDS))
    for name in ("namespace", "door"):
        if narrowed.chosen(name):
            found = found.filter(**{name: narrowed.chosen(name)})
    page = page_of(request, found)
    return {
        "bar": narrowed,
        "page": page,
        "thing": "denied request",
        "rows": list(page.object_list),
        "constraints_url": subject.url("policies", type="constraints"),
    }
