"""Compiled programs as bytes, so that a later process need not compile them again.

Whoever starts a process may lend it a ``Keeper``; without one nothing is kept.  What a program is
kept under depends on its text and on the version of Python.  A keeper answers for the rest: it
gives back only what this very version of the engine gave it, since the bytes hold code that runs.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from policy_app.evaluation.rego.assembly import Assembly, UnitPlan
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.values import Key, RegoSet, hash_key


class Keeper(Protocol):
    """Where programs are kept from one process to the next; never raises."""

    def get(self, key: str) -> bytes | None:
        """What was kept under this key, or nothing."""

    def put(self, key: str, kept: bytes) -> None:
        """Keep it, if that can be done."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a program needs to run: its packages, such as ``data.a.b``, and what was generated."""

    packages: tuple[str, ...]
    assembly: Assembly


class _Lent:
    keeper: Keeper | None = None


def keep_with(keeper: Keeper | None) -> None:
    """Keep what this process compiles with this keeper, and ask it first."""
    _Lent.keeper = keeper


def key_of(sources: Sequence[str], version: str, names: Sequence[str]) -> str:
    """What a program is kept under; nothing where nobody keeps any."""
    if _Lent.keeper is None:
        return ""
    about = repr((sys.version, sys.implementation.cache_tag, version, *names, *sources))
    return hashlib.sha256(about.encode(errors="surrogatepass")).hexdigest()


def fetch(key: str) -> Kept | None:
    """The program that was kept under this key, or nothing."""
    found = _Lent.keeper.get(key) if _Lent.keeper is not None and key else None
    return None if found is None else _unpacked(found)


def keep(key: str, program: Kept) -> None:
    """Have it kept."""
    if _Lent.keeper is not None and key:
        _Lent.keeper.put(key, _packed(program))


def remembered(key: str, compute: Callable[[], Any]) -> Any:
    """A plain value that was computed from a program once: text, numbers, lists of them."""
    if _Lent.keeper is None or not key:
        return compute()
    found = _Lent.keeper.get(key)
    if found is not None:
        return marshal.loads(found)  # noqa: S302 - see the module
    value = compute()
    _Lent.keeper.put(key, marshal.dumps(value))
    return value


# -- bytes


def _packed(program: Kept) -> bytes:
    made, sources = program.assembly, _Sources()
    return marshal.dumps(
        (
            program.packages,
            made.code,
            {name: sources.plain(value) for name, value in made.constants.items()},
            {name: (kind, sources.plain(which)) for name, (kind, which) in made.bindings.items()},
            made.slots,
            made.shared,
            [
                (one.path, one.is_function, one.function, one.members, one.deciding_field)
                for one in made.units
            ],
            sources.found,
        )
    )


def _unpacked(data: bytes) -> Kept:
    packages, code, constants, bindings, slots, shared, units, sources = marshal.loads(data)  # noqa: S302 - see the module
    texts = [Source(file, lines) for file, lines in sources]
    assembly = Assembly(
        code,
        {name: _value(plain, texts) for name, plain in constants.items()},
        {name: (kind, _value(plain, texts)) for name, (kind, plain) in bindings.items()},
        slots,
        shared,
        tuple(UnitPlan(*unit) for unit in units),
    )
    return Kept(packages, assembly)


_ATOMS = frozenset({type(None), bool, int, float, str})


class _Sources:
    """Constants as what ``marshal`` knows: atoms as they are, anything else with a letter.

    The sources that places refer to are collected, each once.
    """

    def __init__(self) -> None:
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self._numbers: dict[int, int] = {}

    def plain(self, value: Any) -> Any:
        kind = type(value)
        if kind in _ATOMS:
            return value
        if kind is Source:
            return "s", self._number(value)
        if kind is Key:
            return "k", self.plain(value.value)
        if kind is dict:
            return "d", [(self.plain(key), self.plain(inner)) for key, inner in value.items()]
        letter = _LETTERS[kind]
        return letter, [self.plain(member) for member in value]

    def _number(self, source: Source) -> int:
        number = self._numbers.get(id(source))
        if number is None:
            number = self._numbers[id(source)] = len(self.found)
            self.found.append((source.file, source.lines))
        return number


_LETTERS: Mapping[type, str] = {tuple: "t", list: "l", RegoSet: "r", Pos: "p"}
_MAKERS: Mapping[str, Callable[[list[Any]], Any]] = {
    "t": tuple,
    "l": list,
    "r": RegoSet.of,
    "p": lambda parts: Pos(*parts),
}


def _value(plain: Any, sources: Sequence[Source]) -> Any:
    """The constant again."""
    if type(plain) is not tuple:
        return plain
    letter, inner = plain
    if letter == "s":
        return sources[inner]
    if letter == "k":
        return hash_key(_value(inner, sources))
    if letter == "d":
        return {_value(key, sources): _value(value, sources) for key, value in inner}
    return _MAKERS[letter]([_value(member, sources) for member in inner])
