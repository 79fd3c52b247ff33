"""Delete objects: at once, or when finalizers, a grace period or what they own let them go.

A namespace stays for a few seconds with all that is in it, as in a real cluster, where its contents
are deleted by a controller: ``kubectl delete -f`` with the namespace first finds the rest there.
"""

from __future__ import annotations

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object, finalizers_of, metadata_of, uid_of
from policy_app.apimachinery.selectors import Selection
from policy_app.models import Cluster
from policy_app.services.cluster import changes, controllers, reads, steps
from policy_app.services.cluster.caller import Caller, DeleteOptions, Outcome, Target
from policy_app.services.cluster.store import DryRun, writing


def delete(cluster: Cluster, target: Target, caller: Caller, options: DeleteOptions) -> Outcome:
    """Delete one object.  Raises ``ApiError`` 404, 409 for a precondition, 403 for a denial.

    The outcome holds the object as it was last; its metadata has a ``deletionTimestamp`` where it
    is not gone yet.
    """
    outcome: Outcome | None = None
    with writing(cluster) as writer:
        row = writer.find(target.kind, target.namespace, target.name)
        if row is None:
            raise errors.not_found(target.kind, target.name)
        outcome = changes.delete_row(writer, target.kind, row, caller, options)
        if options.dry_run:
            raise DryRun
    assert outcome is not None
    if not options.dry_run:
        controllers.settle(cluster)
    return outcome


def delete_collection(
    cluster: Cluster,
    target: Target,
    selection: Selection,
    caller: Caller,
    options: DeleteOptions,
) -> list[Object]:
    """Delete every object that is selected, in one transaction, and return them as they were."""
    gone: list[Object] = []
    with writing(cluster) as writer:
        for one in reads.page(cluster, target.kind, target.namespace, selection).objects:
            metadata = metadata_of(one)
            row = writer.find(target.kind, metadata.get("namespace", ""), metadata["name"])
            if row is not None:
                gone.append(changes.delete_row(writer, target.kind, row, caller, options).object)
        if options.dry_run:
            raise DryRun
    if not options.dry_run:
        controllers.settle(cluster)
    return gone


def shown(target: Target, thing: Object) -> Object:
    """What a deletion answers: a Pod, or what is not gone yet, as it is; for the rest a Status.

    Typed clients insist on the Pod.
    """
    kind = target.kind
    if (kind.api_version, kind.kind) == ("v1", "Pod") or finalizers_of(thing):
        return thing
    if steps.keeps_itself(thing):
        return thing
    details = {"name": target.name, "group": kind.group, "kind": kind.plural, "uid": uid_of(thing)}
    return errors.success({key: value for key, value in details.items() if value})
