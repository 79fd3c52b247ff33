"""Every object of a cluster, by kind and namespace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from policy_app.apimachinery.objects import metadata_of, moment
from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.pages import PortalRequest
from policy_app.models import KubeObject
from policy_app.services.cluster import survey

COLUMNS = (
    Column("name", "Name", ("name", "namespace", "plural"), "col-name"),
    Column("kind", "Kind", ("plural", "namespace", "name")),
    Column("namespace", "Namespace", ("namespace", "name", "plural")),
    Column("version", "API version", ("group", "plural", "name"), "col-optional"),
    Column("created", "Created"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An object as the grid shows it."""

    name: str
    url: str
    kind: str
    namespace: str
    version: str
    created: datetime | None


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&resource=&namespace=&sort=&page=``; a resource is ``deployments.apps``."""
    names = survey.namespaces(subject.cluster).order_by("name").values_list("name", flat=True)
    resources = survey.resources(subject.cluster)
    options = [(key, f"{key} ({count})") for key, (_, _, count) in resources.items()]
    narrowed = filters.read(
        request,
        "Search by name or namespace",
        Select("resource", "Resource", "All", options),
        filters.namespaces(request, names),
    )
    sorting = Sorting.of(request, COLUMNS)
    found = survey.objects(subject.cluster).filter(narrowed.matching("name", "namespace"))
    if narrowed.chosen("resource"):
        group, plural, _ = resources[narrowed.chosen("resource")]
        found = found.filter(group=group, plural=plural)
    if narrowed.chosen("namespace"):
        found = found.filter(namespace=narrowed.chosen("namespace"))
    page = page_of(request, sorting.apply(found))
    return {
        "bar": narrowed,
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "thing": "object",
        "rows": [_row(subject, one) for one in page.object_list],
    }


def _row(subject: Subject, one: KubeObject) -> Row:
    return Row(
        name=one.name,
        url=subject.row_url(one),
        kind=str(one.body.get("kind")),
        namespace=one.namespace,
        version=str(one.body.get("apiVersion")),
        created=moment(metadata_of(one.body).get("creationTimestamp")),
    )
