"""Strings; positions and lengths count code points."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    integer,
    limit_error,
    operand_error,
    operand_type_error,
    strings,
)
from policy_app.evaluation.rego.builtins.sprintf import format_text
from policy_app.evaluation.rego.builtins.text import TextSink
from policy_app.evaluation.rego.values import RegoSet, Value

FAMILY = Family("strings")

GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go takes for white space; Python takes some control characters as well."""


MAX_COST = 10_000_000_000
"""Characters of patterns times characters of text; most are passed over at their first."""

_SMALL_CUTSET = 32


def _two_strings(a: Value, b: Value) -> BuiltinError:
    return operand_type_error(*((1, a) if type(a) is not str else (2, b)), "string")


@FAMILY.builtin("contains", "string", "string", result="boolean", checked=False)
def contains(text: Value, part: Value) -> bool:
    """Whether ``part`` occurs in ``text``."""
    if type(text) is str and type(part) is str:
        return part in text
    raise _two_strings(text, part)


@FAMILY.builtin("startswith", "string", "string", result="boolean", checked=False)
def starts_with(text: Value, start: Value) -> bool:
    """Whether ``text`` begins with ``start``."""
    if type(text) is str and type(start) is str:
        return text.startswith(start)
    raise _two_strings(text, start)


@FAMILY.builtin("endswith", "string", "string", result="boolean", checked=False)
def ends_with(text: Value, end: Value) -> bool:
    """Whether ``text`` ends with ``end``."""
    if type(text) is str and type(end) is str:
        return text.endswith(end)
    raise _two_strings(text, end)


@FAMILY.builtin("concat", "string", "set[string]|array[string]", result="string", context=True)
def concat(context: Context, separator: str, collection: Value) -> str:
    """The members, joined; those of a set in order."""
    members = sorted(collection.items) if _is_string_set(collection) else collection
    try:
        length = sum(map(len, members)) + len(separator) * max(0, len(members) - 1)
        context.budget.charge_string(length)
        return separator.join(members)
    except TypeError:
        strings(collection, 2)
        raise


def _is_string_set(collection: Value) -> bool:
    if type(collection) is not RegoSet:
        return False
    strings(collection, 2)
    return True


@FAMILY.builtin("indexof", "string", "string", result="number")
def index_of(text: str, part: str) -> int:
    """The position of the first occurrence, -1 for none."""
    if not part:
        raise BuiltinError("empty search character")
    return text.find(part)


@FAMILY.builtin("indexof_n", "string", "string", result="array[number]", context=True)
def index_of_all(context: Context, text: str, part: str) -> list[int]:
    """The positions of all occurrences, also of those that overlap."""
    if not part:
        raise BuiltinError("empty search character")
    found: list[int] = []
    start = text.find(part)
    while start >= 0:
        context.budget.charge_elements(1)
        context.budget.check_deadline()
        found.append(start)
        start = text.find(part, start + 1)
    return found


@FAMILY.builtin("substring", "string", "number", "number", result="string")
def substring(text: str, start: Value, length: Value) -> str:
    """``length`` code points from ``start``; all that follow for a negative length."""
    first, size = integer(start, 2), integer(length, 3)
    if first < 0:
        raise BuiltinError("negative offset")
    return text[first:] if size < 0 else text[first : first + size]


@FAMILY.builtin("lower", "string", result="string", checked=False)
def lower(text: Value) -> str:
    """The text in lower case, code point by code point."""
    if type(text) is not str:
        raise operand_type_error(1, text, "string")
    return text.lower() if text.isascii() else "".join([char.lower()[0] for char in text])


@FAMILY.builtin("upper", "string", result="string", checked=False)
def upper(text: Value) -> str:
    """The text in upper case, code point by code point."""
    if type(text) is not str:
        raise operand_type_error(1, text, "string")
    return text.upper() if text.isascii() else "".join([_upper(char) for char in text])


def _upper(char: str) -> str:
    for changed in (char.upper(), char.title()):
        if len(changed) == 1:
            return changed
    return char


@FAMILY.builtin("split", "string", "string", result="array[string]", context=True, checked=False)
def split(context: Context, text: Value, separator: Value) -> list[str]:
    """The parts between the separators; the code points for an empty one."""
    if type(text) is not str or type(separator) is not str:
        raise _two_strings(text, separator)
    if not separator:
        context.budget.charge_elements(len(text))
        return list(text)
    context.budget.charge_elements(text.count(separator) + 1)
    return text.split(separator)


@FAMILY.builtin(
    "strings.split_n", "string", "string", "number", result="array[string]", context=True
)
def split_n(context: Context, text: str, separator: str, count: Value) -> list[str]:
    """The first ``count`` parts between the separators, or the last ones for a negative count."""
    wanted = integer(count, 3)
    parts = split(context, text, separator)
    return parts[wanted:] if wanted < 0 else parts[:wanted]


@FAMILY.builtin("replace", "string", "string", "string", result="string", context=True)
def replace(context: Context, text: str, old: str, new: str) -> str:
    """The text with every ``old`` made ``new``."""
    found = text.count(old)
    if not found:
        return text
    context.budget.charge_string(len(text) + found * (len(new) - len(old)))
    return text.replace(old, new)


@FAMILY.builtin(
    "strings.replace_n", "object[string:string]", "string", result="string", context=True
)
def replace_n(context: Context, patterns: dict[Value, Value], text: str) -> str:
    """The text with each key made its value, from left to right, without overlaps."""
    for key, value in patterns.items():
        if type(key) is not str:
            raise operand_error(1, "non-string key found in pattern object")
        if type(value) is not str:
            raise operand_error(1, "non-string value found in pattern object")
    if not patterns:
        return text
    if sum(map(len, patterns)) * len(text) > MAX_COST:
        raise limit_error("there are too many patterns for a text of this length")
    # At one position the first key in order wins; an empty key matches between any two.
    search = re.compile("|".join(re.escape(key) for key in sorted(patterns)))
    sink, end = TextSink(context.budget), 0
    for match in search.finditer(text):
        sink.add(text[end : match.start()])
        sink.add(patterns[match[0]])
        end = match.end()
    sink.add(text[end:])
    return sink.text()


@FAMILY.builtin("trim", "string", "string", result="string")
def trim(text: str, characters: str) -> str:
    """The text without these characters at either end."""
    return trim_left(trim_right(text, characters), characters)


@FAMILY.builtin("trim_left", "string", "string", result="string")
def trim_left(text: str, characters: str) -> str:
    """The text without these characters at its start."""
    if len(characters) <= _SMALL_CUTSET:
        return text.lstrip(characters) if characters else text
    cutset = set(characters)
    return text[next((at for at, char in enumerate(text) if char not in cutset), len(text)) :]


@FAMILY.builtin("trim_right", "string", "string", result="string")
def trim_right(text: str, characters: str) -> str:
    """The text without these characters at its end."""
    if len(characters) <= _SMALL_CUTSET:
        return text.rstrip(characters) if characters else text
    return trim_left(text[::-1], characters)[::-1]


@FAMILY.builtin("trim_prefix", "string", "string", result="string")
def trim_prefix(text: str, prefix: str) -> str:
    """The text without this start."""
    return text.removeprefix(prefix)


@FAMILY.builtin("trim_suffix", "string", "string", result="string")
def trim_suffix(text: str, suffix: str) -> str:
    """The text without this end."""
    return text.removesuffix(suffix)


@FAMILY.builtin("trim_space", "string", result="string")
def trim_space(text: str) -> str:
    """The text without white space at either end."""
    return text.strip(GO_SPACE)


@FAMILY.builtin("strings.reverse", "string", result="string")
def reverse(text: str) -> str:
    """The code points from last to first."""
    return text[::-1]


@FAMILY.builtin("strings.count", "string", "string", result="number")
def count(text: str, part: str) -> int:
    """The number of occurrences that do not overlap."""
    return text.count(part)


def _one_or_many(value: Value, position: int) -> Sequence[str]:
    return [value] if type(value) is str else strings(value, position)


def _any_starts(texts: Sequence[str], starts: Sequence[str]) -> bool:
    """Whether a text begins with a start, in time for sorting rather than for each pair."""
    ordered = sorted(texts)
    for start in starts:
        # In order, the texts that begin with a start follow right where it would stand itself.
        at = bisect_left(ordered, start)
        if at < len(ordered) and ordered[at].startswith(start):
            return True
    return False


@FAMILY.builtin(
    "strings.any_prefix_match",
    *("string|set[string]|array[string]", "string|set[string]|array[string]"),
    result="boolean",
)
def any_prefix_match(texts: Value, prefixes: Value) -> bool:
    """Whether any of the texts begins with any of the prefixes."""
    return _any_starts(_one_or_many(texts, 1), _one_or_many(prefixes, 2))


@FAMILY.builtin(
    "strings.any_suffix_match",
    *("string|set[string]|array[string]", "string|set[string]|array[string]"),
    result="boolean",
)
def any_suffix_match(texts: Value, suffixes: Value) -> bool:
    """Whether any of the texts ends with any of the suffixes."""
    backwards = [text[::-1] for text in _one_or_many(texts, 1)]
    return _any_starts(backwards, [suffix[::-1] for suffix in _one_or_many(suffixes, 2)])


@FAMILY.builtin("sprintf", "string", "array[any]", result="string", context=True, checked=False)
def sprintf(context: Context, layout: Value, values: Value) -> str:
    """The values printed as the layout says, with Go's verbs."""
    if type(layout) is not str:
        raise operand_type_error(1, layout, "string")
    if type(values) is not list:
        raise operand_type_error(2, values, "array")
    return format_text(context.budget, layout, values)
