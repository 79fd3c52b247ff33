"""Everything that decides for a cluster, as one row that differs as soon as any of it changes.

Webhooks ask it twice a second between two answers, so it is one statement of indexed numbers, read
without making objects of it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connection

from policy_app.models import AddonState, Cluster, ClusterState, KubeObject
from policy_app.services.cluster.addon import estate

Row = tuple[Any, ...]


def of(cluster: Cluster, *, synced: bool) -> Row:
    """The row of a cluster; empty where the cluster is gone.

    ``synced`` tells that policies look at other objects, so that each change of one counts.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [cluster.pk])
        found = cursor.fetchone()
    if found is None:
        return ()
    revision, *rest = found
    return (*rest, revision if synced else 0)


@lru_cache(maxsize=1)
def _statement() -> str:
    """The estate's row, the cluster's and its add-on's, and how its Namespaces stand.

    All names in it are those of Django's models.
    """
    columns, source = estate.parts_of_statement()
    state, addon = ClusterState._meta.db_table, AddonState._meta.db_table
    homes = f"{KubeObject._meta.db_table} o WHERE o.cluster_id = c.id AND o.{_quoted('group')} = ''"
    homes = f"{homes} AND o.plural = 'namespaces'"
    own = ["st.deciding", "st.filled", "c.gatekeeper"]
    own += [f"a.{name}" for name in ("token_number", "timing", "enabled", "estate")]
    own += [f"a.{name}" for name in ("synced_at", "due_at")]
    own += [f"(SELECT {told} FROM {homes})" for told in ("COUNT(*)", "MAX(o.revision)")]  # noqa: S608
    joined = f"{source} LEFT JOIN {state} st ON st.cluster_id = c.id"
    joined = f"{joined} LEFT JOIN {addon} a ON a.cluster_id = c.id"
    told = ", ".join(["st.revision", *columns, *own])
    return f"SELECT {told} FROM {joined} WHERE c.id = %s"  # noqa: S608


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
