"""What every source of a snapshot offers, and how far the reading of one has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from policy_app.services.snapshots.gathering import Gatherer
from policy_app.services.snapshots.staging import Resource

Progress = Callable[[str, int, int, str], None]
"""Called with a verb, how much is done, of how much, and the unit: ``reading pods``, 500, 12000."""


def silent(verb: str, done: int, total: int, unit: str) -> None:
    """Tell nobody."""


class Source(Protocol):
    """A real cluster, or files."""

    @property
    def title(self) -> str:
        """What it is, in words: an address with its context, a folder, standard input."""

    def version(self) -> str:
        """The cluster's version of Kubernetes, ``1.31.4``; empty where nobody knows."""

    def read(self, gatherer: Gatherer, progress: Progress) -> frozenset[Resource]:
        """Give the gatherer everything; resources that could not be looked at are returned.

        Raises ``PolicyError`` where the source cannot be read to its end.
        """
