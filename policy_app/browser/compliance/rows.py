"""The rows of the compliance pages: what audits found, as the grids show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from policy_app.browser import links
from policy_app.browser.compliance import links_to, states
from policy_app.browser.compliance.exempting import Exempting
from policy_app.browser.compliance.places import Place
from policy_app.browser.looks import Badge, Look
from policy_app.browser.scope_tree import HIDDEN_ABOVE
from policy_app.models import (
    Assignment,
    ComplianceEvent,
    ComplianceState,
    Component,
    ComponentState,
    PolicyState,
)
from policy_app.services import authorization
from policy_app.services.compliance import manual, pages, records


@dataclass(frozen=True, slots=True)
class Matched:
    """An assignment, and how many verdicts the filters leave of it; None without such filters."""

    summary: records.AssignmentSummary
    matching: int | None


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """An assignment with Azure's columns."""

    name: str
    url: str
    scope: str
    is_initiative: bool
    look: Look
    share: str
    summary: records.AssignmentSummary
    bad_clusters: int
    all_clusters: int
    matching: int | None


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """A component."""

    component: Component
    cluster: str
    url: str
    look: Look
    workload: str
    """Empty where it is its own."""
    workload_url: str


@dataclass(frozen=True, slots=True)
class FaultRow:
    """What one policy finds wrong with one component."""

    state: ComponentState
    cluster: str
    url: str
    look: Look
    action: Badge
    policy_url: str
    exempting: Exempting


@dataclass(frozen=True, slots=True)
class NamespaceRow:
    """A namespace of a cluster, in numbers; the Namespace object itself is counted in it."""

    name: str
    cluster: str
    url: str
    denials_url: str
    components: int
    faulty: int
    blocked: int
    faults: int
    share: str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy in one cluster."""

    policy: PolicyState
    cluster: str
    url: str
    look: Look
    action: Badge
    definition_url: str
    exempting: Exempting | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that became something else."""

    event: ComplianceEvent
    cluster: str
    url: str
    before: Look
    after: Look


def summaries(place: Place, filters: records.Filters) -> list[Matched]:
    """The assignments that the filters leave, the worst first."""
    about_components = bool(filters.namespace or filters.kind or filters.text)
    plain = records.Filters(definition=filters.definition, action=filters.action)
    found = records.assignments(place.fleet, plain, place.attested)
    if filters.state:
        found = [one for one in found if one.state == filters.state]
    if not about_components:
        return [Matched(one, None) for one in found]
    narrowed = records.Filters(
        definition=filters.definition,
        action=filters.action,
        namespace=filters.namespace,
        kind=filters.kind,
        text=filters.text,
    )
    matching = Counter(pages.matching_by_assignment(place.fleet, narrowed))
    matching.update(one.assignment_key for one in manual.narrowed(place.attested, narrowed))
    if filters.text and not (filters.namespace or filters.kind):
        names = pages.assignment_names((one.assignment_id for one in found), place.by)
        text = filters.text.lower()
        named = {key for key, one in names.items() if text in str(one).lower()}
    else:
        named = set()
    return [
        Matched(one, matching.get(one.assignment_key, 0))
        for one in found
        if one.assignment_key in matching or one.assignment_key in named
    ]


def assignments(found: Sequence[Matched], place: Place) -> list[AssignmentRow]:
    """A page of assignments, their names read at once."""
    names = pages.assignment_names((one.summary.assignment_id for one in found), place.by)
    return [_assignment(one, names.get(one.summary.assignment_key), place) for one in found]


def _assignment(one: Matched, row: Assignment | None, place: Place) -> AssignmentRow:
    told = one.summary
    keep = {"cluster": place.chosen.name if place.chosen else ""}
    clusters = dict(told.clusters)
    return AssignmentRow(
        name=str(row) if row else pages.gone(told.assignment_id, place.by),
        url=links_to.assignment(told.assignment_id, **keep),
        scope=_scope(row, place) if row else "None",
        is_initiative=bool(told.set_definition_id),
        look=states.look(told.state),
        share=states.share(told.percentage),
        summary=told,
        bad_clusters=clusters.get(ComplianceState.NON_COMPLIANT, 0),
        all_clusters=sum(clusters.values()),
        matching=one.matching,
    )


def _scope(row: Assignment, place: Place) -> str:
    return str(row.scope) if authorization.knows(place.by, row.scope) else HIDDEN_ABOVE


def resources(place: Place, filters: records.Filters) -> QuerySet[Component]:
    """The components that the filters leave, blocking first."""
    found = records.by_resource(place.fleet, filters)
    if filters.state == ComplianceState.ERROR:
        return found.exclude(error="")
    return found


def component(one: Component, names: Mapping[int, str]) -> ComponentRow:
    """A component as the grid shows it."""
    cluster = names.get(one.cluster_id, "")
    own = (one.workload_kind, one.workload_name) in (("", ""), (one.kind, one.name))
    return ComponentRow(
        component=one,
        cluster=cluster,
        url=links_to.component(cluster, one.uid),
        look=look_of(one),
        workload="" if own else f"{one.workload_kind}/{one.workload_name}",
        workload_url=links_to.listing(
            view="resources", cluster=cluster, namespace=one.namespace, workload=one.workload_name
        ),
    )


def look_of(one: Component) -> Look:
    """A component's own state in words."""
    if state_of(one) == ComplianceState.NOT_STARTED:
        return Look("No policy looks at it", "muted", "circle-dashed")
    return states.look(state_of(one))


def state_of(one: Component) -> str:
    """A component's own state."""
    if one.non_compliant:
        return ComplianceState.NON_COMPLIANT
    if one.error:
        return ComplianceState.ERROR
    return ComplianceState.COMPLIANT if one.applied_id else ComplianceState.NOT_STARTED


def fault(one: ComponentState, names: Mapping[int, str], exempting: Exempting) -> FaultRow:
    """A verdict as the grid shows it, with the way to an exemption."""
    cluster = names.get(one.cluster_id, "")
    return FaultRow(
        state=one,
        cluster=cluster,
        url=links_to.component(
            cluster, one.component.uid, anchor=f"{one.policy.constraint_name}-1"
        ),
        look=states.look(one.state),
        action=states.severity(one.severity),
        policy_url=links_to.policy(one.policy, cluster=cluster),
        exempting=exempting,
    )


def namespace(one: Mapping[str, Any], names: Mapping[int, str]) -> NamespaceRow:
    """A namespace as the grid shows it."""
    cluster, name = names.get(one["cluster_id"], ""), one["namespace"]
    good = one["components"] - one["faulty"]
    percentage = round(100 * good / one["components"], 1) if one["components"] else None
    return NamespaceRow(
        name=name,
        cluster=cluster,
        url=links_to.listing(view="resources", cluster=cluster, namespace=name),
        denials_url=links_to.denials(cluster=cluster, namespace=name),
        components=one["components"],
        faulty=one["faulty"],
        blocked=one["blocked"],
        faults=one["faults"] or 0,
        share=states.share(percentage),
    )


def policy(
    one: PolicyState, names: Mapping[int, str], exempting: Exempting | None = None
) -> PolicyRow:
    """A policy as the grid shows it, with the way to an exemption where the page offers it."""
    cluster = names.get(one.cluster_id, "")
    return PolicyRow(
        policy=one,
        cluster=cluster,
        url=links_to.policy(one, cluster=cluster),
        look=states.look(one.state),
        action=states.action(one.action),
        definition_url=links.definition_by_id(one.definition_arm_id),
        exempting=exempting,
    )


def event(one: ComplianceEvent, names: Mapping[int, str]) -> EventRow:
    """A change as the grid shows it."""
    cluster = names.get(one.cluster_id, "")
    return EventRow(
        event=one,
        cluster=cluster,
        url=links_to.component(cluster, one.uid),
        before=states.look(one.before) if one.before else Look("New", "muted", "plus"),
        after=states.look(one.after) if one.after else Look("Gone", "muted", "minus"),
    )
