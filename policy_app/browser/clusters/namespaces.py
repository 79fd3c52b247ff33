"""A cluster's namespaces, with how much is in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery.objects import is_going, moment
from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.pages import PortalRequest
from policy_app.models import KubeObject
from policy_app.services.cluster import survey

COLUMNS = (
    Column("name", "Name", ("name",), "col-name"),
    Column("status", "Status"),
    Column("workloads", "Workloads", css="number"),
    Column("pods", "Pods", css="number"),
    Column("denied", "Denied requests", css="number"),
    Column("created", "Created", css="col-optional"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A namespace as the grid shows it."""

    name: str
    url: str
    workloads_url: str
    denied_url: str
    going: bool
    counts: survey.Counts
    created: Any


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&sort=&page=``."""
    narrowed = filters.read(request, "Search by name")
    sorting = Sorting.of(request, COLUMNS)
    found = survey.namespaces(subject.cluster).filter(narrowed.matching("name"))
    page = page_of(request, sorting.apply(found))
    shown = list(page.object_list)
    counts = survey.counts_by_namespace(subject.cluster, [one.name for one in shown])
    return {
        "bar": narrowed,
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "thing": "namespace",
        "rows": [_row(subject, one, counts[one.name]) for one in shown],
    }


def _row(subject: Subject, one: KubeObject, counts: survey.Counts) -> Row:
    return Row(
        name=one.name,
        url=subject.row_url(one),
        workloads_url=subject.url("workloads", namespace=one.name),
        denied_url=subject.url("denied", namespace=one.name),
        going=is_going(one.body),
        counts=counts,
        created=moment(one.body["metadata"].get("creationTimestamp")),
    )
