"""Python nests no more than 20 blocks; deeper parts of a function go to functions inside it.

A loop together with what is in it can move as it stands: whatever leaves it by ``break`` or
``continue`` goes to a loop that moves along, and ``return`` is passed on.
"""

from __future__ import annotations

import re

Line = tuple[int, str]
"""Indentation and text."""

MAX_BLOCKS = 16
"""Loops and ``try`` inside each other in one function; Python itself takes 20."""

_OPENS = ("for ", "while ", "try:")
_ASSIGNED = re.compile(r"\b([a-z]\d+) = ")


def outlined(lines: list[Line], new_name: str) -> list[Line]:
    """The function's lines with each loop that is too deep in a function of its own.

    ``new_name`` begins the names of those functions; a number follows.
    """
    return _Outliner(new_name).run(lines, frozenset())


class _Outliner:
    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    def run(self, lines: list[Line], outside: frozenset[str]) -> list[Line]:
        """``outside`` holds the names that enclosing functions assign."""
        start = _first_too_deep(lines)
        if start is None:
            return lines
        end = _end_of_block(lines, start)
        level = lines[start][0]
        before, inside, after = lines[:start], lines[start:end], lines[end:]
        known = outside | _assigned(before)
        shared = sorted(known & _assigned(inside))
        self.count += 1
        function = f"{self.name}{self.count}"
        moved = self.run([(at + 1 - level, text) for at, text in inside], known)
        head = [(level, f"def {function}():")]
        head += [(level + 1, f"nonlocal {', '.join(shared)}")] if shared else []
        tail = [
            (level + 1, "return Z"),
            (level, f"r = {function}()"),
            (level, "if r is not Z: return r"),
        ]
        body = [(at + level, text) for at, text in moved]
        return self.run([*before, *head, *body, *tail, *after], outside)


def _first_too_deep(lines: list[Line]) -> int | None:
    """Where the first loop stands that has too many blocks around it in its function."""
    open_blocks: list[int] = []
    functions: list[tuple[int, list[int]]] = []
    for index, (level, text) in enumerate(lines):
        while functions and level <= functions[-1][0]:
            open_blocks = functions.pop()[1]
        while open_blocks and level <= open_blocks[-1]:
            open_blocks.pop()
        if text.startswith("def "):
            functions.append((level, open_blocks))
            open_blocks = []
        elif text.startswith(_OPENS):
            if len(open_blocks) >= MAX_BLOCKS and not text.startswith("try"):
                return index
            open_blocks.append(level)
    return None


def _end_of_block(lines: list[Line], start: int) -> int:
    level = lines[start][0]
    end = start + 1
    while end < len(lines) and lines[end][0] > level:
        end += 1
    return end


def _assigned(lines: list[Line]) -> frozenset[str]:
    return frozenset(name for _, text in lines for name in _ASSIGNED.findall(text))
