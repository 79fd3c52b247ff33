"""Gatekeeper's objects in a cluster, and the assignments that they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery.objects import metadata_of
from policy_app.browser import links
from policy_app.browser.clusters import filters
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.filter_bars import Select
from policy_app.browser.grids import Column, Sorting, page_of
from policy_app.browser.pages import PortalRequest
from policy_app.evaluation.gatekeeper.constraints import GROUP as CONSTRAINTS
from policy_app.evaluation.gatekeeper.mutation.mutator import GROUP as MUTATORS
from policy_app.evaluation.gatekeeper.templates import GROUP as TEMPLATES
from policy_app.evaluation.language.constraints import ADDON
from policy_app.models import Assignment, KubeObject
from policy_app.services.authorization import Principal
from policy_app.services.cluster import addon, survey
from policy_app.services.compliance import pages

COLUMNS = (
    Column("name", "Name", ("name", "plural"), "col-name"),
    Column("kind", "Kind", ("group", "plural", "name")),
    Column("action", "Enforcement action"),
    Column("violations", "Violations", css="number"),
    Column("origin", "Comes from"),
)
_TYPES = {
    "templates": ("Constraint templates", (TEMPLATES,)),
    "constraints": ("Constraints", (CONSTRAINTS,)),
    "mutators": ("Mutators", (MUTATORS,)),
}
_TONES = {"deny": "danger", "warn": "warning", "dryrun": "info", "scoped": "violet"}
_ASSIGNMENT = "azure-policy-assignment-id"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object comes from: an assignment, the add-on as a whole, or someone's hand."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A policy object as the grid shows it."""

    name: str
    kind: str
    url: str
    action: str
    tone: str
    violations: int | None
    """What the last audit found; none before it, and for what is no constraint."""
    origin: Origin


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """``?search=&type=&sort=&page=``."""
    addon.audit(subject.cluster)
    types = [(name, label) for name, (label, _) in _TYPES.items()]
    narrowed = filters.read(request, "Search by name or kind", Select("type", "Type", "All", types))
    sorting = Sorting.of(request, COLUMNS)
    found = survey.policy_objects(subject.cluster).filter(narrowed.matching("name", "plural"))
    if narrowed.chosen("type"):
        found = found.filter(group__in=_TYPES[narrowed.chosen("type")][1])
    page = page_of(request, sorting.apply(found))
    shown = list(page.object_list)
    names = _assignments(shown, subject.by)
    return {
        "bar": narrowed,
        "headers": sorting.headers(request),
        "sort": sorting.value,
        "page": page,
        "thing": "policy object",
        "rows": [_row(subject, one, names) for one in shown],
        "addon_url": subject.url("addon"),
    }


def origin_of(row: KubeObject, by: Principal) -> Origin | None:
    """Where a policy object comes from; None for an object of another kind."""
    if not row.group.endswith(".gatekeeper.sh"):
        return None
    return _origin(row.body, _assignments([row], by), by)


def _row(subject: Subject, one: KubeObject, names: Mapping[str, Assignment]) -> Row:
    is_constraint = one.group == CONSTRAINTS
    spec, status = one.body.get("spec") or {}, one.body.get("status") or {}
    action = str(spec.get("enforcementAction", "deny")) if is_constraint else ""
    return Row(
        name=one.name,
        kind=str(one.body.get("kind")),
        url=subject.row_url(one),
        action=action,
        tone=_TONES.get(action, "neutral"),
        violations=status.get("totalViolations") if is_constraint else None,
        origin=_origin(one.body, names, subject.by),
    )


def _origin(body: Mapping[str, Any], names: Mapping[str, Assignment], by: Principal) -> Origin:
    arm_id = str(_annotations(body).get(_ASSIGNMENT) or "")
    if arm_id:
        row = names.get(arm_id.lower())
        if row is None:
            return Origin(pages.gone(arm_id, by))
        return Origin(str(row), links.assignment_by_id(arm_id))
    labels = metadata_of(body).get("labels") or {}
    return Origin("Azure Policy add-on" if labels.get("managed-by") == ADDON else "Applied by hand")


def _assignments(rows: Iterable[KubeObject], by: Principal) -> Mapping[str, Assignment]:
    """The assignments that objects name, by ARM id in lower case; one query."""
    wanted = {str(_annotations(row.body).get(_ASSIGNMENT) or "") for row in rows} - {""}
    return pages.assignment_names(wanted, by) if wanted else {}


def _annotations(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found = metadata_of(body).get("annotations")
    return found if isinstance(found, Mapping) else {}
