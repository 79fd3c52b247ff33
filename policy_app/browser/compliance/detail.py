"""What became of one assignment, and of one policy of it: the pages with their tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.compliance import (
    attested,
    denials,
    filtering,
    links_to,
    places,
    rows,
    states,
)
from policy_app.browser.compliance.exempting import exempting
from policy_app.browser.compliance.framing import frame
from policy_app.browser.compliance.places import Place
from policy_app.browser.grids import PART, page_of
from policy_app.browser.inputs import asked
from policy_app.browser.pages import (
    Crumb,
    Fact,
    PortalRequest,
    Tab,
    TabPage,
    portal_page,
    render_page,
)
from policy_app.models import Assignment, ComplianceState, PolicyState
from policy_app.services import authorization
from policy_app.services.authorization import actions
from policy_app.services.compliance import manual, pages, records
from policy_app.services.compliance.manual import Verdict
from policy_app.services.errors import NotFound

_GRID = "results"
_FILTERS = ("state", "action", "namespace", "kind")


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about, and the filters that choose it."""

    place: Place
    chosen: records.Filters
    states: list[PolicyState]
    query: Mapping[str, str]
    """What an address says to come here."""
    name: str
    """``assignment`` or ``policy``."""
    attested: Sequence[Verdict] = ()
    """What manual policies of it have come to."""

    @property
    def path(self) -> str:
        """The address without its query."""
        return reverse(f"compliance-{self.name}")

    def url(self, tab: str) -> str:
        """The address of a tab."""
        chosen = {"cluster": self.place.chosen.name if self.place.chosen else ""}
        return links_to.address(self.path, **{**self.query, **chosen, "tab": tab})


Context = Callable[[PortalRequest, Subject], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    label: str
    context: Context
    template: str


@portal_page()
def assignment(request: PortalRequest) -> HttpResponse:
    """``?id=&tab=&cluster=`` and the filters of the tab."""
    arm_id, place = asked(request, "id"), places.read(request)
    chosen = records.Filters(assignment=arm_id)
    found = list(records.policies(place.fleet, chosen)) if arm_id else []
    row = pages.assignment_names([arm_id], place.by).get(arm_id.lower())
    said = place.attested_under(arm_id)
    if not found and not said and not _may_read(row, place):
        raise _unknown("assignment", arm_id)
    about = Subject(place, chosen, found, {"id": arm_id}, "assignment", said)
    name = str(row) if row is not None else pages.gone(arm_id, place.by)
    crumb = Crumb("Compliance", links_to.listing())
    context = {
        "title": name,
        "kind": "Compliance of an assignment",
        "crumbs": [Crumb("Policy", "/"), crumb, Crumb(name)],
        "facts": _assignment_facts(about, arm_id, stored=row is not None),
        "definition_url": links.assignment_by_id(arm_id) if row is not None else "",
        "definition_label": "View assignment",
    }
    return _page(request, about, _kinds(about), context)


@portal_page()
def policy(request: PortalRequest) -> HttpResponse:
    """``?assignment=&definition=&reference=&tab=&cluster=`` and the filters of the tab."""
    names = ("assignment", "definition", "reference")
    query = {name: asked(request, name) for name in names}
    place = places.read(request)
    found = [
        one for one in pages.policy_states(*query.values()) if one.cluster_id in place.fleet.keys
    ]
    chosen = records.Filters(
        assignment=query["assignment"],
        definition=query["definition"],
        reference_id=query["reference"],
    )
    said = manual.narrowed(place.attested_under(query["assignment"]), chosen)
    if not found and not said:
        raise _unknown("policy", query["definition"])
    about = Subject(place, chosen, found, query, "policy", said)
    first = found[0] if found else manual.as_state(said[0])
    above = _way(first)
    name = first.display_name or first.definition_arm_id.rpartition("/")[2]
    context = {
        "title": name,
        "kind": "Compliance of a policy",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Compliance", links_to.listing()),
            Crumb(_assignment_name(first, place), above),
            Crumb(name),
        ],
        "facts": _policy_facts(about, first) if found else attested.facts(said),
        "definition_url": links.definition_by_id(first.definition_arm_id),
        "definition_label": "View definition",
        "problems": [one for one in found if one.reason],
    }
    kinds = (_COMPONENTS, _CLUSTERS, _EVENTS, _HISTORY) if found else (_ATTESTED,)
    return _page(request, about, kinds, context)


def _kinds(about: Subject) -> tuple[_Kind, ...]:
    """The tabs of an assignment; what people attest comes first where nothing else is judged."""
    audited = (_COMPONENTS, _EVENTS, _HISTORY)
    if not about.attested:
        return (_POLICIES, *audited)
    return (_POLICIES, _ATTESTED, *audited) if about.states else (_ATTESTED, _POLICIES, *audited)


def _page(
    request: PortalRequest, about: Subject, kinds: tuple[_Kind, ...], context: dict[str, Any]
) -> HttpResponse:
    wanted = asked(request, "tab")
    current = next((one for one in kinds if one.name == wanted), kinds[0])
    shown = TabPage(
        [Tab(one.label, about.url(one.name), one is current) for one in kinds],
        current.template,
        current.context(request, about),
    )
    context |= {
        "tab": current.name,
        "tab_url": about.path,
        "hidden": about.query,
        "tabs": shown.tabs,
        "panel": "compliance/_filtered.html",
        "place": about.place,
        "page_name": about.name,
        "clear_url": about.url(current.name),
    }
    context = {"grid": shown.template, **shown.context, **context}
    part = PART if request.htmx.target == _GRID else "compliance/_tabs.html"
    return render_page(request, "compliance/detail.html", context, part=part)


def _components(request: PortalRequest, about: Subject) -> dict[str, Any]:
    bar = filtering.read(request, about.place, _FILTERS, filtering.RESOURCE_STATES)
    filters = filtering.narrowed(about.chosen, bar.filters)
    names = about.place.names
    if filters.state == ComplianceState.COMPLIANT:
        page = page_of(request, records.compliant(about.place.fleet, filters))
        shown: list[Any] = [rows.component(one, names) for one in page.object_list]
        grid = "compliance/_resources.html"
        return _grid(request, bar, page, shown, "component", grid=grid)
    cut = records.cut(records.components(about.place.fleet, filters))
    page = page_of(request, cut.rows)
    faults = list(page.object_list)
    ways = exempting([(one.policy, one.cluster.scope) for one in faults], request.principal)
    shown = [rows.fault(one, names, way) for one, way in zip(faults, ways, strict=True)]
    return _grid(request, bar, page, shown, "component", cut=cut if cut.is_cut else None)


def _policies(request: PortalRequest, about: Subject) -> dict[str, Any]:
    options = [("", "All"), *((str(one.value), str(one.label)) for one in ComplianceState)]
    bar = filtering.read(request, about.place, ("state", "action"), options)
    filters = filtering.narrowed(about.chosen, bar.filters)
    page = page_of(request, records.policies(about.place.fleet, filters))
    policies = list(page.object_list)
    ways = exempting([(one, one.cluster.scope) for one in policies], request.principal)
    shown = [
        rows.policy(one, about.place.names, way) for one, way in zip(policies, ways, strict=True)
    ]
    return _grid(request, bar, page, shown, "policy")


def _attested(request: PortalRequest, about: Subject) -> dict[str, Any]:
    return attested.grid(request, about.place, about.chosen, about.attested)


def _events(request: PortalRequest, about: Subject) -> dict[str, Any]:
    bar = filtering.read(request, about.place, ("namespace",), ())
    constraints = sorted({one.constraint_name for one in about.states if one.constraint_name})
    found = denials.narrowed(pages.refusals(about.place.fleet), bar.filters)
    page = page_of(request, found.filter(pages.of_constraints(constraints)))
    shown = denials.rows_of(about.place, list(page.object_list))
    return _grid(request, bar, page, shown, "denied request")


def _history(request: PortalRequest, about: Subject) -> dict[str, Any]:
    bar = filtering.read(request, about.place, ("namespace", "kind"), ())
    filters = filtering.narrowed(about.chosen, bar.filters)
    page = page_of(request, records.events(about.place.fleet, filters))
    shown = [rows.event(one, about.place.names) for one in page.object_list]
    return _grid(request, bar, page, shown, "change")


def _grid(
    request: PortalRequest,
    bar: filtering.Bar,
    page: Any,
    shown: list[Any],
    thing: str,
    **more: Any,
) -> dict[str, Any]:
    return {"bar": bar, "rows": shown, **frame(request, "", page, thing), **more}


def _assignment_facts(about: Subject, arm_id: str, *, stored: bool) -> list[Fact]:
    every = records.assignments(about.place.fleet, about.chosen, about.attested)
    told = next(iter(every), None)
    facts = [Fact("State", "Not audited yet")]
    if told is not None:
        facts = _summary_facts(told, "resource" if about.attested else "cluster")
    denying = sum(one.action == "deny" for one in about.states)
    facts.append(Fact("Policies that deny", denying))
    if not stored:
        why = "deleted" if about.place.by.is_owner else "deleted, or not shown to you"
        facts.append(Fact("Assignment", f"It is {why}; what became of it is kept."))
    return [*facts, Fact("Assignment ID", arm_id, code=True, copy=True, wide=True)]


def _summary_facts(told: records.AssignmentSummary, thing: str) -> list[Fact]:
    bad = told.clusters.get(ComplianceState.NON_COMPLIANT, 0)
    count = sum(told.clusters.values())
    every = f"{count} {thing}" if count == 1 else f"{count} {thing}s"
    return [
        Fact("State", states.look(told.state).label),
        Fact("Resource compliance", f"{states.share(told.percentage)} of {every}"),
        Fact("Non-compliant resources", f"{bad} of {every}"),
        Fact("Non-compliant policies", f"{told.non_compliant_policies} of {told.policies}"),
        Fact("Non-compliant components", f"{told.non_compliant} of {told.components} verdicts"),
    ]


def _policy_facts(about: Subject, first: PolicyState) -> list[Fact]:
    bad = sum(one.non_compliant for one in about.states)
    good = sum(one.compliant for one in about.states)
    worst = min(about.states, key=lambda one: (one.state == ComplianceState.COMPLIANT, -one.pk))
    facts = [
        Fact("State", states.look(worst.state).label),
        Fact("Assignment", _assignment_name(first, about.place), _way(first)),
        Fact("Non-compliant components", f"{bad} of {bad + good}"),
        Fact("Effect", f"{first.effect or 'None'} ({states.action(first.action).label})"),
        Fact("Definition version", first.definition_version or "Unknown"),
        Fact("Since", f"{worst.since:%Y-%m-%d %H:%M} UTC"),
    ]
    if first.reference_id:
        facts.append(Fact("Reference ID", first.reference_id))
    if first.constraint_name:
        facts.append(Fact("Constraint", first.constraint_name, code=True, copy=True, wide=True))
    return facts


def _way(one: PolicyState) -> str:
    return links_to.assignment(one.assignment_arm_id)


def _may_read(row: Assignment | None, place: Place) -> bool:
    return row is not None and authorization.may(place.by, actions.SEE_ASSIGNMENTS, row.scope)


def _assignment_name(one: PolicyState, place: Place) -> str:
    row = pages.assignment_names([one.assignment_arm_id], place.by).get(one.assignment_key)
    return str(row) if row is not None else pages.gone(one.assignment_arm_id, place.by)


def _unknown(thing: str, name: str) -> NotFound:
    return NotFound(
        "ResourceNotFound",
        f"Nothing is known of the {thing} {name!r} that you may see. It may not have been audited"
        " yet; the Compliance page lists what was.",
        target=thing,
    )


_POLICIES = _Kind("policies", "Policies", _policies, "compliance/_policies.html")
_ATTESTED = _Kind("attested", "Manual policies", _attested, "compliance/_attested.html")
_COMPONENTS = _Kind(
    "components", "Component compliance", _components, "compliance/_components.html"
)
_CLUSTERS = _Kind("clusters", "Clusters", _policies, "compliance/_policies.html")
_EVENTS = _Kind("events", "Events", _events, "compliance/_denied_rows.html")
_HISTORY = _Kind("history", "Change history", _history, "compliance/_history.html")
