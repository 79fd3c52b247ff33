"""Which objects of a cluster the mutators of one policy would change, if they came in again.

Each object is shown to the mutation webhook as an update that changes nothing, as the API server
would ask it, so that whom the webhook leaves alone is left alone here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import is_going, namespace_of
from policy_app.evaluation.gatekeeper.mutation import Mutator
from policy_app.evaluation.gatekeeper.review import UPDATE
from policy_app.evaluation.gatekeeper.webhook import MutationWebhook
from policy_app.evaluation.language.reasons import NotInstalled
from policy_app.models import (
    Assignment,
    Cluster,
    ClusterState,
    KubeObject,
    Remediation,
    RemediationDeployment,
)
from policy_app.services import assignments, enforcement, reach
from policy_app.services.assigned_policies import policy_of
from policy_app.services.cluster import addon, bootstrap, clock, kinds, policy
from policy_app.services.cluster.audited import stored_under
from policy_app.services.cluster.store import DECIDING_GROUPS
from policy_app.services.compliance.deciding import Deciding, Key, deciding, key_of
from policy_app.services.drafts import from_assignment
from policy_app.services.remediations.applying import CALLER

_AT_ONCE = 200
_NEVER_CHANGED = frozenset({"events", "leases"})
_OVER = frozenset({"Succeeded", "Failed"})
_GONE = "The policy assignment is gone."
_NO_CLUSTER = "There is no cluster at the scope that the assignment reaches and the filters leave."


@dataclass(slots=True)
class Found:
    """What there is to do, and why there is nothing where a cluster gave nothing."""

    deployments: list[RemediationDeployment] = field(default_factory=list)
    """Not stored yet."""
    notes: list[str] = field(default_factory=list)
    looked: bool = False
    """Whether the policy's mutators are in force in at least one cluster."""


def find(remediation: Remediation) -> Found:
    """The objects that a remediation has to change, as many as it wants at most.

    Must not be called inside of a transaction: the add-on catches up first.
    """
    found = Found()
    assignment = assignments.find_by_id(remediation.assignment_arm_id)
    if assignment is None:
        found.notes.append(_GONE)
        return found
    clusters = _clusters(remediation, assignment)
    if not clusters:
        found.notes.append(_NO_CLUSTER)
    for cluster in clusters:
        _look(cluster, remediation, assignment, found)
    return found


def _clusters(remediation: Remediation, assignment: Assignment) -> list[Cluster]:
    locations = {one.lower() for one in remediation.locations}
    return [
        cluster
        for cluster in reach.clusters_reached(from_assignment(assignment))
        if cluster.scope.is_at_or_below(remediation.scope)
        and (not locations or cluster.scope.location.lower() in locations)
        and _wants(remediation, cluster.scope.arm_id)
    ]


def _look(cluster: Cluster, remediation: Remediation, assignment: Assignment, found: Found) -> None:
    bootstrap.fill(cluster)
    clock.catch_up(cluster)
    if remediation.discovery == Remediation.Discovery.EVALUATE:
        addon.sync(cluster)
    decides = deciding(cluster, ClusterState.objects.get(cluster=cluster))
    key = _key(remediation, assignment)
    conflicts = decides.installed.mutators.conflicts
    mutators = [
        one
        for one in decides.mutators
        if key_of(one.written["metadata"]["annotations"]) == key and one.id not in conflicts
    ]
    if not mutators:
        found.notes.append(f"{cluster}: {_why_none(cluster, assignment, remediation)}")
        return
    found.looked = True
    left = remediation.resource_count - len(found.deployments)
    changed = (
        _deployment(remediation, cluster, row) for row in _changed(cluster, decides, mutators)
    )
    wanted = (one for one in changed if _wants(remediation, one.resource_id))
    found.deployments += islice(wanted, left)


def _key(remediation: Remediation, assignment: Assignment) -> Key | None:
    effective = policy_of(assignment, remediation.reference_id)
    if effective is None:
        return None
    about = effective.origin
    return Key.of(about.assignment_id, about.definition_id, about.definition_reference_id)


def _why_none(cluster: Cluster, assignment: Assignment, remediation: Remediation) -> str:
    """Why a cluster has none of the policy's mutators in force."""
    if not cluster.addon_enabled:
        return "the Azure Policy add-on is turned off."
    missing = enforcement.brought_by(from_assignment(assignment), cluster).not_installed
    return next(
        (one.reason for one in missing if _is_about(one, remediation)),
        "the add-on has not put the policy's mutators into the cluster yet.",
    )


def _is_about(missing: NotInstalled, remediation: Remediation) -> bool:
    mine = missing.origin.definition_reference_id.lower()
    return mine == remediation.reference_id.lower()


def _changed(
    cluster: Cluster, decides: Deciding, mutators: Sequence[Mutator]
) -> Iterator[KubeObject]:
    """The objects that the mutators would change, or fail on, the oldest first."""
    installed = decides.installed
    only = installed.mutators.narrowed({one.id for one in mutators})
    webhook = MutationWebhook(only, installed.config)
    served = {(one.group, one.plural): one for one in _kinds(cluster, mutators)}
    namespaces = bootstrap.namespaces_of(cluster)
    rows = KubeObject.objects.filter(stored_under(served), cluster=cluster).order_by("pk")
    for row in rows.iterator(chunk_size=_AT_ONCE):
        kind = served[row.group, row.plural]
        if not _is_over(row.body) and _would_change(cluster, webhook, kind, row, namespaces):
            yield row


def _would_change(
    cluster: Cluster,
    webhook: MutationWebhook,
    kind: Kind,
    row: KubeObject,
    namespaces: Mapping[str, Mapping[str, Any]],
) -> bool:
    request = policy.Request(kind, UPDATE, CALLER, object=row.body, old_object=row.body)
    review = request.to_review()
    if policy.left_out(cluster, review, namespaces.get(namespace_of(row.body))):
        return False
    answer = webhook.answer(review, namespaces)
    # Where the webhook fails, changing the object will fail as well, and say why.
    return bool(answer.patch) or not answer.allowed


def _kinds(cluster: Cluster, mutators: Iterable[Mutator]) -> Iterator[Kind]:
    """The kinds that the mutators apply to; what sets metadata applies to any."""
    served = kinds.kinds_of(cluster)
    any_kind = False
    for mutator in mutators:
        any_kind = any_kind or not mutator.bindings
        for group, version, kind in mutator.bindings:
            found = served.of(f"{group}/{version}" if group else version, kind)
            stored = found and kinds.stored(cluster, found.group, found.plural)
            if stored:
                yield stored
    if any_kind:
        yield from (one for one in served if one.stored and _is_changed(one))


def _is_changed(kind: Kind) -> bool:
    return kind.group not in DECIDING_GROUPS and kind.plural not in _NEVER_CHANGED


def _is_over(thing: Mapping[str, Any]) -> bool:
    """What is going, or has run to its end, is left as it is."""
    ran = thing.get("kind") == "Pod" and (thing.get("status") or {}).get("phase") in _OVER
    return ran or is_going(thing)


def _deployment(
    remediation: Remediation, cluster: Cluster, row: KubeObject
) -> RemediationDeployment:
    return RemediationDeployment(
        remediation=remediation,
        cluster=cluster,
        group=row.group,
        plural=row.plural,
        kind=str(row.body.get("kind", "")),
        namespace=row.namespace,
        name=row.name,
    )


def _wants(remediation: Remediation, resource_id: str) -> bool:
    """Whether the filters leave a cluster, or an object in one: by its id or one around it."""
    if not remediation.resource_ids:
        return True
    own = f"{resource_id}/".lower()
    named = [f"{str(one).rstrip('/')}/".lower() for one in remediation.resource_ids]
    return any(own.startswith(one) or one.startswith(own) for one in named)
