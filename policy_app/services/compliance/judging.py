"""Judge the objects of one chunk, and write what became another verdict."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.models import ScanChunk


@dataclass(frozen=True, slots=True)
class Judged:
    """What a chunk came to."""

    objects: int
    """How many objects were judged."""
    changed: int
    """How many verdicts became others."""


def judge(chunk: ScanChunk) -> Judged:
    """Judge the chunk's objects and write the verdicts, the events among them, in one transaction.

    Done again, it writes nothing new.  Two processes may do it at once.  Where the scan is over by
    then nothing is written.  Must not be called inside of a transaction: objects are judged before
    the short one that writes begins, so that workers do not wait for each other.  The chunk's own
    row is the caller's to change.
    """
    raise NotImplementedError
