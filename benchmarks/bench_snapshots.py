"""How long a snapshot of a dump takes, how much memory, and how both grow; beside ``json.load``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT, Measurement

FEW, MANY = 2_500, 10_000
_CHANGED = 100
_PEER = "import json, sys; json.load(open(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Used:
    """What a process took."""

    seconds: float
    """Of the processor."""
    megabytes: float


def measure() -> Iterator[Measurement]:
    """Whole processes, on SQLite; the processor's time, since a busy machine makes a clock lie."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        few, many = _dump(home / "few.json", FEW), _dump(home / "many.json", MANY)
        # What every command takes before it reads anything.
        _snapshot(home, _dump(home / "one.json", 1), "one")
        idle = _snapshot(home, home / "one.json", "one")
        small, large = _snapshot(home, few, "few"), _snapshot(home, many, "many")
        again = _snapshot(home, many, "many")
        changed = _snapshot(home, _dump(home / "changed.json", MANY, _CHANGED), "many")
        peer = _run([sys.executable, "-c", _PEER, str(many)])
    yield Measurement(f"first snapshot of {MANY:,} Pods, CPU", large.seconds, "s")
    yield Measurement("again, nothing changed, CPU", again.seconds, "s")
    yield Measurement(f"again, {_CHANGED} changed, CPU", changed.seconds, "s")
    growth = (large.seconds - idle.seconds) / (small.seconds - idle.seconds)
    yield Measurement(f"growth of time for {MANY // FEW} times the Pods", growth, "x")
    yield Measurement(f"memory for {MANY:,} Pods", large.megabytes, "MB", "limit 500")
    yield Measurement("memory of json.load on the same dump", peer.megabytes, "MB")
    yield Measurement("memory beside json.load", large.megabytes / peer.megabytes, "x")


def _snapshot(home: Path, dump: Path, cluster: str) -> Used:
    words = ["snapshot", str(dump), "--cluster", cluster, "--create", "--data", str(home / "data")]
    return _run([sys.executable, "-m", "policy_app.cli", *words])


def _run(command: list[str]) -> Used:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Used(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _dump(file: Path, pods: int, changed: int = 0) -> Path:
    """What ``kubectl get pods -A -o json`` writes."""
    with file.open("w", encoding="utf-8") as out:
        out.write('{"apiVersion": "v1", "items": [\n')
        for number in range(pods):
            separator = ",\n" if number else ""
            out.write(separator + json.dumps(_pod(number, changed=number < changed), indent=4))
        out.write('\n], "kind": "List", "metadata": {"resourceVersion": ""}}\n')
    return file


def _pod(number: int, *, changed: bool) -> dict[str, object]:
    metadata = {
        "name": f"app-{number}",
        "namespace": f"team-{number % 40}",
        "uid": f"00000000-0000-0000-0000-{number:012}",
        "resourceVersion": str(1_000 + number),
        "creationTimestamp": "2026-01-02T03:04:05Z",
        "labels": {"app": f"app-{number // 3}", "changed": str(changed)},
        "managedFields": [{"manager": "kubelet", "fieldsV1": {key: {} for key in "abcdefghij"}}],
    }
    containers = [_container(name, number) for name in ("main", "proxy")]
    conditions = [{"type": one, "status": "True"} for one in ("Initialized", "Ready")]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": containers, "nodeName": f"node-{number % 100}"},
        "status": {"phase": "Running", "conditions": conditions},
    }


def _container(name: str, number: int) -> dict[str, object]:
    limits = {"cpu": "500m", "memory": "256Mi"}
    return {
        "name": name,
        "image": f"registry.example.org/{name}:{number % 30}",
        "env": [{"name": f"VARIABLE_{one}", "value": "value" * 4} for one in range(8)],
        "resources": {"limits": limits, "requests": limits},
        "securityContext": {"runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
    }
