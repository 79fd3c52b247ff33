"""Which clusters a policy is for: ``policyRule.if``, asked about the cluster as an ARM resource.

The fields are those that a cluster has without the rest of Azure: type, name, full name, id and
location, with ``allOf``, ``anyOf`` and ``not`` around them; the value of a parameter may be
compared, too.  Anything else is refused when the definition is read.  Where a field is not known,
as a location at the command line, neither is the answer.  Source: Microsoft Learn, "Azure Policy
definition structure policy rule"; texts are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from policy_app.evaluation.language.errors import DefinitionError, nearest
from policy_app.evaluation.language.expressions import is_expression, resolve_value
from policy_app.evaluation.language.reading import Reader, kind_of
from policy_app.evaluation.language.selectors import Resource, plain_location

_FIELDS: Mapping[str, Callable[[Resource], str]] = {
    "type": lambda resource: resource.type,
    "name": lambda resource: resource.name,
    "fullName": lambda resource: resource.name,
    "id": lambda resource: resource.id,
    "location": lambda resource: resource.location,
}
_LOCATION = "location"
FIELDS = tuple(_FIELDS)
"""The fields that a condition may ask about."""


class Condition(Protocol):
    """A condition, or several of them; ``str`` of it is how a sentence puts it."""

    def holds(self, resource: Resource, parameters: Mapping[str, Any]) -> bool | None:
        """Whether it is met; None where that is not known.  Raises ``LanguageError``."""


def parse(reader: Reader) -> Condition:
    """Read a condition; an empty one always holds.  Raises the reader's error with the path."""
    names = {name.lower(): name for name in map(str, reader.fields)}
    found = [
        (names[name.lower()], read) for name, read in _LOGICAL.items() if name.lower() in names
    ]
    if found:
        written, read = found[0]
        if len(names) > 1:
            other = next(name for name in names.values() if name != written)
            reader.refuse(other, f"cannot stand beside {written}")
        return read(reader, written)
    return _comparison(reader, names) if names else _Several((), all_of=True)


def _part(reader: Reader) -> Condition:
    if not reader.fields:
        reader.refuse("", "should be a condition, but is empty")
    return parse(reader)


@dataclass(frozen=True, slots=True)
class _Several:
    """``allOf`` or ``anyOf``."""

    parts: tuple[Condition, ...]
    all_of: bool

    def holds(self, resource: Resource, parameters: Mapping[str, Any]) -> bool | None:
        answers = [part.holds(resource, parameters) for part in self.parts]
        decisive = not self.all_of
        if decisive in answers:
            return decisive
        return None if None in answers else self.all_of

    def __str__(self) -> str:
        return (" and " if self.all_of else " or ").join(f"({part})" for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Not:
    part: Condition

    def holds(self, resource: Resource, parameters: Mapping[str, Any]) -> bool | None:
        answer = self.part.holds(resource, parameters)
        return None if answer is None else not answer

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One side, an operator, and the other side, expressions as written."""

    field: str
    """Empty where ``value`` is compared."""
    value: Any
    operator: str
    expected: Any

    def holds(self, resource: Resource, parameters: Mapping[str, Any]) -> bool | None:
        actual = _FIELDS[self.field](resource) if self.field else None
        if self.field and not actual:
            return None
        if not self.field:
            actual = resolve_value(self.value, parameters)
        expected = resolve_value(self.expected, parameters)
        compare = _OPERATORS[self.operator]
        _check_operand(self.operator, expected)
        return compare(self._plain(actual), self._plain(expected))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        if not isinstance(value, str):
            return value
        return plain_location(value) if self.field == _LOCATION else value.lower()

    def __str__(self) -> str:
        expected = self.expected
        shown = ", ".join(map(str, expected)) if isinstance(expected, list) else expected
        return f"{self.field or self.value} {self.operator} {shown}"


def _equal(actual: Any, expected: Any) -> bool:
    # True is no 1 in JSON.
    return bool(actual == expected) and isinstance(actual, bool) == isinstance(expected, bool)


def _among(actual: Any, expected: Any) -> bool:
    return any(_equal(actual, one) for one in expected)


def _like(actual: Any, expected: Any) -> bool:
    start, star, end = expected.partition("*")
    if not isinstance(actual, str) or not star:
        return bool(actual == expected)
    long_enough = len(actual) >= len(start) + len(end)
    return long_enough and actual.startswith(start) and actual.endswith(end)


def _contains(actual: Any, expected: Any) -> bool:
    if isinstance(actual, list):
        return _among(expected, actual)
    return isinstance(actual, str) and expected in actual


def _exists(actual: Any, expected: Any) -> bool:
    return (actual is not None) == (expected in (True, "true"))


def _negated(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda actual, expected: not compare(actual, expected)


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": _equal,
    "notEquals": _negated(_equal),
    "in": _among,
    "notIn": _negated(_among),
    "like": _like,
    "notLike": _negated(_like),
    "contains": _contains,
    "notContains": _negated(_contains),
    "exists": _exists,
}
OPERATORS = tuple(_OPERATORS)
"""What a field or a value may be compared by."""
_LISTS = ("in", "notIn")
_TEXTS = ("like", "notLike", "contains", "notContains")


def _check_operand(operator: str, expected: Any) -> None:
    """Raise ``DefinitionError`` for what the operator cannot be asked about."""
    if operator in _LISTS and not isinstance(expected, list):
        raise DefinitionError(f"{operator} should be an array, but is {kind_of(expected)}.")
    if operator in _TEXTS and not isinstance(expected, str):
        raise DefinitionError(f"{operator} should be a string, but is {kind_of(expected)}.")
    if operator.endswith("ike") and expected.count("*") > 1:
        raise DefinitionError(f"{operator} may have one * only, and not {expected!r}.")
    if operator == "exists" and str(expected).lower() not in ("true", "false"):
        raise DefinitionError(f"exists should be true or false, but is {kind_of(expected)}.")


def _comparison(reader: Reader, names: Mapping[str, str]) -> Condition:
    sides = [name for name in ("field", "value") if name in names]
    if len(sides) != 1:
        reader.refuse("", "should have either field or value, or one of allOf, anyOf and not")
    known = {name.lower(): name for name in _OPERATORS}
    operators = [written for name, written in names.items() if name not in sides]
    if len(operators) != 1:
        reader.refuse("", f"should have one operator beside {names[sides[0]]}: {_listed(known)}")
    written = operators[0]
    if written.lower() not in known:
        reader.refuse(written, _unknown(written, known, "operator"))
    operator, expected = known[written.lower()], reader.fields[written]
    if not is_expression(expected):
        try:
            _check_operand(operator, expected)
        except DefinitionError as error:
            raise DefinitionError(error.message, path=reader.where(written)) from None
    side = reader.fields[names[sides[0]]]
    field = _field(reader, names["field"]) if sides == ["field"] else ""
    return _Comparison(field, None if field else side, operator, expected)


def _field(reader: Reader, name: str) -> str:
    written = reader.required_text(name)
    known = {one.lower(): one for one in _FIELDS}
    if written.lower() not in known:
        reader.refuse(name, f"is {written!r}, and {_unknown(written, known, 'field')}")
    return known[written.lower()]


def _unknown(written: str, known: Mapping[str, str], what: str) -> str:
    near = nearest(written.lower(), known)
    hint = f"; did you mean {known[near]}?" if near else f": there is {_listed(known)}"
    return f"is no {what} that a policy for Kubernetes can ask a cluster about{hint}"


def _listed(known: Mapping[str, str]) -> str:
    return ", ".join(known.values())


def _several(reader: Reader, name: str) -> Condition:
    parts = tuple(map(_part, reader.objects(name)))
    if not parts:
        reader.refuse(name, "should have at least one condition")
    return _Several(parts, all_of=name.lower() == "allof")


def _not(reader: Reader, name: str) -> Condition:
    return _Not(_part(reader.child(name)))


_LOGICAL: Mapping[str, Callable[[Reader, str], Condition]] = {
    "allOf": _several,
    "anyOf": _several,
    "not": _not,
}
LOGICAL = tuple(_LOGICAL)
"""What puts conditions together."""
