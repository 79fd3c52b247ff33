"""The page of one object: its YAML, who owns it, what it owns, and what happened to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse

from policy_app.apimachinery.objects import metadata_of, moment, owners_of
from policy_app.browser import highlighting
from policy_app.browser.clusters import events, policies
from policy_app.browser.clusters import subject as subjects
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, Fact, PortalRequest, portal_page, render_page
from policy_app.evaluation.kube_yaml import writing
from policy_app.models import KubeObject
from policy_app.services.cluster import survey
from policy_app.services.errors import NotFound

_SHOWN = 50
_POLICY_GROUPS = ".gatekeeper.sh"
_WORKLOADS = frozenset(survey.WORKLOADS.values())


@dataclass(frozen=True, slots=True)
class Owned:
    """An object that this one owns, or is owned by."""

    label: str
    url: str


@portal_page()
def show(request: PortalRequest, name: str) -> HttpResponse:
    """``?group=&resource=&namespace=&name=``: the resource is the plural, as the API has it."""
    subject = subjects.find(name, request.principal)
    row = _row(request, subject)
    kind = str(row.body.get("kind"))
    owned = list(survey.owned_by(row)[: _SHOWN + 1])
    context = {
        "title": row.name,
        "crumbs": subject.crumbs(_tab_crumb(subject, row), Crumb(row.name)),
        "kind": kind,
        "facts": _facts(subject, row),
        "lines": _lines(row),
        "admission": survey.admissions(subject.cluster, [row])[row.pk],
        "hidden": kind == "Secret",
        "owned": [_owned(subject, one) for one in owned[:_SHOWN]],
        "more_owned": len(owned) > _SHOWN,
        "most": _SHOWN,
        "rows": events.rows(subject, survey.events_about(subject.cluster, row)[:_SHOWN]),
    }
    return render_page(request, "clusters/object.html", context)


def _row(request: PortalRequest, subject: Subject) -> KubeObject:
    wanted = {key: asked(request, key) for key in ("group", "namespace", "name")}
    plural = asked(request, "resource")
    found = KubeObject.objects.filter(cluster=subject.cluster, plural=plural, **wanted).first()
    if found is None:
        within = f" in namespace {wanted['namespace']!r}" if wanted["namespace"] else ""
        raise NotFound(
            "ResourceNotFound",
            f"The cluster {subject.name} has no object {wanted['name']!r} of the resource"
            f" {plural!r}{within}. It may have been deleted.",
            target="name",
        )
    return found


def _facts(subject: Subject, row: KubeObject) -> list[Fact]:
    facts = [
        Fact("Kind", f"{row.body.get('kind')} ({row.body.get('apiVersion')})"),
        Fact("Namespace", row.namespace or "None: it belongs to the whole cluster"),
        Fact("Created", _created(row)),
        Fact("Resource version", str(row.revision)),
        *_owners(subject, row),
    ]
    origin = policies.origin_of(row, subject.by)
    if origin is not None:
        facts.append(Fact("Comes from", origin.label, url=origin.url))
    plural = f"{row.plural}.{row.group}" if row.group else row.plural
    within = f" -n {row.namespace}" if row.namespace else ""
    command = f"kubectl get {plural} {row.name}{within} -o yaml"
    return [*facts, Fact("With kubectl", command, code=True, copy=True, wide=True)]


def _created(row: KubeObject) -> str:
    at = moment(metadata_of(row.body).get("creationTimestamp"))
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "Unknown"


def _owners(subject: Subject, row: KubeObject) -> list[Fact]:
    owners = owners_of(row.body)
    there = survey.still_there(subject.cluster, (str(one.get("uid")) for one in owners))
    facts = []
    for one in owners:
        owner = there.get(str(one.get("uid")))
        url = subject.row_url(owner) if owner else ""
        facts.append(Fact("Owned by", f"{one.get('kind')}/{one.get('name')}", url=url))
    return facts


def _owned(subject: Subject, one: KubeObject) -> Owned:
    return Owned(f"{one.body.get('kind')}/{one.name}", subject.row_url(one))


def _tab_crumb(subject: Subject, row: KubeObject) -> Crumb:
    """The tab that lists such objects."""
    if row.group.endswith(_POLICY_GROUPS):
        return Crumb("Policy objects", subject.url("policies"))
    if (row.group, row.plural) in _WORKLOADS:
        return Crumb("Workloads", subject.url("workloads"))
    if row.plural == "events":
        return Crumb("Events", subject.url("events"))
    if row.plural == "namespaces":
        return Crumb("Namespaces", subject.url("namespaces"))
    resource = f"{row.plural}.{row.group}" if row.group else row.plural
    return Crumb("All objects", subject.url("objects", resource=resource))


def _lines(row: KubeObject) -> list[highlighting.Line]:
    text = writing.dump(survey.without_secrets(row.body))
    return highlighting.lines(text.rstrip("\n"), "yaml")
