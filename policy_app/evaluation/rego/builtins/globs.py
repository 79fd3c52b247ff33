"""Whether two simple patterns have a text in common (``regex.globs_match``).

The patterns know ``.``, sets such as ``[a-z0-9]``, ``\\`` and the flags ``*`` and ``+``.  Both are
read as automata without branches, and their product is searched.
"""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.evaluation.rego.builtins.core import Budget, BuiltinError, limit_error

MAX_LENGTH = 10_000
MAX_STATES = 1_000_000
_STRIDE = 4096
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """One character out of some ranges; ``loops`` where it may come any number of times."""

    ranges: Ranges
    loops: bool

    def meets(self, other: _Step) -> bool:
        return any(
            low <= high_b and low_b <= high
            for low, high in self.ranges
            for low_b, high_b in other.ranges
        )


def globs_intersect(budget: Budget, a: str, b: str) -> bool:
    """Whether a text matches both; raises ``BuiltinError`` for a malformed pattern."""
    if max(len(a), len(b)) > MAX_LENGTH:
        raise limit_error(f"a glob is longer than {MAX_LENGTH} characters")
    first, second = _read(a), _read(b)
    if (len(first) + 1) * (len(second) + 1) > MAX_STATES:
        raise limit_error("two globs are too long to be compared")
    goal, todo, seen = (len(first), len(second)), [(0, 0)], {(0, 0)}
    while todo:
        if len(seen) % _STRIDE == 0:
            budget.check_deadline()
        state = todo.pop()
        if state == goal:
            return True
        new = set(_following(first, second, *state)) - seen
        seen |= new
        todo.extend(new)
    return False


def _following(a: list[_Step], b: list[_Step], i: int, j: int) -> list[tuple[int, int]]:
    found = []
    if i < len(a) and a[i].loops:
        found.append((i + 1, j))
    if j < len(b) and b[j].loops:
        found.append((i, j + 1))
    if i < len(a) and j < len(b) and a[i].meets(b[j]):
        found.append((i + (not a[i].loops), j + (not b[j].loops)))
    return found


def _read(text: str) -> list[_Step]:
    steps: list[_Step] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char in "*+":
            raise BuiltinError(f"the glob {text!r} has a flag without a character at {at + 1}")
        if char == "[":
            ranges, at = _read_set(text, at + 1)
        else:
            at += char == "\\"
            if at == len(text):
                raise BuiltinError(f"the glob {text!r} ends in a backslash")
            ranges = ((0, _LAST),) if char == "." else ((ord(text[at]), ord(text[at])),)
            at += 1
        flag = text[at] if at < len(text) and text[at] in "*+" else ""
        at += len(flag)
        if flag != "*":
            steps.append(_Step(ranges, False))
        if flag:
            steps.append(_Step(ranges, True))
    return steps


def _read_set(text: str, at: int) -> tuple[Ranges, int]:
    ranges: list[tuple[int, int]] = []
    while at < len(text) and text[at] != "]":
        at += text[at] == "\\" and at + 1 < len(text)
        low = high = ord(text[at])
        if text[at + 1 : at + 2] == "-" and text[at + 2 : at + 3] not in ("", "]"):
            high = ord(text[at + 2])
            at += 2
        if high < low:
            raise BuiltinError(f"the glob {text!r} has a range that runs backwards at {at + 1}")
        ranges.append((low, high))
        at += 1
    if at >= len(text):
        raise BuiltinError(f"the glob {text!r} has a set that is not closed")
    return tuple(ranges), at + 1
