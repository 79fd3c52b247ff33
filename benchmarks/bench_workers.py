"""One worker and two on the same audit: 10,000 Pods under the deployment safeguards.

Each pair of figures is of one run, with both engines on PostgreSQL and the database's on SQLite.
The workers are warm, as they are in use: one audit goes before.  On a machine that does other work
as well, wall time says little; so the CPU time is told, too: that of the busier worker beside that
of the one, which is what a machine with a processor for each would wait for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.killing import Program, Stand, postgres_tools, stand_with
from benchmarks.measuring import Measurement

PODS = int(os.environ.get("BENCH_WORKERS_PODS", "10000"))
LIMIT = 60
MEMORY_LIMIT = 500
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Took:
    """One audit: wall time, the CPU time of the busiest worker, and the most memory of one."""

    wall: float
    cpu: float
    megabytes: float


def measure() -> Iterator[Measurement]:
    """Whole workers, as they run in use."""
    kinds = [("database", ("postgres",)), ("celery", ("postgres", "redis")), ("database", ())]
    for engine, needed in kinds:
        missing = _missing(needed)
        on = "PostgreSQL" if "postgres" in needed else "SQLite"
        what = f"{engine}, {on}"
        if missing:
            yield Measurement(what, 0.0, "", f"skipped: no {missing} is installed")
            continue
        with stand_with(*needed) as stand:
            yield from _compared(stand, what)


def _compared(stand: Stand, what: str) -> Iterator[Measurement]:
    stand.scans("fill", "--pods", str(PODS))
    one = _audited(stand, 1)
    two = _audited(stand, 2)
    load = os.getloadavg()[0]
    yield Measurement(f"{what}: one worker, {PODS:,} Pods", one.wall, "s", f"{one.cpu:.1f} s CPU")
    note = f"{two.cpu:.1f} s CPU of the busier one"
    yield Measurement(f"{what}: two workers", two.wall, "s", note)
    yield Measurement(
        f"{what}: wall time, two beside one", 100 * two.wall / one.wall, "%", _limit()
    )
    note = f"{_limit()}; load {load:.1f} on {os.cpu_count()} processors"
    yield Measurement(
        f"{what}: CPU, the busier of two beside one", 100 * two.cpu / one.cpu, "%", note
    )
    memory = max(one.megabytes, two.megabytes)
    yield Measurement(f"{what}: peak memory of one", memory, "MB", f"limit {MEMORY_LIMIT}")


def _limit() -> str:
    return f"limit {LIMIT} %"


def _audited(stand: Stand, count: int) -> Took:
    """The second audit of workers that have done one already."""
    workers = [stand.worker(f"of{count}-{number}") for number in range(count)]
    for worker in workers:
        worker.start()
    try:
        _audit(stand)
        before = [_cpu(worker) for worker in workers]
        wall = _audit(stand)
        spent = [_cpu(worker) - was for worker, was in zip(workers, before, strict=True)]
        return Took(wall, max(spent), max(_memory(worker) for worker in workers))
    finally:
        for worker in workers:
            worker.end()


def _audit(stand: Stand) -> float:
    stand.scans("reset")
    stand.scans("wait", "--seconds", "3000")
    return float(stand.scans("took"))


def _tree(worker: Program) -> list[int]:
    """A worker's process and those that it started."""
    assert worker.process is not None
    found = [worker.process.pid]
    for pid in found:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if children.exists():
            found += [int(child) for child in children.read_text().split()]
    return found


def _cpu(worker: Program) -> float:
    """Seconds of CPU that it has used so far."""
    total = 0
    for pid in _tree(worker):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _memory(worker: Program) -> float:
    """The most that one of its processes held, in MB."""
    peaks = []
    for pid in _tree(worker):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peaks.append(int(line.split()[1]) / 1024)
    return max(peaks)


def _missing(needed: tuple[str, ...]) -> str:
    if "postgres" in needed and postgres_tools() is None:
        return "PostgreSQL"
    return "redis-server" if "redis" in needed and not shutil.which("redis-server") else ""
