"""Find scopes by ARM id, and walk the tree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from policy_app.models import Cluster, Scope
from policy_app.services.errors import NotFound, PolicyError

Row = TypeVar("Row", bound=Model)
_SLASHES = re.compile(r"/{2,}")
_MISSING = (
    # the first pattern that fits the lower-case id says which of ARM's codes applies
    (re.compile(r"/providers/microsoft\.management/managementgroups/[^/]+"), "NotFound"),
    (re.compile(r"/subscriptions/[^/]+"), "SubscriptionNotFound"),
    (re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+"), "ResourceGroupNotFound"),
    (re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/.+"), "ResourceNotFound"),
)


def normal_id(arm_id: str) -> str:
    """The id with one leading slash, none at the end, and no doubled ones.

    Real clients send ``//subscriptions/…``; ARM takes it, and so does the portal.  No id holds a
    NUL, and PostgreSQL fails on one even in a comparison.
    """
    return "/" + _SLASHES.sub("/", arm_id.replace("\x00", "").strip()).strip("/")


def split(arm_id: str, resource_type: str) -> tuple[str, str] | None:
    """The scope's id and the name in the id of a resource of a type; None for any other id."""
    wanted, provider = normal_id(arm_id), f"/providers/{resource_type}/".lower()
    at = wanted.lower().rfind(provider)
    return (wanted[:at], wanted[at + len(provider) :]) if at > 0 else None


def find(arm_id: str) -> Scope | None:
    """The scope with this id, in any letter case."""
    return Scope.objects.filter(key=normal_id(arm_id).lower()).first()


def get(arm_id: str) -> Scope:
    """The scope with this id; ``NotFound`` with ARM's code for its level, or ``PolicyError``."""
    found = find(arm_id)
    if found is None:
        raise missing(arm_id)
    return found


def missing(arm_id: str) -> PolicyError:
    """What is said of an id that leads to no scope, or to none that the caller may know of."""
    wanted = normal_id(arm_id)
    for pattern, code in _MISSING:
        if pattern.fullmatch(wanted.lower()):
            return NotFound(code, f"The scope '{wanted}' could not be found.", target="scope")
    return PolicyError(
        "InvalidScope",
        f"'{wanted}' is no scope: give the id of a management group, a subscription, a resource"
        " group or a Kubernetes cluster.",
        target="scope",
    )


def tree(among: Iterable[Scope] | None = None) -> list[Scope]:
    """Scopes, parents before their children, siblings by name: every one, or those given."""
    scopes = list(Scope.objects.all() if among is None else among)
    names = {scope.pk: scope.display_name.lower() for scope in scopes}
    return sorted(scopes, key=lambda s: [(names.get(pk, ""), pk) for pk in s.lineage])


def at_and_above(scope: Scope) -> QuerySet[Scope]:
    """The scope and its ancestors."""
    return Scope.objects.filter(pk__in=scope.lineage)


def at_and_below(scope: Scope) -> QuerySet[Scope]:
    """The scope and everything under it."""
    return Scope.objects.filter(path__startswith=scope.path)


def around(rows: QuerySet[Row], scope: Scope, at: str = "") -> QuerySet[Row]:
    """Of rows that are at scopes, those that ARM lists at one.

    Without ``at``: everything at, above and below the scope; ``atScope`` leaves out what is below;
    ``atExactScope`` is this scope alone.
    """
    if at == "atExactScope":
        return rows.filter(scope=scope)
    if at == "atScope":
        return rows.filter(scope_id__in=scope.lineage)
    return rows.filter(Q(scope_id__in=scope.lineage) | Q(scope__path__startswith=scope.path))


def clusters_below(scope: Scope) -> QuerySet[Cluster]:
    """The clusters that an assignment at this scope reaches, exclusions aside."""
    return Cluster.objects.filter(scope__path__startswith=scope.path).select_related("scope")


def clusters() -> QuerySet[Cluster]:
    """Every cluster with its place in the tree."""
    return Cluster.objects.select_related("scope", "scope__parent").order_by("scope__name")


def breadcrumb(scope: Scope, known: Iterable[Scope] = ()) -> str:
    """``mg-demo / Demo subscription / rg-demo``: the way down to the scope, the root left out.

    ``known`` saves the query where the caller holds the tree already.
    """
    by_key = {one.pk: one for one in known} or {one.pk: one for one in at_and_above(scope)}
    names = [str(by_key[pk]) for pk in scope.lineage if pk in by_key]
    return " / ".join((names[1:] if scope.lineage[0] in by_key else names) or names)
