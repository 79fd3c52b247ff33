"""What an export holds: the same rows that the page shows, all of them, read piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from policy_app.browser.compliance import (
    attested,
    denials,
    filtering,
    links_to,
    listing,
    places,
    rows,
)
from policy_app.browser.compliance.places import Place
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest
from policy_app.models import ComplianceState, Component, ComponentState, PolicyState
from policy_app.services.compliance import lists, manual, pages, records

_CHUNK = 1_000
_FINDING = (
    *("cluster", "namespace", "kind", "name", "uid", "workload", "state", "action", "nextApply"),
    *("policy", "definitionId", "assignmentId", "referenceId", "message", "container", "field"),
    *("since", "judged", "link"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, rows that are read when they are asked for, and how many there are in all."""

    title: str
    columns: Sequence[str]
    rows: Iterator[Sequence[Any]]
    total: int
    thing: str
    """What is counted by ``total``."""


def of(request: PortalRequest) -> Table:
    """The table of an address: ``of=`` says whose filters it has."""
    place = places.read(request)
    makers: dict[str, Callable[[PortalRequest, Place], Table]] = {
        "denials": _denials,
        "assignment": _assignment,
        "policy": _policy,
    }
    return makers.get(asked(request, "of"), _listing)(request, place)


def _listing(request: PortalRequest, place: Place) -> Table:
    view = listing.chosen(asked(request, "view"))
    bar = filtering.read(request, place, view.offered, view.states)
    if view.name == "assignments":
        return _assignments(place, bar.filters)
    if view.name == "namespaces":
        return _namespaces(place, bar.filters)
    found = rows.resources(place, bar.filters)
    told = _resources(found, bar.filters, place)
    return Table("Compliance by resource", _FINDING, told, found.count(), "resource")


def _assignments(place: Place, filters: records.Filters) -> Table:
    columns = (
        *("name", "scope", "state", "resourceCompliancePercent", "nonCompliantResources"),
        *("resources", "nonCompliantPolicies", "policies", "nonCompliantVerdicts", "verdicts"),
        *("assignmentId", "link"),
    )
    found = rows.assignments(rows.summaries(place, filters), place)
    told = (
        (
            *(one.name, one.scope, one.summary.state, one.summary.percentage, one.bad_clusters),
            *(one.all_clusters, one.summary.non_compliant_policies, one.summary.policies),
            one.summary.non_compliant if one.matching is None else one.matching,
            *(one.summary.components, one.summary.assignment_id, one.url),
        )
        for one in found
    )
    return Table("Compliance by assignment", columns, told, len(found), "assignment")


def _namespaces(place: Place, filters: records.Filters) -> Table:
    columns = ("cluster", "namespace", "components", "nonCompliant", "blocked", "faults", "link")
    found = records.by_namespace(place.fleet, filters)
    shown = (rows.namespace(one, place.names) for one in found.iterator(chunk_size=_CHUNK))
    told = (
        (one.cluster, one.name, one.components, one.faulty, one.blocked, one.faults, one.url)
        for one in shown
    )
    return Table("Compliance by namespace", columns, told, found.count(), "namespace")


def _assignment(request: PortalRequest, place: Place) -> Table:
    chosen = records.Filters(assignment=asked(request, "id"))
    return _tab(request, place, chosen, asked(request, "tab") or "policies")


def _policy(request: PortalRequest, place: Place) -> Table:
    chosen = records.Filters(
        assignment=asked(request, "assignment"),
        definition=asked(request, "definition"),
        reference_id=asked(request, "reference"),
    )
    return _tab(request, place, chosen, asked(request, "tab") or "components")


def _tab(request: PortalRequest, place: Place, chosen: records.Filters, tab: str) -> Table:
    offered = ("state", "action", "namespace", "kind")
    options = [(str(one.value), str(one.label)) for one in ComplianceState]
    bar = filtering.read(request, place, offered, options)
    filters = filtering.narrowed(chosen, bar.filters)
    if tab in ("policies", "clusters"):
        return _policies(place, filters)
    if tab == "attested":
        return _attested(place, filters)
    if tab == "history":
        return _history(place, filters)
    if tab == "events":
        states = lists.policies(place.fleet, chosen).exclude(constraint_name="")
        names = list(states.order_by().values_list("constraint_name", flat=True).distinct())
        found = denials.narrowed(pages.refusals(place.fleet), bar.filters)
        return _refusals(place, found.filter(pages.of_constraints(names)))
    if filters.state == ComplianceState.COMPLIANT:
        good = records.compliant(place.fleet, filters)
        told = _resources(good, filters, place)
        return Table("Compliant components", _FINDING, told, good.count(), "component")
    cut = records.cut(records.components(place.fleet, filters))
    told = _findings(cut.rows.iterator(chunk_size=_CHUNK), place)
    return Table("Component compliance", _FINDING, told, cut.shown, "verdict")


def _attested(place: Place, filters: records.Filters) -> Table:
    found = manual.narrowed(place.attested_under(filters.assignment), filters)
    told = (attested.cells(one) for one in found)
    return Table("Manual policies", attested.COLUMNS, told, len(found), "manual state")


def _policies(place: Place, filters: records.Filters) -> Table:
    columns = (
        *("policy", "cluster", "state", "effect", "action", "compliant", "nonCompliant", "errors"),
        *("code", "reason", "definitionId", "definitionVersion", "referenceId", "assignmentId"),
        *("constraint", "since", "link"),
    )
    found = records.policies(place.fleet, filters)

    def told() -> Iterator[Sequence[Any]]:
        for one in found.iterator(chunk_size=_CHUNK):
            cluster = place.names.get(one.cluster_id, "")
            yield (
                *(one.display_name, cluster, one.state, one.effect, one.action, one.compliant),
                *(one.non_compliant, one.errors, one.code, one.reason, one.definition_arm_id),
                *(one.definition_version, one.reference_id, one.assignment_arm_id),
                *(one.constraint_name, one.since, links_to.policy(one, cluster=cluster)),
            )

    return Table("Policies", columns, told(), found.count(), "policy")


def _history(place: Place, filters: records.Filters) -> Table:
    columns = (
        *("at", "cluster", "namespace", "kind", "name", "uid", "policy", "before", "after"),
        *("message", "link"),
    )
    found = records.events(place.fleet, filters)

    def told() -> Iterator[Sequence[Any]]:
        for one in found.iterator(chunk_size=_CHUNK):
            cluster = place.names.get(one.cluster_id, "")
            yield (
                *(one.at, cluster, one.namespace, one.kind, one.name, one.uid),
                *(one.policy.display_name, one.before, one.after, one.message),
                links_to.component(cluster, one.uid),
            )

    return Table("Change history", columns, told(), found.count(), "change")


def _denials(request: PortalRequest, place: Place) -> Table:
    return _refusals(place, denials.found(request, place))


def _refusals(place: Place, found: QuerySet[Any]) -> Table:
    columns = (
        *("at", "cluster", "operation", "kind", "namespace", "name", "user", "askedBy"),
        *("dryRun", "times", "constraints", "message", "link"),
    )

    def told() -> Iterator[Sequence[Any]]:
        for one in found.iterator(chunk_size=_CHUNK):
            yield (
                *(one.at, place.names.get(one.cluster_id, ""), one.operation, one.kind),
                *(one.namespace, one.name, one.username, one.door, one.dry_run, one.times),
                *(", ".join(one.constraints), one.message, links_to.denial(one.pk)),
            )

    return Table("Denials", columns, told(), found.count(), "denied request")


def _resources(
    found: QuerySet[Component], filters: records.Filters, place: Place
) -> Iterator[Sequence[Any]]:
    """A row for each finding of each component, and one for a component without any."""
    chunk: list[Component] = []
    for one in found.iterator(chunk_size=_CHUNK):
        chunk.append(one)
        if len(chunk) == _CHUNK:
            yield from _of_components(chunk, filters, place)
            chunk = []
    yield from _of_components(chunk, filters, place)


def _of_components(
    chunk: Sequence[Component], filters: records.Filters, place: Place
) -> Iterator[Sequence[Any]]:
    by_component: dict[int, list[ComponentState]] = {}
    if filters.state != ComplianceState.COMPLIANT:
        for state in lists.faults_among(chunk, filters):
            by_component.setdefault(state.component_id, []).append(state)
    for one in chunk:
        states = by_component.get(one.pk)
        if states:
            for state in states:
                state.component = one
            yield from _findings(iter(states), place)
        else:
            yield _finding(one, None, {}, place, 0)


def _findings(states: Iterator[ComponentState], place: Place) -> Iterator[Sequence[Any]]:
    for state in states:
        found = state.violations or [{"message": state.message}]
        for number, one in enumerate(found, 1):
            yield _finding(state.component, state, one, place, number)


def _finding(
    one: Component, state: ComponentState | None, told: dict[str, Any], place: Place, number: int
) -> Sequence[Any]:
    policy = state.policy if state is not None else None
    cluster = place.names.get(one.cluster_id, "")
    anchor = f"{policy.constraint_name}-{number}" if policy is not None else ""
    return (
        *(cluster, one.namespace, one.kind, one.name, one.uid),
        f"{one.workload_kind}/{one.workload_name}" if one.workload_name else "",
        state.state if state is not None else rows.state_of(one),
        state.get_severity_display() if state is not None else "",
        "refused" if one.blocking else "accepted",
        *_policy_cells(policy),
        str(told.get("message") or (state.message if state is not None else one.error)),
        *(str(told.get("container") or ""), str(told.get("path") or "")),
        *(state.since if state is not None else one.first_seen_at, one.judged_at),
        links_to.component(cluster, one.uid, anchor=anchor),
    )


def _policy_cells(policy: PolicyState | None) -> Sequence[str]:
    if policy is None:
        return ("", "", "", "")
    return (
        policy.display_name,
        policy.definition_arm_id,
        policy.assignment_arm_id,
        policy.reference_id,
    )
