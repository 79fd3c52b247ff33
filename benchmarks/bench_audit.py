"""Audits of a cluster under the deployment safeguards: time of the processor, memory, proportion.

Each size is a process of its own, with one worker's work: plan, judge every chunk, finish.  The
time of the processor is told beside that of the clock, since a busy machine changes it less.
``POLICY_PORTAL_BENCH_AUDITS=10000,100000`` chooses the sizes, and
``POLICY_PORTAL_BENCH_DATABASE`` a database beside SQLite, which is emptied.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks.measuring import ROOT, Measurement, as_installed

SIZES = (2_000, 10_000)
SECONDS, MEGABYTES = 30, 500
AIMED_AT = 10_000
"""The Pods that the limits are for."""


def measure() -> Iterator[Measurement]:
    """What a first audit takes for each size, and audits after small changes beside it."""
    asked = os.environ.get("POLICY_PORTAL_BENCH_AUDITS", "")
    sizes = [int(one) for one in asked.split(",") if one] or SIZES
    databases = {"SQLite": ""}
    if more := os.environ.get("POLICY_PORTAL_BENCH_DATABASE"):
        databases["PostgreSQL"] = more
    with tempfile.TemporaryDirectory() as kept:
        for name, url in databases.items():
            first: float | None = None
            for size in sizes:
                found = _run(size, url, kept)
                each = _cpu(found["first"]) / size
                first = first or each
                yield from _told(f"{size:,} Pods, {name}", size, found, each / first)


def _told(about: str, size: int, found: dict[str, Any], growth: float) -> Iterator[Measurement]:
    first, memory = found["first"], found["memory"]
    limit = f"limit {SECONDS}" if size == AIMED_AT else ""
    yield Measurement(f"{about}: first audit", first["total"], "s", limit)
    note = f"each × {growth:.2f} of the smallest size's"
    yield Measurement(f"{about}: the same, of the processor", _cpu(first), "s", note)
    limit = f"limit {MEGABYTES}" if size == AIMED_AT else ""
    yield Measurement(f"{about}: memory", memory["peak"], "MB", limit)
    for name, what in (
        ("nothing", "audit again after nothing"),
        ("changed", "audit after 100 changed Pods"),
        ("assigned", "audit after one more assignment"),
    ):
        one = found[name]
        share = f"× {_cpu(one) / _cpu(first):.3f} of the first, {one['objects']:,} objects"
        yield Measurement(f"{about}: {what}", _cpu(one), "s", share)


def _cpu(took: dict[str, Any]) -> float:
    return float(sum(took[f"{name}_cpu"] for name in ("plan", "judge", "finish")))


def _run(size: int, database: str, kept: str) -> dict[str, Any]:
    environment = {**os.environ, **as_installed(kept)}
    environment.pop("DATABASE_URL", None)
    if database:
        environment["DATABASE_URL"] = database
    command = [sys.executable, "-m", "benchmarks.audit_once", str(size)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
