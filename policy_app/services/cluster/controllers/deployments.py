"""Deployments: a ReplicaSet for each template that there was; the newest one has the Pods.

Source: the deployment controller of Kubernetes (``sync.go``, ``rolling.go``, ``recreate.go``).
"""

from __future__ import annotations

from policy_app.apimachinery.objects import metadata_of, name_of, namespace_of
from policy_app.models import KubeObject
from policy_app.services.cluster import events, noting
from policy_app.services.cluster.controllers import (
    deployment_status,
    looking,
    making,
    revisions,
    rollouts,
)
from policy_app.services.cluster.store import Writer

CONTROLLER = "deployment-controller"


def keep(writer: Writer, uids: list[str]) -> None:
    """Take each Deployment's rollout one step on, and report how far it is."""
    for row in looking.staying(writer, uids):
        _keep(writer, row)


def _keep(writer: Writer, row: KubeObject) -> None:
    sets = making.controlled(writer, row, "replicasets")
    newest = revisions.newest(row.body, sets)
    refusal = ""
    if not (row.body.get("spec") or {}).get("paused"):
        newest, refusal = _with_newest(writer, row, sets, newest)
        if newest is not None:
            _roll_out(writer, row, newest, [one for one in sets if one.pk != newest.pk])
    else:
        _scale_paused(writer, row, sets)
    sets = making.controlled(writer, row, "replicasets")
    deployment_status.report(writer, row, sets, newest, refusal)
    _forget_old(writer, row, sets, newest)


def _with_newest(
    writer: Writer, row: KubeObject, sets: list[KubeObject], newest: KubeObject | None
) -> tuple[KubeObject | None, str]:
    """The set of the present template, numbered as the newest revision; made where it is not."""
    others = [one for one in sets if newest is None or one.pk != newest.pk]
    number = max((revisions.of(one.body) for one in others), default=0) + 1
    if newest is None:
        return _made(writer, row, number, others)
    number = max(number, revisions.of(newest.body))
    noting.change(writer, newest, revisions.noted(row.body, newest.body, number))
    _number(writer, row, number)
    return newest, ""


def _number(writer: Writer, row: KubeObject, number: int) -> None:
    # The controller writes its number together with the status.
    noting.change(writer, row, revisions.numbered(row.body, number), subresource="status")


def _made(
    writer: Writer, row: KubeObject, number: int, older: list[KubeObject]
) -> tuple[KubeObject | None, str]:
    kind = making.kind_of(writer, "apps/v1", "ReplicaSet")
    made = revisions.replica_set(row.body, number)
    made["spec"]["replicas"] = rollouts.begun(row.body, older)
    refusal = making.create(writer, kind, made, row.body, CONTROLLER, telling=False)
    if refusal:
        told = f'Failed to create new replica set "{name_of(made)}": {refusal}'
        events.record(writer, row.body, events.WARNING, "ReplicaSetCreateError", told, CONTROLLER)
        return None, told
    _tell_scaled(writer, row, name_of(made), 0, making.replicas_of(made))
    _number(writer, row, number)
    return writer.find(kind, namespace_of(row.body), name_of(made)), ""


def _roll_out(writer: Writer, row: KubeObject, newest: KubeObject, older: list[KubeObject]) -> None:
    """One step: as many new Pods as may be, and as few old ones as may be."""
    step = rollouts.recreated if rollouts.is_recreated(row.body) else rollouts.rolled
    by_pk = {one.pk: one for one in (newest, *older)}
    for key, wanted in step(row.body, newest, older):
        _scale(writer, row, by_pk[key], wanted)


def _scale_paused(writer: Writer, row: KubeObject, sets: list[KubeObject]) -> None:
    """A paused Deployment is scaled, but goes to no other template."""
    active = [one for one in sets if making.replicas_of(one.body)] or sets
    if active:
        _scale(writer, row, max(active, key=lambda one: revisions.of(one.body)), _wanted(row))


def _wanted(row: KubeObject) -> int:
    return making.replicas_of(row.body)


def _scale(writer: Writer, deployment: KubeObject, one: KubeObject, wanted: int) -> None:
    before = making.replicas_of(one.body)
    if before == wanted:
        return
    metadata = {**metadata_of(one.body)}
    metadata["generation"] = int(metadata.get("generation") or 1) + 1
    spec = {**one.body["spec"], "replicas": wanted}
    noting.change(writer, one, {**one.body, "metadata": metadata, "spec": spec})
    _tell_scaled(writer, deployment, one.name, before, wanted)


def _tell_scaled(
    writer: Writer, deployment: KubeObject, name: str, before: int, wanted: int
) -> None:
    if before == wanted:
        return
    way = "up" if wanted > before else "down"
    message = f"Scaled {way} replica set {name} from {before} to {wanted}"
    events.record(writer, deployment.body, events.NORMAL, "ScalingReplicaSet", message, CONTROLLER)


def _forget_old(
    writer: Writer, row: KubeObject, sets: list[KubeObject], newest: KubeObject | None
) -> None:
    """Old sets without Pods are kept for a rollback, up to the Deployment's limit."""
    limit = (row.body.get("spec") or {}).get("revisionHistoryLimit")
    idle = [
        one
        for one in sets
        if not making.replicas_of(one.body)
        and not (one.body.get("status") or {}).get("replicas")
        and (newest is None or one.pk != newest.pk)
    ]
    kept = 10 if limit is None else int(limit)
    idle.sort(key=lambda one: revisions.of(one.body))
    making.delete(writer, idle[: max(len(idle) - kept, 0)], CONTROLLER)
