"""A bar on the terminal for work that takes a while; nothing where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_PATIENCE = 0.5
_INTERVAL = 0.1
_WIDTH = 28
_CLEAR = "\r\x1b[K"


class Progress:
    """Draws on a stream that is a terminal; the results go elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()
        self._next = time.monotonic() + _PATIENCE

    def over(
        self,
        items: Sequence[Item],
        verb: str,
        unit: str,
        weigh: Callable[[Item], int] = lambda _: 1,
    ) -> Iterator[Item]:
        """The items, one by one, with a bar while they are worked on.

        ``weigh`` tells how many units an item is.
        """
        if not self._shown:
            yield from items
            return
        drawn, done, total = False, 0, sum(map(weigh, items))
        for item in items:
            if time.monotonic() >= self._next:
                self._draw(done, total, verb, unit)
                self._next, drawn = time.monotonic() + _INTERVAL, True
            yield item
            done += weigh(item)
        if drawn:
            self.clear()

    def tell(self, verb: str, done: int, total: int, unit: str) -> None:
        """Draw how far some work has come whose end is not known beforehand; not too often."""
        if self._shown and time.monotonic() >= self._next:
            self._draw(done, total, verb, unit)
            self._next = time.monotonic() + _INTERVAL

    def clear(self) -> None:
        """Take the bar away, so that what is printed next begins at the margin."""
        if self._shown:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def _draw(self, done: int, total: int, verb: str, unit: str) -> None:
        filled = _WIDTH * min(done, total) // total if total else 0
        bar = "#" * filled + "." * (_WIDTH - filled)
        self._stream.write(f"{_CLEAR}{verb} [{bar}] {done:,} of {total:,} {unit}")
        self._stream.flush()
