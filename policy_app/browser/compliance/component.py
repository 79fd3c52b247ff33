"""The page of one component: why it is not compliant, what to change, and what it has become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse

from policy_app.browser import highlighting, links
from policy_app.browser.clusters.subject import Subject as ClusterSubject
from policy_app.browser.compliance import links_to, rows, states
from policy_app.browser.compliance.exempting import Exempting, exempting
from policy_app.browser.grids import page_of
from policy_app.browser.inputs import asked
from policy_app.browser.looks import Badge, Look
from policy_app.browser.pages import (
    Crumb,
    Fact,
    PortalRequest,
    Tab,
    portal_page,
    render_page,
)
from policy_app.models import Cluster, ComplianceEvent, Component
from policy_app.services import authorization
from policy_app.services.authorization import actions
from policy_app.services.compliance import pages, records, why
from policy_app.services.compliance.asking import next_apply
from policy_app.services.diffs import DiffLine
from policy_app.services.errors import NotFound

_MOST_SIBLINGS = 20


@dataclass(frozen=True, slots=True)
class ReasonCard:
    """A violation with the ways to what is behind it."""

    reason: why.Reason
    action: Badge
    line_url: str
    definition_url: str
    assignment_url: str
    policy_url: str
    exempting: Exempting
    diff: Sequence[Sequence[DiffLine]]


@portal_page()
def component(request: PortalRequest, cluster: str, uid: str) -> HttpResponse:
    """``?tab=why|policies|history``; of a component that is gone the history is left."""
    place = pages.cluster_of(request.principal, cluster)
    found = _find(place, uid)
    if found is None:
        return _gone(request, place, cluster, uid)
    names = {place.pk: cluster}
    wanted = asked(request, "tab")
    current = wanted if wanted in _TABS else "why"
    look = rows.look_of(found)
    context = {
        "title": found.name,
        "kind": found.kind,
        "crumbs": _crumbs(cluster, found.namespace, found.name),
        "component": found,
        "cluster": cluster,
        "look": look,
        "facts": _facts(found, cluster, look),
        "ask_url": links_to.ask(cluster, uid),
        "tabs": [
            Tab(label, links_to.component(cluster, uid, tab=name), name == current)
            for name, (label, _, _) in _TABS.items()
        ],
        "panel": _TABS[current][1],
        **_TABS[current][2](request, found, names),
    }
    context["object_url"] = _object_url(request, place, cluster, found)
    return render_page(request, "compliance/component.html", context, part="compliance/_plain.html")


@portal_page()
def ask(request: PortalRequest, cluster: str, uid: str) -> HttpResponse:
    """Ask admission about the object as it is now: a part for htmx, or a page."""
    place = pages.cluster_of(request.principal, cluster)
    found = _find(place, uid)
    if found is None:
        raise _unknown(cluster, uid)
    context = {
        "title": f"Next apply of {found.name}",
        "crumbs": _crumbs(cluster, found.namespace, found.name),
        "answer": next_apply(found),
        "component_url": links_to.component(cluster, uid),
    }
    return render_page(request, "compliance/ask.html", context, part="compliance/_ask.html")


def _why(request: PortalRequest, found: Component, names: dict[int, str]) -> dict[str, Any]:
    told = why.explain(found, records.faults_of(found), request.principal)
    marked = told.lines
    cluster = names[found.cluster_id]
    others = (
        Component.objects.filter(
            cluster=found.cluster_id,
            namespace=found.namespace,
            workload_kind=found.workload_kind,
            workload_name=found.workload_name,
        )
        .exclude(pk=found.pk)
        .order_by("-blocking", "-non_compliant", "kind", "name")
    )
    broken = [(one.state.policy, found.cluster.scope) for one in told.reasons]
    ways = exempting(broken, request.principal)
    return {
        "told": told,
        "lines": highlighting.lines(told.text, "yaml", marked) if told.text else [],
        "cards": [_card(one, way) for one, way in zip(told.reasons, ways, strict=True)],
        "siblings": [rows.component(one, names) for one in others[:_MOST_SIBLINGS]],
        "workload_url": links_to.listing(
            view="resources",
            cluster=cluster,
            namespace=found.namespace,
            workload=found.workload_name,
        ),
    }


def _policies(request: PortalRequest, found: Component, names: dict[int, str]) -> dict[str, Any]:
    faults = {one.policy_id: one for one in records.faults_of(found)}
    judged = records.policies_of(found).order_by("-non_compliant", "display_name", "pk")
    page = page_of(request, judged)
    shown = [
        (
            one,
            states.look(faults[one.pk].state if one.pk in faults else "Compliant"),
            links_to.policy(one, cluster=names[found.cluster_id]),
            states.action(one.action),
        )
        for one in page.object_list
    ]
    return {"page": page, "rows": sorted(shown, key=lambda row: row[0].pk not in faults)}


def _history(request: PortalRequest, found: Component, names: dict[int, str]) -> dict[str, Any]:
    page = page_of(request, records.history(found))
    return {"page": page, "rows": [rows.event(one, names) for one in page.object_list]}


def _gone(request: PortalRequest, place: Cluster, cluster: str, uid: str) -> HttpResponse:
    """What is known of a component that is not there any more."""
    found = ComplianceEvent.objects.filter(cluster=place, uid=uid).select_related("policy")
    page = page_of(request, found.order_by("-at", "-pk"))
    if not page.paginator.count:
        raise _unknown(cluster, uid)
    last = page.object_list[0]
    context = {
        "title": last.name,
        "kind": last.kind,
        "crumbs": _crumbs(cluster, last.namespace, last.name),
        "page": page,
        "rows": [rows.event(one, {place.pk: cluster}) for one in page.object_list],
    }
    return render_page(request, "compliance/gone.html", context)


def _find(place: Cluster, uid: str) -> Component | None:
    rows_ = Component.objects.select_related("cluster__scope")
    return rows_.filter(cluster=place, uid=uid).first()


def _unknown(cluster: str, uid: str) -> NotFound:
    return NotFound(
        "ResourceNotFound",
        f"No audit of {cluster} has seen an object with the uid {uid!r}.",
        target="uid",
    )


def _card(one: why.Reason, way: Exempting) -> ReasonCard:
    policy = one.state.policy
    diff = one.advice.diff if one.advice else ()
    return ReasonCard(
        reason=one,
        action=states.severity(one.state.severity),
        line_url=f"#object-{one.line}" if one.line else "",
        definition_url=links.definition_by_id(policy.definition_arm_id),
        assignment_url=links.assignment_by_id(policy.assignment_arm_id),
        policy_url=links_to.policy(policy),
        exempting=way,
        diff=diff,
    )


def _facts(found: Component, cluster: str, look: Look) -> list[Fact]:
    blocked = f"Refused: {found.blocking} of its policies deny" if found.blocking else "Accepted"
    own = (found.workload_kind, found.workload_name) in (("", ""), (found.kind, found.name))
    workload = (
        "None: it is made by nothing" if own else f"{found.workload_kind}/{found.workload_name}"
    )
    return [
        Fact("State", look.label),
        Fact("Cluster", cluster, url=links.cluster(cluster)),
        Fact("Policies that find fault", found.non_compliant),
        Fact("Namespace", found.namespace or "None: it belongs to the whole cluster"),
        Fact("Next apply, as of the audit", blocked),
        Fact("Made by", workload),
        Fact("Judged", f"{found.judged_at:%Y-%m-%d %H:%M:%S} UTC"),
        Fact("Component ID", found.uid, code=True, copy=True),
    ]


def _object_url(request: PortalRequest, place: Cluster, cluster: str, found: Component) -> str:
    read = actions.read_cluster(place.resource_type)
    thing = why.object_of(found)
    if thing is None or not authorization.may(request.principal, read, place.scope):
        return ""
    return ClusterSubject(place, cluster, request.principal).row_url(thing)


def _crumbs(cluster: str, namespace: str, name: str) -> list[Crumb]:
    within = [Crumb("Policy", "/"), Crumb("Compliance", links_to.listing(cluster=cluster))]
    if namespace:
        url = links_to.listing(view="resources", cluster=cluster, namespace=namespace)
        within.append(Crumb(namespace, url))
    return [*within, Crumb(name)]


_TABS = {
    "why": ("Why", "compliance/_why.html", _why),
    "policies": ("Policies", "compliance/_judged.html", _policies),
    "history": ("Change history", "compliance/_history.html", _history),
}
