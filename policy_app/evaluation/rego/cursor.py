"""A cursor over a module's tokens: what every part of the parser stands on."""

from __future__ import annotations

from typing import NoReturn

from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.lexer import Token, tokenize
from policy_app.evaluation.rego.source import Pos, Source

KEYWORDS = frozenset(
    ["as", "default", "else", "false", "import", "package", "not", "null", "some", "true", "with"],
)
FUTURE_KEYWORDS = frozenset({"in", "every", "contains", "if"})
"""Keywords of v1; in v0 plain names until they are imported."""

MAX_NESTING = 50
"""Brackets inside brackets, and operators in one chain; keeps every later pass shallow."""


class Cursor:
    """Reads tokens one by one; ``keywords`` grows with the imports of future keywords."""

    def __init__(self, text: str, file: str, *, v1: bool) -> None:
        self.file = file
        self.lines = tuple(text.split("\n"))
        self.tokens = tokenize(text, file)
        self.at = 0
        self.v1 = v1
        self.keywords = KEYWORDS | FUTURE_KEYWORDS if v1 else KEYWORDS
        self.depth = 0
        self.wildcards = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    @property
    def pos(self) -> Pos:
        return self.tokens[self.at].pos

    def advance(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, kind: str) -> bool:
        """Is this punctuation, or a token of this kind, next?"""
        return self.tokens[self.at].kind == kind

    def sees_word(self, word: str) -> bool:
        """Is this keyword next, and a keyword here?"""
        token = self.tokens[self.at]
        return token.kind == "name" and token.text == word and word in self.keywords

    def accept(self, kind: str) -> bool:
        if self.sees(kind):
            self.at += 1
            return True
        return False

    def accept_word(self, word: str) -> bool:
        if self.sees_word(word):
            self.at += 1
            return True
        return False

    def expect(self, kind: str, where: str) -> Token:
        if not self.sees(kind):
            self.unexpected(f"expected {kind!r} {where}")
        return self.advance()

    def on_new_line(self) -> bool:
        """Does the next token stand on a later line than the one before ends on?"""
        return self.at == 0 or self.token.pos.line > self.tokens[self.at - 1].line_end

    def nest(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.fail(f"nested deeper than {MAX_NESTING} levels")

    def unexpected(self, wanted: str) -> NoReturn:
        """End with an error at the next token: what it is, and what would be right."""
        raise self.error(self.surprise(wanted))

    def surprise(self, wanted: str) -> str:
        """The message of ``unexpected``."""
        token = self.token
        names = {"end": "end of file", "name": "identifier"}
        what = names.get(token.kind, token.kind)
        if token.kind == "name" and token.text in self.keywords:
            what = token.text
        shown = f" {token.text!r}" if what == "identifier" else ""
        return f"unexpected {what} token{shown}: {wanted}"

    def fail(self, message: str, pos: Pos | None = None) -> NoReturn:
        """End with this error."""
        raise self.error(message, pos)

    def error(self, message: str, pos: Pos | None = None) -> RegoError:
        """A syntax error at this place, or at the next token."""
        source = Source(self.file, self.lines)
        return source.error(message, pos or self.pos, "rego_parse_error")
