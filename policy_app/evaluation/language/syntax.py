"""The grammar of Azure's template expressions: text to a tree.

``expression := literal | integer | call``, each followed by ``.name`` and ``[expression]`` as
often as one likes.  Source: ARM template syntax, "Expressions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_app.evaluation.language.errors import LanguageError

MAX_LENGTH = 24_576
"""Characters in one expression; ARM's own limit."""
MAX_DEPTH = 64
"""Calls and brackets inside each other."""

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)"
    r"|(?P<name>[A-Za-z_$][\w$-]*)|(?P<sign>[()\[\],.])"
)


class ExpressionError(LanguageError):
    """An expression that cannot be read or evaluated.

    ``position`` counts characters from 1, within the expression and its brackets.
    """

    code = "InvalidPolicyRule"

    def __init__(self, message: str, *, text: str = "", position: int = 0) -> None:
        where = f" (in {shorten(text)} at character {position})" if text else ""
        super().__init__(f"{message}{where}")
        self.text = text
        self.position = position


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or an integer."""

    value: str | int
    position: int


@dataclass(frozen=True, slots=True)
class Access:
    """A property or an item of a value: ``of.key``, ``of[0]``, ``of['key']``."""

    of: Node
    key: Node
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]
    position: int


Node = Literal | Access | Call


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def shorten(text: str, limit: int = 80) -> str:
    """The text, cut where it is too long to be read in a message."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def parse(text: str) -> Node:
    """The tree of one expression, written with its outer brackets: ``[parameters('x')]``.

    Raises ``ExpressionError`` with the position of the first thing that does not fit.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"An expression may have {MAX_LENGTH:,} characters at most")
    return _Parser(text).whole()


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 1, len(text) - 1
    while at < end:
        found = _TOKEN.match(text, at, end)
        if found is None:
            what = "This string has no end" if text[at] == "'" else f"Unexpected {text[at]!r}"
            raise ExpressionError(what, text=text, position=at + 1)
        if found.lastgroup != "space":
            yield _Token(str(found.lastgroup), found[0], at + 1)
        at = found.end()
    yield _Token("end", "", end + 1)


def _shown(token: _Token) -> str:
    return repr(token.text) if token.text else "the end"


class _Parser:
    """Recursive descent with one token in hand."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def whole(self) -> Node:
        if self._next.kind == "end":
            raise self._error("The expression is empty")
        node = self._expression()
        if self._next.kind != "end":
            raise self._error(f"Unexpected {self._next.text!r} after the end of the expression")
        return node

    def _error(self, message: str) -> ExpressionError:
        return ExpressionError(message, text=self._text, position=self._next.position)

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _at(self, sign: str) -> bool:
        return self._next.kind == "sign" and self._next.text == sign

    def _expect(self, sign: str, wanted: str = "") -> None:
        if not self._at(sign):
            raise self._error(f"Expected {wanted or repr(sign)}, but found {_shown(self._next)}")
        self._take()

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"The expression is nested deeper than {MAX_DEPTH} levels")
        node = self._primary()
        while self._at(".") or self._at("["):
            node = self._access(node)
        self._depth -= 1
        return node

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "text":
            return Literal(token.text[1:-1].replace("''", "'"), token.position)
        if token.kind == "number":
            return Literal(int(token.text), token.position)
        if token.kind == "name":
            return self._call(token)
        raise ExpressionError(
            f"Expected a function, a 'string' or a number, but found {_shown(token)}",
            text=self._text,
            position=token.position,
        )

    def _call(self, name: _Token) -> Call:
        if not self._at("("):
            raise ExpressionError(
                f"{name.text!r} is not a value: write strings as '{name.text}' "
                f"and functions as {name.text}(…)",
                text=self._text,
                position=name.position,
            )
        self._take()
        arguments: list[Node] = []
        while not self._at(")"):
            if arguments:
                self._expect(",", "',' or ')'")
            arguments.append(self._expression())
        self._take()
        return Call(name.text, tuple(arguments), name.position)

    def _access(self, of: Node) -> Access:
        sign = self._take()
        if sign.text == ".":
            name = self._take()
            if name.kind != "name":
                raise ExpressionError(
                    "Expected the name of a property after '.'",
                    text=self._text,
                    position=name.position,
                )
            return Access(of, Literal(name.text, name.position), sign.position)
        key = self._expression()
        self._expect("]")
        return Access(of, key, sign.position)
