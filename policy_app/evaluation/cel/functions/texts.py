"""Strings: the standard functions, ``ext.Strings`` of cel-go, and Kubernetes' regular expressions.

What is made is charged before it is made.  Patterns run in linear time.
Source: https://github.com/google/cel-go/tree/master/ext and
https://kubernetes.io/docs/reference/using-api/cel/.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.registry import overload

_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_LONGEST_PATTERN = 10_000
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


@overload("startsWith", "string", "string")
def _starts_with(budget: Budget, text: str, start: str) -> bool:
    budget.charge_text(len(start))
    return text.startswith(start)


@overload("endsWith", "string", "string")
def _ends_with(budget: Budget, text: str, end: str) -> bool:
    budget.charge_text(len(end))
    return text.endswith(end)


@overload("contains", "string", "string")
def _contains(budget: Budget, text: str, part: str) -> bool:
    budget.charge_text(len(text))
    return part in text


@overload("charAt", "string", "int")
def _char_at(budget: Budget, text: str, at: int) -> str:
    if not 0 <= at <= len(text):
        raise CelError(f"index out of range: {at}")
    return text[at : at + 1]


@overload("indexOf", "string", "string")
@overload("indexOf", "string", "string", "int")
def _index_of(budget: Budget, text: str, part: str, start: int = 0) -> int:
    budget.charge_text(len(text))
    if start and not 0 <= start < len(text):
        raise CelError(f"index out of range: {start}")
    return text.find(part, start)


@overload("lastIndexOf", "string", "string")
@overload("lastIndexOf", "string", "string", "int")
def _last_index_of(budget: Budget, text: str, part: str, start: int | None = None) -> int:
    budget.charge_text(len(text))
    if start is None:
        return text.rfind(part)
    if not 0 <= start < len(text):
        raise CelError(f"index out of range: {start}")
    return text.rfind(part, 0, start + len(part))


@overload("substring", "string", "int")
@overload("substring", "string", "int", "int")
def _substring(budget: Budget, text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= len(text):
        raise CelError(f"index out of range: {start}")
    if not 0 <= stop <= len(text):
        raise CelError(f"index out of range: {stop}")
    if start > stop:
        raise CelError(f"invalid substring range. start: {start}, end: {stop}")
    budget.charge_text(stop - start)
    return text[start:stop]


@overload("lowerAscii", "string")
def _lower(budget: Budget, text: str) -> str:
    budget.charge_text(len(text))
    return text.translate(_ASCII_LOWER)


@overload("upperAscii", "string")
def _upper(budget: Budget, text: str) -> str:
    budget.charge_text(len(text))
    return text.translate(_ASCII_UPPER)


@overload("trim", "string")
def _trim(budget: Budget, text: str) -> str:
    budget.charge_text(len(text))
    return text.strip()


@overload("replace", "string", "string", "string")
@overload("replace", "string", "string", "string", "int")
def _replace(budget: Budget, text: str, old: str, new: str, times: int = -1) -> str:
    budget.charge_text(len(text))
    found = text.count(old)
    changed = found if times < 0 else min(found, times)
    budget.charge_text(max(len(text) + changed * (len(new) - len(old)), 0))
    return text.replace(old, new, changed)


@overload("split", "string", "string")
@overload("split", "string", "string", "int")
def _split(budget: Budget, text: str, separator: str, parts: int = -1) -> list[str]:
    budget.charge_text(len(text))
    if parts == 0:
        return []
    most = -1 if parts < 0 else min(parts, len(text) + 1) - 1
    if separator:
        budget.charge(text.count(separator))
        return text.split(separator, most)
    budget.charge(len(text))
    if most < 0 or most >= len(text):
        return list(text)
    return [*text[:most], text[most:]]


@overload("join", "list")
@overload("join", "list", "string")
def _join(budget: Budget, members: list[Any], separator: str = "") -> str:
    budget.charge(len(members))
    if not all(isinstance(each, str) for each in members):
        raise CelError("no such overload")
    between = max(len(members) - 1, 0) * len(separator)
    budget.charge_text(between + sum(map(len, members)))
    return separator.join(members)


@overload("strings.quote", "string")
def _quote(budget: Budget, text: str) -> str:
    budget.charge_text(2 * len(text))
    escapes: dict[str, str | int | None] = {
        "\\": "\\\\",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
    }
    escapes |= {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
    return '"' + text.translate(str.maketrans(escapes)) + '"'


@overload("matches", "string", "string")
def _matches(budget: Budget, text: str, pattern: str) -> bool:
    return _searcher(budget, text, pattern)(text) is not None


@overload("find", "string", "string")
def _find(budget: Budget, text: str, pattern: str) -> str:
    found = _searcher(budget, text, pattern)(text)
    return str(found[0]) if found else ""


@overload("findAll", "string", "string")
@overload("findAll", "string", "string", "int")
def _find_all(budget: Budget, text: str, pattern: str, most: int = -1) -> list[str]:
    _searcher(budget, text, pattern)
    found: list[str] = []
    for each in _compiled(pattern).finditer(text):
        if len(found) == most:
            break
        # A pattern may look at all the rest of the text and still match nothing of it.
        budget.charge_text(len(text) - each.start() + 1)
        found.append(str(each[0]))
    return found


def _searcher(budget: Budget, text: str, pattern: str) -> Callable[[str], Any]:
    """Finds the first match; the cost is Kubernetes': the text times the pattern."""
    budget.charge(1 + (len(text) + 1) * (len(pattern) + 3) // 40)
    search: Callable[[str], Any] = _compiled(pattern).search
    return search


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    if len(pattern) > _LONGEST_PATTERN:
        raise CelError(f"a pattern may have {_LONGEST_PATTERN} characters")
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0]
        shown = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise CelError(f"error parsing regexp: {shown}") from None
