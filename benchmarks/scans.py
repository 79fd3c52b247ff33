"""Clusters to audit, and what their audits came to: ``python -m benchmarks.scans COMMAND``.

It works on the portal that the environment names (POLICY_PORTAL_DATA, DATABASE_URL), in a process
of its own, so that workers can be measured, and killed, as they run in use.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks import pods
from benchmarks.bench_test import PARAMETERS, SAFEGUARDS

if TYPE_CHECKING:
    from policy_app.models import Cluster, PolicyState

BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"

_WRITTEN_AT_ONCE = 2_000


def fill(count: int, clusters: int, *, small: bool = False) -> None:
    """A new portal with the safeguards on ``clusters`` clusters of ``count`` Pods each.

    ``small`` takes five policies in place of twenty-seven.
    """
    from policy_app.services import assignments, definitions, scopes, setup
    from policy_app.services.drafts import AssignmentDraft

    setup.prepare()
    draft = AssignmentDraft(
        scopes.get(GROUP),
        "safeguards",
        definitions.built_in("initiative", BASELINE if small else SAFEGUARDS),
        display_name="Safeguards",
        parameters={} if small else PARAMETERS,
    )
    assignments.put(draft, setup.first_superuser())
    for number in range(clusters):
        add_pods(_cluster(number), count)


def add_pods(cluster: Cluster, count: int) -> None:
    """Pods as teams write them, in forty namespaces, as if controllers had seen to them."""
    from policy_app.services.cluster import bootstrap, kinds
    from policy_app.services.cluster.store import writing

    served = kinds.builtins_of(cluster)
    pod, home = served.of("v1", "Pod"), served.of("v1", "Namespace")
    assert pod is not None
    assert home is not None
    things = pods.objects(count)
    with writing(cluster) as writer:
        writer.add_all(home, [bootstrap.namespace(f"team-{n}", {}) for n in range(pods.TEAMS)])
    for _ in range(0, count, _WRITTEN_AT_ONCE):
        with writing(cluster) as writer:
            writer.add_all(pod, itertools.islice(things, _WRITTEN_AT_ONCE))
            writer.state.settled = writer.state.revision


def request() -> None:
    """Ask for a full scan of every cluster that has Pods of ours."""
    from policy_app.models import Scan
    from policy_app.services.compliance import scanning

    for cluster in _clusters():
        scanning.request(cluster, Scan.Trigger.DEMAND, reach=Scan.Reach.FULL)


def reset() -> None:
    """Forget every audit, as if none had ever been asked for."""
    from policy_app.models import (
        AppliedSet,
        ClusterAudit,
        ComplianceEvent,
        ComplianceSample,
        Component,
        ComponentState,
        PolicyState,
        Scan,
    )

    models: list[type[Any]] = [ComponentState, ComplianceEvent, Component, AppliedSet, PolicyState]
    models += [ComplianceSample, ClusterAudit, Scan]
    for model in models:
        model._base_manager.all().delete()


def wait(seconds: float) -> bool:
    """Until no scan is open; False where it takes longer."""
    from policy_app.models import Scan

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not Scan.objects.filter(state__in=Scan.OPEN).exists():
            return True
        time.sleep(0.1)
    return False


def took() -> float:
    """Seconds from the first request to the last end."""
    from django.db.models import Max, Min

    from policy_app.models import Scan

    told = Scan.objects.aggregate(first=Min("requested_at"), last=Max("finished_at"))
    assert told["first"]
    assert told["last"]
    return float((told["last"] - told["first"]).total_seconds())


def outcome() -> dict[str, Any]:
    """What the audits found, without times and keys: two that saw the same are the same."""
    from policy_app.models import ComplianceEvent, Component, ComponentState, PolicyState, Scan

    policies = {row.pk: _name(row) for row in PolicyState.objects.all()}
    parts: dict[str, Counter[Any]] = {
        "components": Counter(
            Component.objects.values_list(
                "cluster", "kind", "namespace", "name", "non_compliant", "blocking", "error"
            )
        ),
        "states": Counter(
            (policies[policy], *rest)
            for policy, *rest in ComponentState.objects.values_list(
                "policy", "component__namespace", "component__name", "state", "severity", "message"
            )
        ),
        "events": Counter(
            (policies[policy], *rest)
            for policy, *rest in ComplianceEvent.objects.values_list(
                "policy", "kind", "namespace", "name", "before", "after"
            )
        ),
        "policies": Counter(
            (policies[key], *rest)
            for key, *rest in PolicyState.objects.values_list(
                "pk", "state", "compliant", "non_compliant", "errors"
            )
        ),
    }
    scans = Scan.objects.order_by("requested_at").values_list("state", "objects_total", "error")
    return {name: _digest(rows) for name, rows in parts.items()} | {"scans": [*map(list, scans)]}


def _digest(rows: Counter[Any]) -> str:
    """How many, and a mark of which; doubles count."""
    text = "\n".join(sorted(f"{row} {times}" for row, times in rows.items()))
    return f"{sum(rows.values())} {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _name(row: PolicyState) -> str:
    return f"{row.cluster_id} {row.assignment_key} {row.definition_key} {row.reference_id}"


def _cluster(number: int) -> Cluster:
    """``aks-demo``, and others beside it."""
    from policy_app.models import Cluster, Scope

    demo = Cluster.objects.select_related("scope").get(scope__name="aks-demo")
    if number == 0:
        return demo
    name = f"aks-{number}"
    scope = Scope.objects.create(
        kind=demo.scope.kind,
        name=name,
        display_name=name,
        arm_id=f"{demo.scope.arm_id.rpartition('/')[0]}/{name}",
        parent=demo.scope.parent,
    )
    return Cluster.objects.create(scope=scope)


def _clusters() -> list[Cluster]:
    from policy_app.models import Cluster

    ours = Cluster.objects.filter(kube_objects__plural="pods", kube_objects__name="app-0")
    return list(ours.select_related("scope").distinct())


def main() -> int:
    """One command of this module's; ``outcome`` prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["fill", "reset", "request", "wait", "took", "outcome"])
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--clusters", type=int, default=1)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=120)
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("POLICY_PORTAL_LOG_LEVEL", "WARNING")
    import django

    django.setup()
    if given.command == "fill":
        fill(given.pods, given.clusters, small=given.small)
    elif given.command == "reset":
        reset()
        request()
    elif given.command == "request":
        request()
    elif given.command == "wait":
        return 0 if wait(given.seconds) else 1
    else:
        json.dump(took() if given.command == "took" else outcome(), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
