"""Code as numbered lines with Pygments' classes; never inline styles."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

_BREAK = re.compile("\r\n?")
_YAML_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
LARGEST = 400_000
"""Characters beyond which the text is shown without colours, to keep pages quick."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code: its number from 1, its HTML, and whether it is marked."""

    number: int
    html: SafeString
    marked: bool = False


def lines(text: str, language: str, marked: Container[int] = ()) -> list[Line]:
    """Numbered lines of ``text``; ``language`` is json, yaml, rego, cel or text."""
    drawn = _drawn(text, language)
    return [Line(number, html, number in marked) for number, html in enumerate(drawn, 1)]


def json_lines(value: Any) -> list[Line]:
    """A value as indented JSON, in the order of its keys."""
    return lines(json.dumps(value, indent=2, ensure_ascii=False), "json")


@lru_cache(maxsize=256)
def _drawn(text: str, language: str) -> Sequence[SafeString]:
    # What ends a line for the parser ends it here, so that the numbers agree.
    text = (_YAML_BREAK if language == "yaml" else _BREAK).sub("\n", text)
    if len(text) > LARGEST:
        return [escape(line) for line in text.split("\n")]
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    html = highlight(text, lexer, HtmlFormatter(nowrap=True)).split("\n")
    # The formatter ends its last line, which is no line of the text.
    return [mark_safe(line) for line in html[: text.count("\n") + 1]]  # noqa: S308 - escaped
