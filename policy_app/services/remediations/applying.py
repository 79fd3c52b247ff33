"""Change one object: by sending it once more as it is, so that the mutators get to see it.

That is what a real cluster allows.  Where its API server refuses, since the changed fields of a Pod
are fixed, a Pod that a controller keeps is evicted instead: the one that takes its place is changed
on its way in.  Nobody replaces a Pod without a controller, so it fails with the server's words.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_app.apimachinery import defaults, errors, versions
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import owners_of
from policy_app.evaluation.gatekeeper.review import CREATE
from policy_app.models import KubeObject, RemediationDeployment
from policy_app.services.cluster import (
    changes,
    controllers,
    kinds,
    mirrors,
    policy,
    steps,
    subresources,
)
from policy_app.services.cluster.addon.syncing import MANAGER
from policy_app.services.cluster.caller import Caller, DeleteOptions, Target, WriteOptions
from policy_app.services.cluster.controllers import making
from policy_app.services.cluster.store import Writer, writing

CALLER = Caller.controller("azure-policy")
"""The add-on's own account."""
CHANGED = "It was changed in place."
EVICTED = "It was evicted, and its controller made another one in its place."
_OPTIONS = WriteOptions(field_manager=MANAGER, field_validation="Ignore")
_FIXED = 422
State = RemediationDeployment.State


def apply(deployment: RemediationDeployment) -> str | None:
    """Change the object and note what came of it, in one transaction; its state afterwards.

    One that was canceled or done meanwhile, or is gone with its remediation, is left alone: None.
    """
    cluster = deployment.cluster
    with writing(cluster) as writer:
        waiting = RemediationDeployment.objects.filter(pk=deployment.pk, state=State.ACCEPTED)
        row = waiting.select_for_update().first()
        if row is None:
            return None
        try:
            with writer.savepoint():
                row.message = _changed(writer, row)
            row.state = State.SUCCEEDED
        except errors.ApiError as error:
            row.state, row.error_code, row.message = State.FAILED, error.reason, error.message
        row.save(update_fields=["state", "error_code", "message", "updated_at"])
    controllers.settle(cluster)
    return row.state


def _changed(writer: Writer, deployment: RemediationDeployment) -> str:
    """What was done.  Raises ``ApiError``."""
    kind = kinds.stored(writer.cluster, deployment.group, deployment.plural)
    if kind is None:
        raise errors.no_such_path()
    target = Target(kind, deployment.namespace, deployment.name)
    mirrors.require_read(writer.cluster, target, "update")
    row = writer.find(kind, target.namespace, target.name)
    if row is None:
        raise errors.not_found(kind, target.name)
    try:
        with writer.savepoint():
            same = versions.to(kind, row.body)
            changes.update(writer, target, row, same, CALLER, _OPTIONS)
    except errors.ApiError as error:
        if error.code != _FIXED or (kind.group, kind.plural) != ("", "pods"):
            raise
        _evict(writer, kind, row, error)
        return EVICTED
    return CHANGED


def _evict(writer: Writer, kind: Kind, row: KubeObject, refusal: errors.ApiError) -> None:
    """Have a controller make the Pod anew.

    Raises ``refusal`` for a Pod without one, and ``ApiError`` where a disruption budget forbids it
    or policies would refuse the Pod that is to take its place.
    """
    maker = _maker(writer, row)
    template = (maker.body.get("spec") or {}).get("template") if maker is not None else None
    if maker is None or not isinstance(template, Mapping):
        raise refusal
    subresources.require_disruption(writer.cluster, row.body)
    successor = making.from_template(template, maker.body, kind)
    _require_admission(writer, kind, successor)
    changes.delete_row(writer, kind, row, CALLER, DeleteOptions())


def _maker(writer: Writer, row: KubeObject) -> KubeObject | None:
    """The object that controls a Pod."""
    uids = [one.get("uid") for one in owners_of(row.body) if one.get("controller")]
    return KubeObject.objects.filter(cluster=writer.cluster, uid__in=uids).first()


def _require_admission(writer: Writer, kind: Kind, pod: dict[str, object]) -> None:
    """Ask the webhooks about a Pod before the one that it is to follow is gone.

    Quotas are not asked: they would count both.  Raises ``ApiError``.
    """
    complete = defaults.with_defaults(kind, pod, steps.schemas_of(writer.cluster))
    request = policy.Request(kind, CREATE, CALLER, object=complete, dry_run=True)
    policy.judge(writer, request, policy.mutate(writer, request))
