"""Globs, read as ``gobwas/glob`` reads them and matched as regular expressions.

``*`` is any text without a delimiter, ``**`` any text, ``?`` one character that is no delimiter,
``[abc]`` and ``[a-c]`` one of these, ``[!a]`` one of the others, ``{a,b}`` either pattern, and
``\\`` takes the next character as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import re2

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Family,
    element_error,
    limit_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.globs import MAX_LENGTH
from policy_app.evaluation.rego.builtins.regex import prepare
from policy_app.evaluation.rego.builtins.text import well_formed
from policy_app.evaluation.rego.values import Value

FAMILY = Family("glob")

_SPECIAL = "\\*?[]{}"
"""The backslash comes first, so that no other one's is doubled."""


@FAMILY.builtin(
    "glob.match", "string", "array[string]|null", "string", result="boolean", checked=False
)
def match(pattern: Value, delimiters: Value, text: Value) -> bool:
    """Whether the whole text matches; no delimiters given are ``.``, ``null`` is none at all."""
    if type(pattern) is not str:
        raise operand_type_error(1, pattern, "string")
    separators = _delimiters(delimiters)
    if type(text) is not str:
        raise operand_type_error(3, text, "string")
    compiled, data = prepare(as_regex(pattern, separators), text)
    return compiled.search(data) is not None


def _delimiters(value: Value) -> str:
    if value is None:
        return ""
    if type(value) is not list:
        raise operand_type_error(2, value, "array", "null")
    for member in value:
        if type(member) is not str:
            raise element_error(2, value, member, "string")
        if len(member) != 1:
            raise element_error(2, value, member, "rune")
    return "".join(sorted(set(value))) or "."


@FAMILY.builtin("glob.quote_meta", "string", result="string")
def quote_meta(pattern: str) -> str:
    """The text as a pattern that matches only itself."""
    for char in _SPECIAL:
        pattern = pattern.replace(char, f"\\{char}")
    return pattern


@lru_cache(maxsize=256)
def as_regex(pattern: str, delimiters: str) -> str:
    """The glob as a regular expression over the whole text."""
    if len(pattern) > MAX_LENGTH:
        raise limit_error(f"a glob is longer than {MAX_LENGTH} characters")
    body = _Reader(well_formed(pattern), well_formed(delimiters)).read()
    return rf"(?s)\A(?:{body})\z"


class _Reader:
    """Turns one glob into a regular expression, character by character."""

    def __init__(self, pattern: str, delimiters: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._depth = 0
        self._single = f"[^{re2.escape(delimiters)}]" if delimiters else "."
        self._readers: dict[str, Callable[[], str]] = {
            "*": self._star,
            "?": lambda: self._single,
            "[": self._set,
            "{": self._open,
            ",": self._comma,
            "}": self._close,
            "\\": self._escaped,
        }

    def read(self) -> str:
        parts = []
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            self._at += 1
            reader = self._readers.get(char)
            parts.append(reader() if reader else str(re2.escape(char)))
        return "".join(parts) + ")" * self._depth

    def _star(self) -> str:
        if self._pattern[self._at : self._at + 1] == "*":
            self._at += 1
            return ".*"
        return f"{self._single}*"

    def _open(self) -> str:
        self._depth += 1
        return "(?:"

    def _comma(self) -> str:
        return "|" if self._depth else ","

    def _close(self) -> str:
        if not self._depth:
            return r"\}"
        self._depth -= 1
        return ")"

    def _escaped(self) -> str:
        char = self._pattern[self._at : self._at + 1]
        self._at += 1
        return str(re2.escape(char))

    def _next(self) -> str:
        if self._at >= len(self._pattern):
            raise BuiltinError("unexpected end of input")
        self._at += 1
        return self._pattern[self._at - 1]

    def _set(self) -> str:
        negated = self._pattern[self._at : self._at + 1] == "!"
        self._at += negated
        first = self._next()
        if self._pattern[self._at : self._at + 1] == "-":
            self._at += 1
            last = self._next()
            if self._next() != "]":
                raise BuiltinError("expected close range character")
            if last < first:
                raise BuiltinError(f"hi character '{last}' should be greater than lo '{first}'")
            body = f"{re2.escape(first)}-{re2.escape(last)}"
        else:
            body = self._members(first)
        return f"[{'^' if negated else ''}{body}]"

    def _members(self, char: str) -> str:
        members = []
        while char != "]":
            members.append(re2.escape(self._next() if char == "\\" else char))
            char = self._next()
        if not members:
            raise BuiltinError("a set in a glob needs a character")
        return "".join(members)
