"""Where a mutator works: ``spec.containers[name: *].image``, and the steps it comes to.

Source: ``pkg/mutation/path`` of Gatekeeper.  Names of letters, digits, ``_`` and ``-`` that do not
begin with a digit stand bare; any other stands in quotes, where a backslash takes the next
character as it is.  The value of a list's key may be a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_app.evaluation.gatekeeper.errors import GatekeeperError

_LARGEST = 2**63 - 1
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<integer>[0-9]+)
      | (?P<name>[A-Za-z_-][A-Za-z0-9_-]*)
      | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<open_quote>["'])
      | (?P<sign>[.\[\]:*])
      | (?P<end>\Z)
      | (?P<other>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z_-][A-Za-z0-9_-]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class LocationError(GatekeeperError):
    """Text that is no location; the message says where it stops being one."""


@dataclass(frozen=True, slots=True)
class Field:
    """A step to the field of an object."""

    name: str

    def __str__(self) -> str:
        return _quoted(self.name)


@dataclass(frozen=True, slots=True)
class Item:
    """A step to the items of a list whose ``key`` has a value; None stands for every item."""

    key: str
    value: str | int | None = None

    @property
    def is_glob(self) -> bool:
        """Whether every item is meant."""
        return self.value is None

    def __str__(self) -> str:
        value = _quoted(self.value) if isinstance(self.value, str) else str(self.value)
        return f"[{_quoted(self.key)}: {'*' if self.is_glob else value}]"


Step = Field | Item


@dataclass(frozen=True, slots=True)
class Location:
    """The steps from an object's root to what is changed."""

    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, text: str) -> Location:
        """Read a location; the empty text has no steps.  Raises ``LocationError``."""
        return cls(tuple(_Parser(text).steps()))

    @property
    def last(self) -> Step:
        """The step to the field or item itself."""
        return self.steps[-1]

    @property
    def is_metadata(self) -> bool:
        """Whether it leads into ``metadata``."""
        return self.steps[:1] == (Field("metadata"),)

    def starts_with(self, other: Location) -> bool:
        """Whether the other location leads to this one or to something above it."""
        return self.steps[: len(other.steps)] == other.steps

    def __str__(self) -> str:
        text = ""
        for step in self.steps:
            text += f".{step}" if text and isinstance(step, Field) else str(step)
        return text


def _quoted(name: str) -> str:
    if _BARE.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    """``integer``, ``name``, ``end``, or the sign itself."""
    text: str
    position: int
    """Counts from 1."""

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"{self.text!r} at position {self.position}"


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while match := _TOKEN.match(text, position):
        kind = str(match.lastgroup)
        found, start = match[kind], match.start(kind) + 1
        if kind == "open_quote":
            raise LocationError(f"error at position {start}: unterminated string")
        if kind == "other":
            raise LocationError(f"error at position {start}: invalid character {found!r}")
        if kind == "quoted":
            yield _Token("name", _ESCAPE.sub(r"\1", found[1:-1]), start)
        else:
            yield _Token(found if kind == "sign" else kind, found, start)
        if kind == "end":
            return
        position = match.end()


class _Parser:
    """Recursive descent over the tokens of one location."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)

    def steps(self) -> Iterator[Step]:
        """Every step; raises ``LocationError`` where the text departs from the syntax."""
        if self._accept("end"):
            return
        while True:
            yield Field(self._expect("a field name", "name").text)
            if self._accept("["):
                yield self._item()
            if self._accept("end"):
                return
            self._expect("'.' or the end", ".")
            if self._accept("end"):
                raise LocationError("trailing separators are forbidden")

    def _item(self) -> Item:
        key = self._expect("the name of the key in '[key: value]'", "name").text
        self._expect(f"':' following the key {key}", ":")
        found = self._expect("a key value or '*'", "name", "integer", "*")
        self._expect("']' following the key's value", "]")
        if found.kind == "integer":
            return Item(key, _integer(found, key))
        return Item(key, None if found.kind == "*" else found.text)

    def _accept(self, kind: str) -> bool:
        if self._next.kind != kind:
            return False
        self._advance()
        return True

    def _expect(self, wanted: str, *kinds: str) -> _Token:
        found = self._next
        if found.kind not in kinds:
            raise LocationError(f"unexpected token: expected {wanted}, got: {found}")
        self._advance()
        return found

    def _advance(self) -> None:
        self._next = next(self._tokens, self._next)


def _integer(token: _Token, key: str) -> int:
    # Longer texts are refused unread: Python limits the digits that it converts.
    digits = token.text.lstrip("0") or "0"
    if len(digits) > len(str(_LARGEST)) or int(digits) > _LARGEST:
        raise LocationError(
            f"invalid integer: overflow in integer string: {token.text[:30]}: "
            f"parsing key value for key: {key}"
        )
    return int(digits)
