"""One audit in a process of its own, so that its memory is its own: prints what it took as JSON.

``python -m benchmarks.audit_once 10000``; with ``DATABASE_URL`` on that database, which is emptied.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks import pods
from benchmarks.bench_test import PARAMETERS, SAFEGUARDS

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
CHANGED = 100
_WRITTEN_AT_ONCE = 2_000


def main(count: int) -> dict[str, Any]:
    """Seconds, objects and statements of a first audit and of audits after small changes."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "POLICY_PORTAL_DATA": folder,
            "POLICY_PORTAL_LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("flush", verbosity=0, interactive=False)
        return _measured(count)


def _measured(count: int) -> dict[str, Any]:
    from policy_app.services import setup
    from policy_app.services.cluster import lookup

    setup.prepare()
    cluster = lookup.by_name("aks-demo")
    _fill(cluster, count)
    before = _memory()
    _assign("safeguards", SAFEGUARDS, PARAMETERS | {"effect": "Audit"})
    found: dict[str, Any] = {"first": _scan(cluster)}
    found["nothing"] = _scan(cluster)
    _change(cluster, CHANGED)
    found["changed"] = _scan(cluster)
    _assign("one", NO_PRIVILEGE, {"effect": "deny"})
    found["assigned"] = _scan(cluster)
    found["memory"] = {"before": before, "peak": _memory()}
    return found


def _scan(cluster: Any) -> dict[str, Any]:
    """A whole audit, as one worker does it."""
    from policy_app.models import Scan
    from policy_app.services.compliance import finishing, judging, planning, scanning

    scan = scanning.request(cluster, Scan.Trigger.DEMAND)
    took: dict[str, Any] = {}
    scan = _timed(took, "plan", lambda: planning.plan(scan))
    chunks = list(scan.chunks.order_by("number"))
    done = _timed(took, "judge", lambda: [judging.judge(chunk) for chunk in chunks])
    scan.chunks.update(state="done")
    _timed(took, "finish", lambda: finishing.finish(scan))
    took["total"] = sum(took[name] for name in ("plan", "judge", "finish"))
    return took | {"objects": scan.objects_total, "changed": sum(one.changed for one in done)}


def _timed(took: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    began, busy = time.perf_counter(), time.process_time()
    result = work()
    took[name] = time.perf_counter() - began
    took[f"{name}_cpu"] = time.process_time() - busy
    return result


def _fill(cluster: Any, count: int) -> None:
    from policy_app.services.cluster import bootstrap, kinds
    from policy_app.services.cluster.store import writing

    served = kinds.builtins_of(cluster)
    pod, home = served.of("v1", "Pod"), served.of("v1", "Namespace")
    assert pod is not None, "every cluster has Pods"
    assert home is not None, "every cluster has Namespaces"
    things = pods.objects(count)
    with writing(cluster) as writer:
        homes = [bootstrap.namespace(f"team-{number}", {}) for number in range(pods.TEAMS)]
        writer.add_all(home, homes)
    for _ in range(0, count, _WRITTEN_AT_ONCE):
        with writing(cluster) as writer:
            part = [one for one, _ in zip(things, range(_WRITTEN_AT_ONCE), strict=False)]
            writer.add_all(pod, part)
            writer.state.settled = writer.state.revision


def _change(cluster: Any, count: int) -> None:
    """Label some Pods: a change that no policy minds, and that must be judged nevertheless."""
    from policy_app.models import KubeObject
    from policy_app.services.cluster.store import writing

    with writing(cluster) as writer:
        rows = KubeObject.objects.filter(cluster=cluster, plural="pods").order_by("name")[:count]
        for row in rows:
            metadata = row.body["metadata"]
            labels = {**(metadata.get("labels") or {}), "moved": "yes"}
            writer.change(row, {**row.body, "metadata": {**metadata, "labels": labels}})
        writer.state.settled = writer.state.revision


def _assign(name: str, definition: str, parameters: dict[str, Any]) -> None:
    from policy_app.models import Definition
    from policy_app.services import assignments, definitions, scopes
    from policy_app.services.drafts import AssignmentDraft

    kind = Definition.Kind.INITIATIVE if definition == SAFEGUARDS else Definition.Kind.POLICY
    target = definitions.built_in(kind, definition)
    draft = AssignmentDraft(
        scopes.get(GROUP), name, target, display_name=name, parameters=parameters
    )
    assignments.put(draft, None)


NO_PRIVILEGE = "95edb821-ddaf-4404-9732-666045e056b4"
"""Kubernetes cluster should not allow privileged containers."""


def _memory() -> float:
    """The most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
