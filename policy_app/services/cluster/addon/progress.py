"""The way of each assignment into a cluster: assigned, synced, installed, enforcing, audited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from policy_app.evaluation.language.reasons import MEANINGS, NotInstalled
from policy_app.models import AddonProgress, Assignment, Cluster
from policy_app.services import reach
from policy_app.services.cluster.addon.wanted import Wanted
from policy_app.services.drafts import from_assignment

STEPS = ("Assigned", "Synced", "Installed", "Enforcing", "Audited")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way; without a moment it has not been reached."""

    name: str
    at: datetime | None

    @property
    def reached(self) -> bool:
        """Whether the assignment has come so far."""
        return self.at is not None


@dataclass(frozen=True, slots=True)
class Timeline:
    """How far one assignment has come in one cluster."""

    assignment_id: str
    assignment: Assignment | None
    """None where it has been deleted since the last sync."""
    steps: tuple[Step, ...]
    constraints: tuple[str, ...]
    """The constraints and mutators that it has in the cluster."""
    code: str = ""
    """Azure's reason code where the way stopped, or the portal's for what is rightly not there."""
    reason: str = ""

    @property
    def meaning(self) -> str:
        """What the code means."""
        return MEANINGS.get(self.code, "")

    @property
    def stopped_at(self) -> str:
        """The step that was not reached; empty where all were."""
        return next((one.name for one in self.steps if not one.reached), "")


def of_cluster(cluster: Cluster) -> list[Timeline]:
    """Every assignment that reaches a cluster, those included that no sync has seen yet."""
    known = {one.assignment_key: one for one in AddonProgress.objects.filter(cluster=cluster)}
    found = [_timeline(row, known.pop(row.arm_id.lower(), None)) for row in _reaching(cluster)]
    # What was deleted stays in the cluster until the next sync.
    return found + [_gone(one) for one in known.values()]


def note(cluster: Cluster, wanted: Wanted, now: datetime, *, enabled: bool) -> None:
    """Write down what a sync has done; an assignment that was changed begins anew."""
    rows = list(_reaching(cluster)) if enabled else []
    known = {one.assignment_key: one for one in AddonProgress.objects.filter(cluster=cluster)}
    for row in rows:
        arm_id = row.arm_id
        one = known.pop(arm_id.lower(), None) or AddonProgress(
            cluster=cluster, assignment_key=arm_id.lower(), assigned_at=row.updated_at
        )
        _note(one, row, wanted, now)
    AddonProgress.objects.filter(pk__in=[one.pk for one in known.values()]).delete()


def awaits_audit(cluster: Cluster) -> bool:
    """Whether something is enforced that no audit has looked at yet."""
    waiting = AddonProgress.objects.filter(cluster=cluster, audited_at=None)
    return waiting.exclude(enforcing_at=None).exists()


def audited(cluster: Cluster, at: datetime) -> None:
    """An audit has looked at everything that is enforced."""
    AddonProgress.objects.filter(cluster=cluster, enforcing_at__lte=at).update(audited_at=at)


def _note(one: AddonProgress, row: Assignment, wanted: Wanted, now: datetime) -> None:
    brings = wanted.digest_of(row.arm_id)
    if one.brings == brings and one.synced_at is not None and one.assigned_at >= row.updated_at:
        return
    names, missing = wanted.names_of(row.arm_id), wanted.failures_of(row.arm_id)
    there = bool(names) and not any(failure.failed for failure in missing)
    stop = _stop(missing, there=there)
    one.assignment_arm_id, one.brings, one.constraints = row.arm_id, brings, names
    one.assigned_at, one.synced_at = row.updated_at, now
    one.installed_at = one.enforcing_at = now if there else None
    one.audited_at = None
    one.code, one.reason = (stop.code, stop.reason) if stop is not None else ("", "")
    one.save()


def _stop(missing: list[NotInstalled], *, there: bool) -> NotInstalled | None:
    """Why the way stops: the first failure, or what is rightly absent where nothing is there."""
    return None if there or not missing else missing[0]


def _reaching(cluster: Cluster) -> Iterator[Assignment]:
    rows = Assignment.objects.filter(scope_id__in=cluster.scope.lineage)
    for row in rows.select_related("scope", "definition").order_by("pk"):
        if reach.reaches(from_assignment(row), cluster):
            yield row


def _timeline(row: Assignment, one: AddonProgress | None) -> Timeline:
    # A change that no sync has seen yet is at the beginning of its way.
    behind = one is None or one.assigned_at < row.updated_at
    if one is None or behind:
        return Timeline(row.arm_id, row, _steps([row.updated_at]), ())
    return Timeline(row.arm_id, row, _steps(_moments(one)), tuple(one.constraints), **_why(one))


def _gone(one: AddonProgress) -> Timeline:
    steps = _steps(_moments(one))
    return Timeline(one.assignment_arm_id, None, steps, tuple(one.constraints), **_why(one))


def _why(one: AddonProgress) -> dict[str, str]:
    return {"code": one.code, "reason": one.reason}


def _moments(one: AddonProgress) -> list[datetime | None]:
    return [one.assigned_at, one.synced_at, one.installed_at, one.enforcing_at, one.audited_at]


def _steps(moments: list[datetime] | list[datetime | None]) -> tuple[Step, ...]:
    padded = [*moments, *[None] * (len(STEPS) - len(moments))]
    return tuple(Step(name, at) for name, at in zip(STEPS, padded, strict=True))
