"""What a Deployment's status says: how many Pods, whether enough of them, whether it goes on."""

from __future__ import annotations

from datetime import timedelta

from policy_app.apimachinery.objects import Object, metadata_of, moment, name_of, timestamp
from policy_app.models import KubeObject
from policy_app.services.cluster.controllers import making, rollouts
from policy_app.services.cluster.store import Writer

_DEADLINE = 600
_PROGRESSING = "Progressing"


def report(
    writer: Writer,
    row: KubeObject,
    sets: list[KubeObject],
    newest: KubeObject | None,
    refusal: str,
) -> None:
    """Write the status; ``refusal`` is why no ReplicaSet could be made, empty where one was."""
    wanted, total = making.replicas_of(row.body), _sum(sets, "replicas")
    available = _sum(sets, "availableReplicas")
    new = [one for one in sets if newest is not None and one.pk == newest.pk]
    status = {
        "observedGeneration": metadata_of(row.body).get("generation"),
        "replicas": total or None,
        "updatedReplicas": _sum(new, "replicas") or None,
        "readyReplicas": _sum(sets, "readyReplicas") or None,
        "availableReplicas": available or None,
        "unavailableReplicas": max(max(total, wanted) - available, 0) or None,
        "conditions": _conditions(writer, row.body, sets, new, refusal),
    }
    making.set_status(writer, row, status)
    _wake_at_deadline(writer, row)


def _conditions(
    writer: Writer,
    deployment: Object,
    sets: list[KubeObject],
    new: list[KubeObject],
    refusal: str,
) -> list[Object]:
    at = timestamp(writer.now)
    least = making.replicas_of(deployment) - rollouts.unavailable(deployment)
    enough = _sum(sets, "availableReplicas") >= least
    word = "Available" if enough else "Unavailable"
    told = f"Deployment {'has' if enough else 'does not have'} minimum availability."
    reason = f"MinimumReplicas{word}"
    found = [making.dated_condition(deployment, "Available", enough, reason, told, at)]
    failed = next(filter(None, (making.failure(one.body) for one in (*new, *sets))), None)
    if failed is not None:
        why = str(failed["message"])
        failure = making.REPLICA_FAILURE
        found.append(making.dated_condition(deployment, failure, True, "FailedCreate", why, at))
    found.append(_progress(writer, deployment, sets, new, refusal))
    return found


def _progress(
    writer: Writer,
    deployment: Object,
    sets: list[KubeObject],
    new: list[KubeObject],
    refusal: str,
) -> Object:
    at = timestamp(writer.now)
    name = new[0].name if new else name_of(deployment)
    before = making.condition_of(deployment, _PROGRESSING) or {}
    if refusal:
        return making.dated_condition(deployment, _PROGRESSING, False, "FailedCreate", refusal, at)
    if deployment["spec"].get("paused"):
        told = "Deployment is paused"
        return making.dated_condition(deployment, _PROGRESSING, None, "DeploymentPaused", told, at)
    if _is_complete(deployment, sets, new):
        told = f'ReplicaSet "{name}" has successfully progressed.'
        reason = "NewReplicaSetAvailable"
        return making.dated_condition(deployment, _PROGRESSING, True, reason, told, at)
    if _has_moved(deployment, sets, new):
        told = f'ReplicaSet "{name}" is progressing.'
        moved = making.dated_condition(
            deployment, _PROGRESSING, True, "ReplicaSetUpdated", told, at
        )
        return {**moved, "lastUpdateTime": at}
    if _is_late(writer, deployment, before):
        told = f'ReplicaSet "{name}" has timed out progressing.'
        reason = "ProgressDeadlineExceeded"
        return making.dated_condition(deployment, _PROGRESSING, False, reason, told, at)
    return before or making.dated_condition(
        deployment,
        _PROGRESSING,
        True,
        "NewReplicaSetCreated",
        f'Created new replica set "{name}"',
        at,
    )


def _is_complete(deployment: Object, sets: list[KubeObject], new: list[KubeObject]) -> bool:
    wanted = making.replicas_of(deployment)
    updated, total = _sum(new, "replicas"), _sum(sets, "replicas")
    available = _sum(sets, "availableReplicas")
    seen = metadata_of(deployment).get("generation")
    caught_up = all(
        (one.body.get("status") or {}).get("observedGeneration")
        == metadata_of(one.body).get("generation")
        for one in new
    )
    return bool(new and seen and caught_up) and (updated, total, available) == (wanted,) * 3


def _has_moved(deployment: Object, sets: list[KubeObject], new: list[KubeObject]) -> bool:
    """Whether there are more new Pods, fewer old ones or more that are available than before."""
    before = deployment.get("status") or {}
    updated, total = _sum(new, "replicas"), _sum(sets, "replicas")
    was_updated = int(before.get("updatedReplicas") or 0)
    was_old = int(before.get("replicas") or 0) - was_updated
    available = _sum(sets, "availableReplicas")
    started_anew = metadata_of(deployment).get("generation") != before.get("observedGeneration")
    return (
        bool(before and started_anew)
        or updated > was_updated
        or total - updated < was_old
        or available > int(before.get("availableReplicas") or 0)
    )


def _is_late(writer: Writer, deployment: Object, before: Object) -> bool:
    if before.get("reason") == "ProgressDeadlineExceeded":
        return True
    began = moment(before.get("lastUpdateTime"))
    if began is None or before.get("reason") == "NewReplicaSetAvailable":
        return False
    return writer.now >= began + _deadline(deployment)


def _wake_at_deadline(writer: Writer, row: KubeObject) -> None:
    progress = making.condition_of(row.body, _PROGRESSING) or {}
    going_on = progress.get("status") == "True" and progress["reason"] != "NewReplicaSetAvailable"
    began = moment(progress.get("lastUpdateTime"))
    waits = going_on and began is not None
    writer.wake_at(row, began + _deadline(row.body) if waits and began else None)


def _deadline(deployment: Object) -> timedelta:
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    return timedelta(seconds=_DEADLINE if seconds is None else int(seconds))


def _sum(sets: list[KubeObject], field: str) -> int:
    return sum(int((one.body.get("status") or {}).get(field) or 0) for one in sets)
