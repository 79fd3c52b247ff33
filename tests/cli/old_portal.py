"""Make a portal as it was before audits: the tables of migration 0005, and what people had in them.

``python -m tests.cli.old_portal`` fills the database that the environment names.
"""

from __future__ import annotations

import os

LAST = ("policy_app", "0005_addon")


def main() -> None:
    """Tables and rows as the portal of that time would have left them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "policy_app"]
    # The apps around it first, as far as they do not need newer tables of ours.
    executor.migrate([*others, LAST])
    old = MigrationExecutor(connection).loader.project_state([LAST]).apps
    User.objects.create_superuser("old-admin", password="from before")
    scope, cluster = old.get_model("policy_app", "Scope"), old.get_model("policy_app", "Cluster")
    root = scope.objects.create(
        kind="subscription",
        name="sub-old",
        display_name="Old",
        arm_id="/subscriptions/Old",
        key="/subscriptions/old",
        path="/1/",
    )
    below = scope.objects.create(
        kind="cluster",
        name="aks-old",
        display_name="aks-old",
        arm_id="/subscriptions/Old/aks-old",
        key="/subscriptions/old/aks-old",
        path=f"/{root.pk}/2/",
        parent=root,
    )
    made = cluster.objects.create(scope=below)
    old.get_model("policy_app", "ClusterState").objects.create(cluster=made, revision=2, settled=2)
    old.get_model("policy_app", "KubeObject").objects.create(
        cluster=made,
        plural="pods",
        namespace="default",
        name="survivor",
        uid="11111111-1111-1111-1111-111111111111",
        revision=2,
        body={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "survivor"}},
    )
    old.get_model("policy_app", "Refusal").objects.create(
        cluster=made,
        at="2026-01-01T00:00:00Z",
        door="cluster",
        operation="CREATE",
        kind="Pod",
        name="refused",
        message="[azurepolicy-x] no",
    )


if __name__ == "__main__":
    main()
