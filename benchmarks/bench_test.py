"""``policy-portal test`` on many Pods, beside Checkov on the same files if that is installed.

Every Pod is judged under the deployment safeguards, the largest initiative.  Checkov judges by
policies of its own, so only what a pipeline waits for can be compared.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import pods
from benchmarks.measuring import ROOT, Measurement, as_installed

SAFEGUARDS = "c047ea8e-9c78-49b2-958b-37e56d291a44"
PARAMETERS = {
    "allowedUsers": ["admin"],
    "allowedGroups": ["system:nodes"],
    "labels": ["kubernetes.azure.com"],
    "allowedContainerImagesRegex": r"^registry\.example\.com/.+$",
    "reservedTaints": ["CriticalAddonsOnly"],
}
PODS = 1_500
MORE_PODS = (6_000, 30_000)
MEMORY_LIMIT = 300
TIMES_CHECKOV = 15


@dataclass(frozen=True, slots=True)
class Run:
    """A process from its start to its end, and the most memory it held, in MB.

    Where it had workers, the memory is that of whichever process held most, and the time of
    processors is that of all.
    """

    seconds: float
    busy: float
    """Seconds of processors: a machine with other work to do changes them less."""
    megabytes: float


def measure() -> Iterator[Measurement]:
    """Whole processes, as a pipeline starts them."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        parameters = folder / "parameters.json"
        parameters.write_text(json.dumps(PARAMETERS))
        manifests = folder / "pods"
        pods.write(manifests, PODS)
        first = _ours(manifests, parameters)
        ours = _ours(manifests, parameters, times=3)
        files = len(list(manifests.iterdir()))
        what = f"test {PODS:,} Pods in {files} files"
        yield Measurement(f"{what}: nothing kept yet", first.seconds, "s")
        note = f"{_each(ours, PODS)} a Pod, {ours.busy:.1f} s of processors"
        yield Measurement(what, ours.seconds, "s", note)
        note = f"limit {MEMORY_LIMIT}"
        yield Measurement(f"{what}: peak memory", ours.megabytes, "MB", note)
        yield _beside_checkov(manifests, ours)
        for count in MORE_PODS:
            many = folder / f"pods-{count}"
            pods.write(many, count)
            run = _ours(many, parameters)
            note = f"{_each(run, count)} a Pod, {run.megabytes:,.0f} MB"
            yield Measurement(f"test {count:,} Pods", run.seconds, "s", note)


def _each(run: Run, count: int) -> str:
    return f"{run.seconds / count * 1000:.2f} ms"


def _ours(manifests: Path, parameters: Path, times: int = 1) -> Run:
    arguments = ("-f", str(manifests), "--initiative", SAFEGUARDS, "--parameters", str(parameters))
    command = [sys.executable, "-m", "policy_app.cli", "test", *arguments, "--output", "json"]
    environment = as_installed(str(parameters.parent))
    runs = [_run(command, {0}, environment) for _ in range(times)]
    return min(runs, key=lambda one: one.seconds)


def _beside_checkov(manifests: Path, ours: Run) -> Measurement:
    program = shutil.which("checkov")
    what = "Checkov's kubernetes framework on the same files"
    if program is None:
        return Measurement(what, 0.0, "s", "skipped: checkov is not installed")
    options = ("--framework", "kubernetes", "--quiet", "--compact", "--output", "json")
    theirs = _run([program, "--directory", str(manifests), "--soft-fail", *options], {0})
    times, busier = theirs.seconds / ours.seconds, theirs.busy / ours.busy
    note = f"{times:.1f} times ours (limit {TIMES_CHECKOV}); of processors {busier:.1f} times"
    return Measurement(what, theirs.seconds, "s", note)


def _run(
    command: Sequence[str], allowed: set[int], environment: Mapping[str, str] | None = None
) -> Run:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in allowed:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: {' '.join(command)}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
