"""What stands in the portal about policy, as one short text that differs as soon as it changes.

The add-on asks it before it does anything, so it must be cheap: one statement, of counts and of the
newest entries of the histories that every service writes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import metadata

from django.db import connection
from django.db.models import Min

from policy_app import wall_clock
from policy_app.models import (
    Assignment,
    Cluster,
    Definition,
    DefinitionVersion,
    Exemption,
    FetchedTemplate,
    Scope,
)

_COUNTED = (Assignment, Exemption, Definition, DefinitionVersion, FetchedTemplate, Scope)
_WITH_HISTORY = (Assignment, Exemption, Definition, DefinitionVersion)


@dataclass(frozen=True, slots=True)
class Estate:
    """What the add-on of a cluster goes by."""

    enabled: bool
    """Whether the add-on is on."""
    mark: str


def look(cluster: Cluster) -> Estate:
    """How it stands now, whatever ``cluster`` was when it was read."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_statement()} WHERE c.id = %s", [cluster.pk])
        return _estate(*cursor.fetchone()[1:])


def look_at_all() -> Iterator[tuple[int, Estate]]:
    """The same of every cluster, by primary key, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_statement())
        rows = cursor.fetchall()
    for key, *told in rows:
        yield key, _estate(*told)


def next_end(cluster: Cluster) -> datetime | None:
    """When the next exemption at or above the cluster ends, which nobody writes down."""
    live = Exemption.objects.filter(
        scope_id__in=cluster.scope.lineage, expires_on__gt=wall_clock.now()
    )
    found: datetime | None = live.aggregate(end=Min("expires_on"))["end"]
    return found


@lru_cache(maxsize=1)
def _statement() -> str:
    columns, source = parts_of_statement()
    return f"SELECT {', '.join(['c.id', *columns])} FROM {source}"  # noqa: S608


def parts_of_statement() -> tuple[list[str], str]:
    """What one row about a cluster ``c`` holds, and where it is from, for who asks more at once.

    The switch, the cluster's place and type, then numbers.  All names are those of Django's models.
    """
    cluster, scope = Cluster._meta.db_table, Scope._meta.db_table
    parts = ["c.addon_enabled", "c.resource_type", "s.path", "s.location"]
    parts += [f"(SELECT COUNT(*) FROM {one._meta.db_table})" for one in _COUNTED]  # noqa: S608
    histories = [one.history.model._meta.db_table for one in _WITH_HISTORY]
    parts += [f"(SELECT MAX(history_id) FROM {one})" for one in histories]  # noqa: S608
    parts.append(f"(SELECT MAX(id) FROM {FetchedTemplate._meta.db_table})")  # noqa: S608
    return parts, f"{cluster} c JOIN {scope} s ON s.id = c.scope_id"


def _estate(enabled: object, *rest: object) -> Estate:
    told = (_release(), *("" if one is None else str(one) for one in rest))
    return Estate(bool(enabled), "/".join(told)[:200])


@lru_cache(maxsize=1)
def _release() -> str:
    """A newer portal may make something else of the same definitions."""
    return metadata.version("policy-portal")
