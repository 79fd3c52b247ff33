"""A cluster's workloads: how they stand, and what its policies say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app import wall_clock
from policy_app.apimachinery import tables
from policy_app.apimachinery.kinds import Kinds
from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.pages import PortalRequest
from policy_app.models import KubeObject
from policy_app.services.cluster import addon, kinds, survey

COLUMNS = (
    Column("name", "Name", ("name", "namespace", "plural"), "col-name"),
    Column("kind", "Kind", ("plural", "namespace", "name")),
    Column("namespace", "Namespace", ("namespace", "name", "plural")),
    Column("ready", "Ready"),
    Column("status", "Status"),
    Column("policy", "Policy", css="cluster-policy"),
    Column("age", "Age", css="col-optional"),
)
_GOOD = frozenset({"Running", "Ready", "Complete", "Scheduled", "Completed"})
_BAD = frozenset({"Failed", "Error", "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull"})


@dataclass(frozen=True, slots=True)
class Row:
    """A workload as the grid shows it."""

    name: str
    kind: str
    namespace: str
    url: str
    ready: str
    status: str
    tone: str
    admission: survey.Admission
    age: str


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&kind=&namespace=&sort=&page=``."""
    addon.audit(subject.cluster)
    names = survey.namespaces(subject.cluster).order_by("name").values_list("name", flat=True)
    narrowed = filters.read(
        request,
        "Search by name or namespace",
        Select("kind", "Kind", "All", [(kind, kind) for kind in survey.WORKLOADS]),
        filters.namespaces(request, names),
    )
    sorting = Sorting.of(request, COLUMNS)
    found = survey.workloads(subject.cluster).filter(narrowed.matching("name", "namespace"))
    if narrowed.chosen("kind"):
        found = found.filter(plural=survey.WORKLOADS[narrowed.chosen("kind")][1])
    if narrowed.chosen("namespace"):
        found = found.filter(namespace=narrowed.chosen("namespace"))
    page = page_of(request, sorting.apply(found))
    shown = list(page.object_list)
    admissions = survey.admissions(subject.cluster, shown)
    served = kinds.builtins_of(subject.cluster)
    return {
        "bar": narrowed,
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "thing": "workload",
        "rows": [_row(subject, served, one, admissions[one.pk]) for one in shown],
    }


def _row(subject: Subject, served: Kinds, one: KubeObject, admission: survey.Admission) -> Row:
    cells = _cells(served, one)
    status = _status(one, cells)
    return Row(
        name=one.name,
        kind=str(one.body.get("kind")),
        namespace=one.namespace,
        url=subject.row_url(one),
        ready=_ready(cells),
        status=status,
        tone=_tone(status),
        admission=admission,
        age=str(cells.get("Age", "")),
    )


def _cells(served: Kinds, one: KubeObject) -> Mapping[str, Any]:
    """What ``kubectl get`` prints of it, by column."""
    kind = served.stored_as(one.group, one.plural)
    if kind is None:
        return {}
    table = tables.table(kind, [one.body], include="None", now=wall_clock.now())
    names = [column["name"] for column in table["columnDefinitions"]]
    return dict(zip(names, table["rows"][0]["cells"], strict=True))


def _ready(cells: Mapping[str, Any]) -> str:
    if "Completions" in cells:
        return str(cells["Completions"])
    if "Desired" in cells:
        return f"{cells.get('Ready', 0)}/{cells['Desired']}"
    return str(cells.get("Ready", ""))


def _status(one: KubeObject, cells: Mapping[str, Any]) -> str:
    if one.body["metadata"].get("deletionTimestamp"):
        return "Terminating"
    if "Status" in cells:
        return str(cells["Status"])
    if one.plural == "cronjobs":
        return "Suspended" if cells.get("Suspend") in (True, "True") else "Scheduled"
    ready, _, wanted = _ready(cells).partition("/")
    return "Ready" if ready == wanted else "Not ready"


def _tone(status: str) -> str:
    if status in _GOOD:
        return "success"
    return "danger" if status in _BAD else "warning"
