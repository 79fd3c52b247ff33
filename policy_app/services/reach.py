"""Which clusters an assignment reaches: those at its scope and below, but for its exclusions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policy_app.models import Cluster, Scope
from policy_app.services import scopes
from policy_app.services.drafts import AssignmentDraft


def reaches(draft: AssignmentDraft, cluster: Cluster) -> bool:
    """Is the cluster at or below the assignment's scope, and in none of its exclusions?"""
    return covers(draft, cluster.scope)


def covers(draft: AssignmentDraft, scope: Scope) -> bool:
    """Is a scope at or below the assignment's, and in none of its exclusions?"""
    return scope.is_at_or_below(draft.scope) and not _Exclusions.of(draft).cover(scope)


def covered(draft: AssignmentDraft, some: Iterable[Scope]) -> set[int]:
    """The primary keys of those among the scopes that the assignment covers, in one query."""
    excluded = _Exclusions.of(draft)
    return {one.pk for one in some if one.is_at_or_below(draft.scope) and not excluded.cover(one)}


def clusters_reached(draft: AssignmentDraft) -> list[Cluster]:
    """Every cluster that the assignment reaches, by name."""
    excluded = _Exclusions.of(draft)
    below = scopes.clusters_below(draft.scope).order_by("scope__name")
    return [cluster for cluster in below if not excluded.cover(cluster.scope)]


@dataclass(frozen=True, slots=True)
class _Exclusions:
    """What ``notScopes`` leaves out.

    Both ways of looking are needed: a management group is no part of the ids below it, so only
    the tree knows what it covers; and an exclusion may name what is no scope of the tree.
    """

    keys: tuple[str, ...]
    known: tuple[Scope, ...]

    @classmethod
    def of(cls, draft: AssignmentDraft) -> _Exclusions:
        """One query, and none where nothing is excluded."""
        keys = tuple(str(one).lower().rstrip("/") for one in draft.not_scopes)
        known = tuple(Scope.objects.filter(key__in=keys)) if keys else ()
        return cls(keys, known)

    def cover(self, scope: Scope) -> bool:
        """True where the scope is one of the exclusions, or below one."""
        return any(scope.is_at_or_below(one) for one in self.known) or any(
            f"{scope.key}/".startswith(f"{key}/") for key in self.keys
        )
