"""Markdown as HTML: CommonMark with tables, headings that can be linked to, coloured code.

The documents are the portal's own, so the HTML in them (pictures with a width) stays as it is.
The parser is loaded with the first document: nothing else needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from policy_app.browser.documentation.library import NAMES, Document

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_ELSEWHERE = ("http://", "https://", "mailto:", "#")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the second level, and the fragment that it is reached by."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document without its title, and the headings in it."""

    html: SafeString
    headings: tuple[Heading, ...]


@lru_cache(maxsize=32)
def drawn(document: Document) -> Drawn:
    """The document as HTML."""
    parser = _parser()
    tokens = parser.parse(document.text)[3:]  # The title is the page's own: open, text, close.
    _lead_to_pages(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    return Drawn(mark_safe(html), tuple(_headings(tokens)))  # noqa: S308 - our own documents


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.anchors import anchors_plugin

    parser = MarkdownIt("commonmark", {"html": True, "highlight": _coloured}).enable("table")
    parser.use(anchors_plugin, max_level=4)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    return parser


def _lead_to_pages(tokens: Sequence[Token]) -> None:
    """Make links to other documents lead to their pages, and take those to other files away."""
    for block in tokens:
        kept: list[Token] = []
        leads = True
        for token in block.children or ():
            if token.type == "link_open":
                leads = _leads(token)
            if leads or token.type not in ("link_open", "link_close"):
                kept.append(token)
        block.children = kept or block.children


def _leads(link: Token) -> bool:
    """Does the link lead somewhere in a browser? One to a document is given its page's address."""
    target = str(link.attrGet("href"))
    if target.startswith(_ELSEWHERE):
        return True
    file, mark, fragment = target.partition("#")
    name = file.removesuffix(".md")
    if name not in NAMES:
        return False
    link.attrSet("href", reverse("document", args=[name]) + mark + fragment)
    return True


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    for opening, text in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag == "h2":
            words = "".join(one.content for one in text.children or ())
            yield Heading(words, str(opening.attrGet("id")))


def _coloured(code: str, language: str, attributes: str) -> str:
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    inside = highlight(code, lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="code document-code" tabindex="0"><code>{inside}</code></pre>\n'


def _table_open(*rendering: Any) -> str:
    """A table scrolls by itself on a narrow screen, with the keyboard as well."""
    return '<div class="document-table" tabindex="0"><table>\n'


def _table_close(*rendering: Any) -> str:
    return "</table></div>\n"
