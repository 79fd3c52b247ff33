"""Work that outlives a request: scans, done by worker processes."""

from __future__ import annotations


def wake() -> None:
    """Tell the workers that there is something to do; to be called once it is committed."""
