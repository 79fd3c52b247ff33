"""From the text of a query option to its tokens, each with its character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_app.arm.odata.errors import ODataError

MAX_LENGTH = 16_384
"""Characters of one option; a URL holds no more."""

END = "end"
TEXT, NUMBER, TIME, GUID, WORD, SIGN = "text", "number", "time", "guid", "word", "sign"

_TOKENS = re.compile(
    r"(?P<text>'(?:[^'\x00-\x1f]|'')*')"
    r"|(?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-]))"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:[Zz]|[+-]\d\d:\d\d)?)?"
    r"(?![\w.:-]))"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.:-]))"
    r"|(?P<word>-?[A-Za-z_@$/][\w@$./:-]*|\d[\w./:-]*)"
    r"|(?P<sign>[(),])"
)
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is one of this module's names; ``text`` is as written."""

    kind: str
    text: str
    position: int

    @property
    def shown(self) -> str:
        """How a message calls it."""
        return "the end" if self.kind == END else repr(self.text)

    def is_word(self, *words: str) -> bool:
        """Is it one of these words, in any letter case?"""
        return self.kind == WORD and self.text.lower() in words

    def is_sign(self, sign: str) -> bool:
        """Is it this bracket or comma?"""
        return self.kind == SIGN and self.text == sign


def tokens(option: str, text: str) -> Iterator[Token]:
    """The tokens of the text, and one for its end.  Raises ``ODataError``."""
    if len(text) > MAX_LENGTH:
        what = f"{len(text):,} characters"
        raise ODataError(option, text, MAX_LENGTH, f"{MAX_LENGTH:,} characters at most", what)
    at = _end_of_space(text, 0)
    closed = False
    while at < len(text):
        if closed and text[at] == "/":
            # Between the steps of $apply; elsewhere a slash is part of a name or an id.
            yield Token(SIGN, "/", at + 1)
            at, closed = _end_of_space(text, at + 1), False
            continue
        found = _TOKENS.match(text, at)
        if found is None:
            what = "a string without its end" if text[at] == "'" else repr(text[at])
            raise ODataError(option, text, at + 1, "a name, a value or an operator", what)
        yield Token(str(found.lastgroup), found[0], at + 1)
        closed = found[0] == ")"
        at = _end_of_space(text, found.end())
    yield Token(END, "", len(text) + 1)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
