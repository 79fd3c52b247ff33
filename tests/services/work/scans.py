"""Scans whose chunks do what a test says, in place of judging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from policy_app.models import Cluster, Scan, ScanChunk
from policy_app.services.compliance import finishing, judging, planning
from policy_app.services.compliance.judging import Judged


def planned(cluster: Cluster, chunks: int = 3) -> Scan:
    """A scan whose chunks wait for workers."""
    scan = Scan.objects.create(
        cluster=cluster, trigger="demand", state=Scan.State.RUNNING, planned=True
    )
    ScanChunk.objects.bulk_create(
        ScanChunk(scan=scan, number=number, objects_count=10) for number in range(1, chunks + 1)
    )
    return scan


def states(scan: Scan) -> dict[int, str]:
    """Where each chunk stands, by number."""
    return dict(scan.chunks.values_list("number", "state"))


@dataclass(slots=True)
class Stage:
    """What was done, in order, and what is to happen instead."""

    done: list[str] = field(default_factory=list)
    instead: dict[str, Callable[[], None]] = field(default_factory=dict)

    def _do(self, what: str) -> None:
        if what in self.instead:
            self.instead[what]()
        self.done.append(what)

    def plan(self, scan: Scan) -> Scan:
        """Two chunks."""
        self._do("plan")
        Scan.objects.filter(pk=scan.pk).update(planned=True, objects_total=20)
        ScanChunk.objects.bulk_create(ScanChunk(scan=scan, number=one) for one in (1, 2))
        return scan

    def judge(self, chunk: ScanChunk) -> Judged:
        """Ten objects, of which one changed."""
        self._do(f"chunk {chunk.number}")
        return Judged(10, 1)

    def finish(self, scan: Scan) -> Scan:
        """As the real one ends a scan."""
        self._do("finish")
        row = Scan.objects.get(pk=scan.pk)
        row.state = Scan.State.CANCELLED if row.cancelled else Scan.State.DONE
        row.save(update_fields=["state"])
        return row


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """In place of planning, judging and finishing."""
    made = Stage()
    monkeypatch.setattr(planning, "plan", made.plan)
    monkeypatch.setattr(judging, "judge", made.judge)
    monkeypatch.setattr(finishing, "finish", made.finish)
    return made
