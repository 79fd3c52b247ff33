"""Why a rule has a value: the line that gave it, and the input that was looked at.

Programs are generated a second time for this, with every look-up passing through a ``Trace``;
the code of ordinary queries knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.rego.runtime import U, lookup, pairs
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.values import RegoSet, Value, unkey

Path = tuple[str | int, ...]
OBJECT: Path = ("review", "object")
"""Where the object under review stands in the input."""


@dataclass(frozen=True, slots=True)
class Read:
    """A part of the input that was looked at; ``missing`` where it is not there.

    ``path`` starts below ``input``.
    """

    path: Path
    value: Any
    missing: bool = False

    @property
    def field(self) -> str:
        """``spec.containers[0].image``, from the reviewed object where the path leads into it."""
        inside = self.path[: len(OBJECT)] == OBJECT
        return field_path(self.path[len(OBJECT) :] if inside else ("input", *self.path))

    @property
    def in_object(self) -> bool:
        return self.path[: len(OBJECT)] == OBJECT


@dataclass(frozen=True, slots=True)
class Explanation:
    """One value of a rule with the definition that gave it and what that looked at."""

    value: Any
    rule: str
    file: str
    line: int
    reads: tuple[Read, ...]


def field_path(path: Path) -> str:
    """A path as one writes it: ``a.b[0]["c d"]``."""
    text = ""
    for part in path:
        if isinstance(part, str) and part.isidentifier():
            text += f".{part}" if text else part
        else:
            text += f"[{part}]" if isinstance(part, int) else f'["{part}"]'
    return text


@dataclass(frozen=True, slots=True)
class _Derivation:
    rule: str
    where: tuple[Source, Pos]
    value: Value
    reads: tuple[Read, ...]


class Trace:
    """Collects what one query looks at.

    ``_trail`` holds the reads of the derivation under way: a loop drops those of the iteration
    before, so that what remains when a rule gives a value is what led to it.
    """

    def __init__(self, document: Value) -> None:
        self._document = document
        self._paths: dict[int, Path] = {}
        self._trail: list[Read] = []
        self._kept: dict[int, tuple[Read, ...]] = {}
        self.derivations: list[_Derivation] = []
        self._by_value: dict[int, _Derivation] = {}
        self._number(document, ())

    def _number(self, document: Value, path: Path) -> None:
        stack: list[tuple[Value, Path]] = [(document, path)]
        while stack:
            value, at = stack.pop()
            if type(value) is dict:
                self._paths[id(value)] = at
                stack.extend((member, (*at, key)) for key, member in value.items())
            elif type(value) is list:
                self._paths[id(value)] = at
                stack.extend((member, (*at, index)) for index, member in enumerate(value))

    # -- what generated code calls

    def chain(self, value: Value, keys: Iterable[str]) -> Value:
        """As ``runtime.chain``."""
        base = self._paths.get(id(value))
        wanted = tuple(keys)
        for key in wanted:
            value = lookup(value, key)
        if base is not None:
            self._note((*base, *wanted), value)
        return value

    def lookup(self, value: Value, key: Value) -> Value:
        """As ``runtime.lookup``."""
        found = lookup(value, key)
        self.item(value, key, found)
        return found

    def pairs(self, value: Value) -> list[tuple[Value, Value]]:
        """As ``runtime.pairs``."""
        return [(unkey(key), member) for key, member in pairs(value)]

    def item(self, container: Value, key: Value, value: Value) -> None:
        """Note one member that an iteration came to."""
        base = self._paths.get(id(container))
        if base is not None and type(key) in (str, int):
            self._note((*base, key), value)

    def _note(self, path: Path, value: Value) -> None:
        self._trail.append(Read(path, None if value is U else value, missing=value is U))

    def mark(self) -> int:
        return len(self._trail)

    def reset(self, mark: int) -> None:
        del self._trail[mark:]

    def keep(self, slot: int, mark: int) -> None:
        """Keep what a rule looked at, for those who ask for its value again."""
        self._kept[slot] = tuple(self._trail[mark:])

    def recall(self, slot: int) -> None:
        self._trail.extend(self._kept.get(slot, ()))

    def derive(self, rule: str, where: tuple[Source, Pos], value: Value, mark: int) -> None:
        """A rule gives a value, from what was looked at since ``mark``."""
        derivation = _Derivation(rule, where, value, tuple(self._trail[mark:]))
        self.derivations.append(derivation)
        if type(value) in (dict, list, RegoSet):
            self._by_value.setdefault(id(value), derivation)

    def via(self, member: Value) -> None:
        """Another rule goes through this member: what led to it counts there too."""
        derivation = self._by_value.get(id(member))
        if derivation is not None and id(member) not in self._paths:
            self._trail.extend(derivation.reads)

    # -- the answer

    def explanation(self, rule: str, value: Value, shown: Any) -> Explanation:
        """What is known of this very value of the rule."""
        for derivation in self.derivations:
            if derivation.rule == rule and derivation.value is value:
                source, pos = derivation.where
                return Explanation(shown, rule, source.file, pos.line, _essential(derivation.reads))
        return Explanation(shown, rule, "", 0, ())


def _essential(reads: Iterable[Read]) -> tuple[Read, ...]:
    """Each path once, without those on the way to another."""
    unique = {read.path: read for read in reads}
    inner = {path[:length] for path in unique for length in range(len(path))}
    return tuple(read for path, read in unique.items() if path not in inner)
