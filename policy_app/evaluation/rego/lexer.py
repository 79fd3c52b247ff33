"""From text to tokens."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.source import Pos

MAX_SOURCE = 1_000_000
"""Characters of one module."""


@dataclass(slots=True)
class Token:
    """A word, a literal or a mark.

    ``kind`` is ``name``, ``number``, ``string``, ``template``, ``end`` or the punctuation itself.
    A template string is a ``template`` for each of its texts, with the tokens of its expressions
    between them; its value is the text, and whether that is the last one.  ``spaced`` says that
    white space stands before the token; ``line_end`` is the line on which the token ends, which
    differs from ``pos.line`` for raw strings.
    """

    kind: str
    text: str
    value: Any
    pos: Pos
    spaced: bool
    line_end: int


_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<comment>\#[^\n]*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\\n]|\\.)*")
    | (?P<raw>`[^`]*`)
    | (?P<template>\$["`])
    | (?P<punctuation>:=|==|!=|<=|>=|[=<>+\-*/%&|.,:;(){}\[\]])
    """,
    re.VERBOSE | re.ASCII,
)
# The texts of template strings: `\{` is a brace that begins no expression.
_TEXTS = {
    '"': re.compile(r'((?:[^"\\\n{]|\\.)*)(["{])'),
    "`": re.compile(r"((?:[^`\\{]|\\\{?)*)([`{])"),
}
_ESCAPED_BRACE = re.compile(r"\\(\{|.)")
_LEADING_ZERO = re.compile(r"0\d")
MAX_DIGITS = 4000
"""Digits of a number: Python refuses to read longer ones."""


def tokenize(text: str, file: str) -> list[Token]:
    """The module's tokens, ending with one of kind ``end``; raises ``RegoError``."""
    if len(text) > MAX_SOURCE:
        raise _error(file, text[:80], Pos(1, 1), f"module is longer than {MAX_SOURCE} characters")
    return _Lexer(text.removeprefix("\ufeff"), file).run()


def _error(file: str, line: str, pos: Pos, message: str) -> RegoError:
    return RegoError(
        message, code="rego_parse_error", file=file, line=pos.line, column=pos.column, text=line
    )


class _Lexer:
    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.line = 1
        self.line_start = 0
        self.tokens: list[Token] = []
        # The open template strings: the quote of each, and the braces open in its expression.
        self.templates: list[list[Any]] = []

    def run(self) -> list[Token]:
        at, spaced, end = 0, True, len(self.text)
        match = _TOKEN.match
        while at < end:
            found = match(self.text, at)
            if found is None:
                raise self._illegal(at)
            kind = found.lastgroup or ""
            if kind == "space" or kind == "comment":
                self._count_lines(found.group(), at)
                spaced = True
            elif kind == "template" or (self.templates and self._closes_expression(found.group())):
                at, spaced = self._template(at, spaced, found.group()), False
                continue
            else:
                self._add(kind, found.group(), at, spaced)
                spaced = False
            at = found.end()
        if self.templates:
            raise self._fail(end, "non-terminated string")
        self.tokens.append(Token("end", "", None, self._pos(end), True, self.line))
        return self.tokens

    def _pos(self, at: int) -> Pos:
        return Pos(self.line, at - self.line_start + 1)

    def _count_lines(self, text: str, at: int) -> None:
        count = text.count("\n")
        if count:
            self.line += count
            self.line_start = at + text.rfind("\n") + 1

    def _add(self, kind: str, text: str, at: int, spaced: bool) -> None:
        pos = self._pos(at)
        value: Any = None
        if kind == "punctuation":
            kind = text
        elif kind == "number":
            value = self._number(text, at)
        elif kind == "string":
            value = self._string(text, at)
        elif kind == "raw":
            kind, value = "string", text[1:-1].replace("\r", "")
            self._count_lines(text, at)
        self.tokens.append(Token(kind, text, value, pos, spaced, self.line))

    def _closes_expression(self, text: str) -> bool:
        """Is this the brace behind an expression in a template string?"""
        open_ = self.templates[-1]
        open_[1] += (text == "{") - (text == "}")
        return bool(open_[1] < 0)

    def _template(self, at: int, spaced: bool, start: str) -> int:
        """Read a text of a template string; gives the position behind it."""
        quote = start[1] if start != "}" else self.templates.pop()[0]
        begin = at + len(start)
        found = _TEXTS[quote].match(self.text, begin)
        if found is None:
            raise self._fail(at, "non-terminated string")
        text, end = found.groups()
        if quote == "`":
            value = text.replace("\\{", "{").replace("\r", "")
        else:
            plain = _ESCAPED_BRACE.sub(lambda m: "{" if m[1] == "{" else m[0], text)
            value = self._string(f'"{plain}"', at)
        pos = self._pos(at)
        self._count_lines(text, begin)
        if end == "{":
            self.templates.append([quote, 0])
        shown = self.text[at : found.end()]
        self.tokens.append(Token("template", shown, (value, end == quote), pos, spaced, self.line))
        return found.end()

    def _number(self, text: str, at: int) -> int | float:
        if _LEADING_ZERO.match(text):
            raise self._fail(at, "expected number without leading zeros")
        following = self.text[at + len(text) : at + len(text) + 1]
        if following.isalpha() or following == "_":
            raise self._fail(at, f"illegal number format: {text}{following}")
        if len(text) > MAX_DIGITS:
            raise self._fail(at, f"number has more than {MAX_DIGITS} digits")
        number = number_of(text)
        if number is None:
            raise self._fail(at, f"number has more than {MAX_DIGITS} digits or cannot be exact")
        return number

    def _string(self, text: str, at: int) -> str:
        try:
            value: str = json.loads(text, strict=False)
        except ValueError:
            raise self._fail(at, f"illegal string escape in {text}") from None
        # A lone surrogate cannot be encoded; Go's decoder replaces it.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _illegal(self, at: int) -> RegoError:
        char = self.text[at]
        what = {'"': "non-terminated string", "`": "non-terminated string"}.get(char)
        return self._fail(at, what or f"illegal token: unexpected character {char!r}")

    def _fail(self, at: int, message: str) -> RegoError:
        end = self.text.find("\n", at)
        line = self.text[self.line_start : end if end >= 0 else len(self.text)]
        return _error(self.file, line, self._pos(at), message)


def number_of(text: str) -> int | float | None:
    """A number as it was written: with a point or an exponent a ``float``, as to OPA.

    Beyond the range of floats an exact ``int``; None where that is none or too long.
    """
    if text.isdigit():
        return int(text)
    value = float(text)
    if not math.isinf(value):
        return value
    exact = Decimal(text)
    if exact.adjusted() >= MAX_DIGITS or int(exact.as_tuple().exponent) < 0:
        return None
    return int(exact)
