"""``$filter``: the small part of OData that the policy lists understand, parsed and not guessed.

::

    filter  = term *( "and" term )
    term    = "atScope()" / "atExactScope()" / "excludeExpired()" / field ( "eq" / "-eq" ) value
    value   = "'" text "'" / word        ; '' inside quotes is one quote

Function names, fields and ``and`` may be in any letter case.  Source: the operations' ``$filter``
in Azure's policy REST reference, which writes ``policyType -eq {value}`` without quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from policy_app.services.errors import PolicyError

AT_SCOPE = "atScope"
AT_EXACT_SCOPE = "atExactScope"
EXCLUDE_EXPIRED = "excludeExpired"
_FUNCTIONS = {name.lower(): name for name in (AT_SCOPE, AT_EXACT_SCOPE, EXCLUDE_EXPIRED)}
_TOKENS = re.compile(
    r"\s*(?:(?P<call>[A-Za-z]+\(\s*\))|(?P<text>'(?:[^'\x00-\x1f]|'')*')"
    r"|(?P<word>-?[A-Za-z0-9_./-]+))"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """``at`` is ``atScope``, ``atExactScope`` or empty; ``values`` maps each field to its text."""

    at: str = ""
    values: dict[str, str] = field(default_factory=dict)
    exclude_expired: bool = False


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse(text: str | None, *, functions: tuple[str, ...], fields: tuple[str, ...]) -> Filter:
    """Read ``text`` for a list that knows these functions and fields; None or blank is no filter.

    Raises ``PolicyError`` (``InvalidFilterInQueryString``) with the character where it stopped.
    """
    if text is None or not text.strip():
        return Filter()
    return _Parser(text, functions, fields).run()


class _Parser:
    def __init__(self, text: str, functions: tuple[str, ...], fields: tuple[str, ...]) -> None:
        self.text = text
        self.known = " or ".join([*(f"{name}()" for name in functions), *fields])
        self.functions = set(functions)
        self.fields = {name.lower(): name for name in fields}
        self.tokens = list(self._tokens())
        self.at = ""
        self.exclude_expired = False
        self.values: dict[str, str] = {}

    def run(self) -> Filter:
        self._term()
        while self.tokens:
            joint = self._next("'and'")
            if joint.text.lower() != "and":
                raise self._wrong(joint, "expected 'and'")
            self._term()
        return Filter(self.at, self.values, self.exclude_expired)

    def _term(self) -> None:
        token = self._next(self.known)
        if token.kind == "call":
            self._function(token)
        elif token.kind == "word" and token.text.lower() in self.fields:
            self._comparison(token)
        else:
            raise self._wrong(token, f"expected {self.known}")

    def _function(self, token: _Token) -> None:
        name = _FUNCTIONS.get(token.text.partition("(")[0].lower(), "")
        if name not in self.functions:
            raise self._wrong(token, f"expected {self.known}")
        if name == EXCLUDE_EXPIRED:
            self.exclude_expired = True
            return
        if self.at:
            raise self._wrong(token, f"{self.at}() is given already")
        self.at = name

    def _comparison(self, token: _Token) -> None:
        name = self.fields[token.text.lower()]
        if name in self.values:
            raise self._wrong(token, f"{name} is given already")
        operator = self._next("'eq'")
        if operator.text.lower() not in ("eq", "-eq"):
            raise self._wrong(operator, "expected 'eq'")
        value = self._next("a value in single quotes")
        if value.kind == "call":
            raise self._wrong(value, "expected a value in single quotes")
        quoted = value.kind == "text"
        self.values[name] = value.text[1:-1].replace("''", "'") if quoted else value.text

    def _next(self, expected: str) -> _Token:
        if not self.tokens:
            end = _Token("end", "the end", len(self.text) + 1)
            raise self._wrong(end, f"expected {expected}")
        token = self.tokens.pop(0)
        if token.kind == "unreadable":
            raise self._wrong(token, f"expected {expected}")
        return token

    def _tokens(self) -> Iterator[_Token]:
        position, end = 0, len(self.text.rstrip())
        while position < end:
            found = _TOKENS.match(self.text, position)
            if found is None:
                start = end - len(self.text[position:end].lstrip())
                yield _Token("unreadable", self.text[start], start + 1)
                return
            kind = found.lastgroup or ""
            yield _Token(kind, found[kind], found.start(kind) + 1)
            position = found.end()

    def _wrong(self, token: _Token, why: str) -> PolicyError:
        return PolicyError(
            "InvalidFilterInQueryString",
            f"Invalid $filter '{self.text}': {why} at character {token.position},"
            f" found {token.text!r}.",
            target="$filter",
        )
