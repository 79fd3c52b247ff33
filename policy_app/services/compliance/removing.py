"""What is gone goes from the verdicts: objects that were deleted, and policies that judge no more.

Both are sets, and are removed as sets; the history keeps what was bad about them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from policy_app.apimachinery.objects import uid_of
from policy_app.models import (
    AppliedSet,
    ClusterAudit,
    ClusterState,
    ComplianceEvent,
    ComplianceState,
    Component,
    ComponentState,
    KubeChange,
    KubeObject,
    PolicyState,
    Scan,
)
from policy_app.services.compliance.bulk import in_pieces
from policy_app.services.compliance.writing import applied_sets

_AT_ONCE = 1_000
_AFTER = frozenset({ComplianceState.EXEMPT, ComplianceState.CONFLICT, ComplianceState.ERROR})
_ABOUT = ("uid", "group", "version", "kind", "namespace", "name")


def objects(scan: Scan, audit: ClusterAudit, now: datetime) -> int:
    """Remove the components whose objects are not there any more, and return how many they were."""
    rows = Component.objects.filter(cluster=scan.cluster_id)
    if scan.reach == Scan.Reach.FULL or not _log_reaches(scan, audit):
        there = KubeObject.objects.filter(cluster=scan.cluster_id, uid=OuterRef("uid"))
        gone = rows.filter(~Exists(there))
        return _remove(list(gone.values_list("pk", flat=True)), now)
    changes = KubeChange.objects.filter(
        cluster=scan.cluster_id, revision__gt=audit.revision, type=KubeChange.Type.DELETED
    )
    removed = 0
    for uids in in_pieces(
        [uid_of(body) for body in changes.values_list("body", flat=True)], _AT_ONCE
    ):
        removed += _remove(list(rows.filter(uid__in=uids).values_list("pk", flat=True)), now)
    return removed


def policies(cluster_id: int, now: datetime) -> None:
    """Take the policies that judge nothing any more out of the verdicts."""
    idle = PolicyState.objects.filter(cluster=cluster_id)
    idle = idle.filter(Q(active=False) | Q(constraint_name=""))
    through = AppliedSet.policies.through.objects
    sets: dict[int, set[int]] = defaultdict(set)
    touched = through.filter(policystate__in=idle).values("appliedset_id")
    for key, policy in through.filter(appliedset__in=touched).values_list(
        "appliedset_id", "policystate_id"
    ):
        sets[key].add(policy)
    if not sets:
        return
    rows = {row.pk: row for row in idle}
    for row in rows.values():
        _forget(row, now)
    _shrink(cluster_id, {key: frozenset(one - rows.keys()) for key, one in sets.items()})


def unused_sets(cluster_id: int) -> None:
    """Remove the applied sets that no component has any more."""
    used = Component.objects.filter(applied=OuterRef("pk"))
    AppliedSet.objects.filter(~Exists(used), cluster=cluster_id).delete()


def _log_reaches(scan: Scan, audit: ClusterAudit) -> bool:
    state = ClusterState.objects.get(cluster=scan.cluster_id)
    return state.compacted <= audit.revision


def _remove(keys: Sequence[int], now: datetime) -> int:
    for part in in_pieces(keys, _AT_ONCE):
        states = ComponentState.objects.filter(component__in=part)
        _tell(states, now)
        states._raw_delete(states.db)
        rows = Component.objects.filter(pk__in=part)
        rows._raw_delete(rows.db)
    return len(keys)


def _forget(policy: PolicyState, now: datetime) -> None:
    """Remove what a policy found, and count again what is left of its components."""
    states = ComponentState.objects.filter(policy=policy)
    keys = list(states.values_list("component", flat=True))
    after = policy.state if policy.active and policy.state in _AFTER else ""
    _tell(states, now, after)
    states._raw_delete(states.db)
    for part in in_pieces(keys, _AT_ONCE):
        recount(Component.objects.filter(pk__in=part))


def recount(rows: QuerySet[Component]) -> None:
    """Count again how many policies find fault with components."""
    bad = ComponentState.objects.filter(
        component=OuterRef("pk"), state=ComplianceState.NON_COMPLIANT
    )
    rows.update(
        non_compliant=_count(bad),
        blocking=_count(bad.filter(severity=ComponentState.Severity.BLOCKING)),
    )


def _count(rows: QuerySet[ComponentState]) -> Coalesce:
    numbers = rows.order_by().values("component").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)


def _shrink(cluster_id: int, left: dict[int, frozenset[int]]) -> None:
    """Put smaller sets in the place of others; a component that no policy judges goes."""
    keys = applied_sets(cluster_id, [one for one in left.values() if one])
    for key, policies in left.items():
        rows = Component.objects.filter(applied=key)
        if policies:
            rows.update(applied=keys[policies])
        else:
            rows._raw_delete(rows.db)


def _tell(states: QuerySet[ComponentState], now: datetime, after: str = "") -> None:
    """Write down that what was bad is no longer there."""
    about = {name: F(f"component__{name}") for name in _ABOUT if name not in ("namespace", "kind")}
    rows = states.order_by("pk").values(
        "cluster_id", "policy_id", "namespace", "kind", before=F("state"), **about
    )
    events = (ComplianceEvent(at=now, after=after, **row) for row in rows.iterator(_AT_ONCE))
    ComplianceEvent.objects.bulk_create(events, batch_size=_AT_ONCE)
