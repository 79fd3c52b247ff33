"""Regular expressions with RE2's syntax, as Go's ``regexp`` uses them.

RE2 matches in time linear in the text, but the factor is the size of the compiled pattern; the
product is bounded too.  Where and how often an empty match counts follows Go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    integer,
    limit_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.globs import globs_intersect
from policy_app.evaluation.rego.builtins.text import TextSink, from_bytes, utf8, well_formed
from policy_app.evaluation.rego.values import Value

FAMILY = Family("regex")

MAX_COST = 100_000_000
"""Bytes of text times instructions of the pattern: about a second at the very worst."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
# The most that one of the patterns kept below can take of memory, in bytes.
_OPTIONS.max_mem = 2 << 20

_ANYWHERE = re2._Anchor.UNANCHORED

_GO_WORDING = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "unexpected )": "unexpected )",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "trailing \\": "trailing backslash at end of expression",
    "invalid named capture group": "invalid named capture",
    "pattern too large - compile failed": "expression too large",
}

_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


def compile_pattern(pattern: str) -> Any:
    """The compiled pattern; raises ``BuiltinError`` with Go's wording."""
    return _compiled(pattern)[0]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[Any, int]:
    """The compiled pattern and the longest text, in bytes, that it is worth trying on."""
    if _ANY_BYTE.search(pattern):
        raise BuiltinError(r"error parsing regexp: invalid escape sequence: `\C`")
    try:
        compiled = re2.compile(well_formed(pattern), _OPTIONS)
    except re2.error as error:
        raise BuiltinError(f"error parsing regexp: {_go_wording(error)}") from None
    return compiled, MAX_COST // max(1, compiled.programsize)


def _go_wording(error: Exception) -> str:
    detail = error.args[0]
    text = from_bytes(detail) if isinstance(detail, bytes) else str(detail)
    what, colon, where = text.partition(": ")
    return _GO_WORDING.get(what, what) + (f": `{where}`" if colon else "")


def prepare(pattern: str, text: str) -> tuple[Any, bytes]:
    """The compiled pattern and the text's bytes, once their cost is known to be bearable."""
    compiled, longest = _compiled(pattern)
    data = utf8(text)
    if len(data) > longest:
        raise limit_error("a regular expression is too costly for a text of this length")
    return compiled, data


def _two_strings(a: Value, b: Value) -> BuiltinError:
    return operand_type_error(*((1, a) if type(a) is not str else (2, b)), "string")


@FAMILY.builtin("regex.match", "string", "string", result="boolean", checked=False)
def match(pattern: Value, text: Value) -> bool:
    """Whether the pattern matches anywhere in the text."""
    if type(pattern) is not str or type(text) is not str:
        raise _two_strings(pattern, text)
    compiled, data = prepare(pattern, text)
    # What the module's own `search` puts around this, a generator and a match, takes as long again.
    span: tuple[int, int] = compiled._regexp.Match(_ANYWHERE, data, 0, len(data))[0]
    return span[0] >= 0


FAMILY.builtin("re_match", "string", "string", result="boolean", checked=False, deprecated=True)(
    match
)


@FAMILY.builtin("regex.is_valid", "string", result="boolean", checked=False)
def is_valid(pattern: Value) -> bool:
    """Whether the value is a pattern."""
    try:
        return type(pattern) is str and compile_pattern(pattern) is not None
    except BuiltinError:
        return False


def _width(data: bytes, at: int) -> int:
    """The bytes of the code point at this position, 1 at the end."""
    end = at + 1
    while end < len(data) and data[end] & 0xC0 == 0x80:
        end += 1
    return end - at


def _matches(context: Context, compiled: Any, data: bytes) -> Iterator[Any]:
    """All matches from left to right; an empty one right after another does not count."""
    at, previous_end = 0, -1
    while at <= len(data):
        context.budget.check_deadline()
        found = compiled.search(data, at)
        if found is None:
            return
        start, end = found.span()
        accepted = not (end == at and start == previous_end)
        at = at + _width(data, at) if end == at else end
        previous_end = end
        if accepted:
            yield found


def _first(context: Context, pattern: str, text: str, count: Value) -> list[Any]:
    limit = integer(count, 3)
    compiled, data = prepare(pattern, text)
    found: list[Any] = []
    if limit == 0:
        return found
    for hit in _matches(context, compiled, data):
        context.budget.charge_elements(compiled.groups + 1)
        found.append(hit)
        if len(found) == limit:
            break
    return found


@FAMILY.builtin("regex.find_n", "string", "string", "number", result="array[string]", context=True)
def find_n(context: Context, pattern: str, text: str, count: Value) -> list[str]:
    """The first ``count`` matches, all for -1."""
    return [from_bytes(hit.group()) for hit in _first(context, pattern, text, count)]


@FAMILY.builtin(
    "regex.find_all_string_submatch_n",
    *("string", "string", "number"),
    result="array[array[string]]",
    context=True,
)
def find_all_string_submatch_n(
    context: Context, pattern: str, text: str, count: Value
) -> list[list[str]]:
    """The first ``count`` matches, each followed by what its groups matched."""
    return [
        [from_bytes(part or b"") for part in (hit.group(), *hit.groups())]
        for hit in _first(context, pattern, text, count)
    ]


@FAMILY.builtin("regex.split", "string", "string", result="array[string]", context=True)
def split(context: Context, pattern: str, text: str) -> list[str]:
    """The parts between the matches."""
    compiled, data = prepare(pattern, text)
    if pattern and not data:
        return [""]
    parts, begin, end = [], 0, 0
    for hit in _matches(context, compiled, data):
        context.budget.charge_elements(1)
        end = hit.start()
        if hit.end():
            parts.append(data[begin:end])
        begin = hit.end()
    if end != len(data):
        parts.append(data[begin:])
    return [from_bytes(part) for part in parts]


_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)
Template = list[str | int | None]


def _template(compiled: Any, text: str) -> Template:
    """The replacement as texts and group numbers; nothing stands for a group that is not there."""
    parts: Template = []
    end = 0
    for found in _REFERENCE.finditer(text):
        parts.append(text[end : found.start()])
        name = found[2] or found[3]
        parts.append("$" if found[1] else _group(compiled, name))
        end = found.end()
    return [*parts, text[end:]]


def _group(compiled: Any, name: str) -> int | None:
    if name.isdecimal():
        return int(name) if len(name) < 6 and int(name) <= compiled.groups else None
    number: int | None = compiled.groupindex.get(name)
    return number


@FAMILY.builtin("regex.replace", "string", "string", "string", result="string", context=True)
def replace(context: Context, text: str, pattern: str, value: str) -> str:
    """The text with each match replaced; ``$1`` and ``${name}`` stand for groups."""
    compiled, data = prepare(pattern, text)
    template = _template(compiled, value)
    sink, at, last_end = TextSink(context.budget), 0, 0
    while at <= len(data):
        context.budget.check_deadline()
        found = compiled.search(data, at)
        if found is None:
            break
        start, end = found.span()
        sink.add(from_bytes(data[last_end:start]))
        if end > last_end or start == 0:
            _expand(sink, template, found)
        last_end = end
        at = max(end, at + _width(data, at))
    sink.add(from_bytes(data[last_end:]))
    return sink.text()


def _expand(sink: TextSink, template: Template, found: Any) -> None:
    for part in template:
        if type(part) is str:
            sink.add(part)
        elif part is not None:
            sink.add(from_bytes(found.group(part) or b""))


@FAMILY.builtin("regex.template_match", "string", "string", "string", "string", result="boolean")
def template_match(template: str, text: str, start: str, end: str) -> bool:
    """Whether the text is the template, whose delimited parts are patterns."""
    for which, delimiter in (("start", start), ("end", end)):
        if len(utf8(delimiter)) != 1:
            raise BuiltinError(
                f"{which} delimiter has to be exactly one character long"
                f" but is {len(utf8(delimiter))} long"
            )
    compiled, data = prepare(_template_pattern(well_formed(template), start, end), text)
    return compiled.search(data) is not None


def _template_pattern(template: str, start: str, end: str) -> str:
    pattern, literal, depth, begin = [], 0, 0, 0
    for index, char in enumerate(template):
        if char == start:
            depth += 1
            if depth == 1:
                begin = index
        elif char == end:
            depth -= 1
            if depth == 0:
                inner = template[begin + 1 : index]
                compile_pattern(f"^{inner}$")
                pattern.append(f"{re2.escape(template[literal:begin])}({inner})")
                literal = index + 1
            elif depth < 0:
                break
    if depth:
        raise BuiltinError(f'unbalanced braces in "{template}"')
    return f"^{''.join(pattern)}{re2.escape(template[literal:])}$"


@FAMILY.builtin("regex.globs_match", "string", "string", result="boolean", context=True)
def globs_match(context: Context, a: str, b: str) -> bool:
    """Whether some text matches both of two simple patterns."""
    return globs_intersect(context.budget, a, b)
