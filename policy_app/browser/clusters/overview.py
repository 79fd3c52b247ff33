"""A cluster at a glance: how much there is in it, and the kubectl lines to try it with."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from policy_app.browser.clusters import events, mirror
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.pages import PortalRequest
from policy_app.services.cluster import survey

_RECENT = 5
_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Tile:
    """A number, and the tab behind it."""

    label: str
    icon: str
    value: int
    url: str


@dataclass(frozen=True, slots=True)
class Line:
    """Something to type, and what it is for."""

    what: str
    command: str


def context(request: PortalRequest, subject: Subject) -> dict[str, Any]:
    """Counts, commands, and what went wrong last."""
    latest = [one.body for one in survey.events(subject.cluster)[:_LOOKED_AT]]
    warnings = [one for one in latest if one.get("type") == "Warning"][:_RECENT]
    return {
        "mirror": mirror.of(subject.cluster),
        "tiles": _tiles(subject),
        "lines": _lines(subject, request.build_absolute_uri("/").rstrip("/")),
        "warnings": events.rows(subject, warnings),
        "denied": survey.refusals(subject.cluster)[:_RECENT],
        "events_url": subject.url("events", type="Warning"),
        "constraints_url": subject.url("policies", type="constraints"),
        "denied_url": subject.url("denied"),
    }


def _tiles(subject: Subject) -> list[Tile]:
    counts = survey.counts([subject.cluster])[subject.cluster.pk]
    policies = survey.policy_objects(subject.cluster).count()
    return [
        Tile("Namespaces", "boxes", counts.namespaces, subject.url("namespaces")),
        Tile("Workloads", "container", counts.workloads, subject.url("workloads")),
        Tile("Pods", "box", counts.pods, subject.url("workloads", kind="Pod")),
        Tile("Policy objects", "scroll-text", policies, subject.url("policies")),
        Tile("Denied requests", "shield-x", counts.refusals, subject.url("denied")),
    ]


def _lines(subject: Subject, server: str) -> list[Line]:
    name = shlex.quote(subject.name)
    file = shlex.quote(f"{subject.name}.yaml")
    ask = f"policy-portal kubeconfig {name} --server {shlex.quote(server)} > {file}"
    lines = [
        Line("Get a kubeconfig with a token of yours", ask),
        Line("Let kubectl use it in this shell", f'export KUBECONFIG="$PWD"/{file}'),
        Line("See what is there", "kubectl get namespaces,pods --all-namespaces"),
        Line("See what the add-on has installed", "kubectl get constrainttemplates"),
        Line("See the constraints, and what the last audit found", "kubectl get constraints"),
    ]
    if subject.cluster.is_mirror:
        return lines
    return [
        *lines,
        Line("Apply a manifest, and read what the policies say", "kubectl apply -f nginx.yaml"),
        Line("Ask them without changing anything", "kubectl apply --dry-run=server -f nginx.yaml"),
        Line("See what happened", "kubectl get events --all-namespaces"),
    ]
