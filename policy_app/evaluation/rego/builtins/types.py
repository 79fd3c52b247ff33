"""Asking for types, and casting between them."""

from __future__ import annotations

import re

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    Function,
    limit_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.numbers import MAX_DIGITS, Number
from policy_app.evaluation.rego.values import RegoSet, Value, sort_values, type_name

FAMILY = Family("types")

FAMILY.builtin("type_name", "any", result="string", summary="The name of the value's type.")(
    type_name
)


def _tester(*kinds: type) -> Function:
    wanted = frozenset(kinds)

    def test(value: Value) -> bool:
        return type(value) in wanted

    return test


_TESTS: dict[str, tuple[type, ...]] = {
    "is_null": (type(None),),
    "is_boolean": (bool,),
    "is_number": (int, float),
    "is_string": (str,),
    "is_array": (list,),
    "is_object": (dict,),
    "is_set": (RegoSet,),
}
for _name, _kinds in _TESTS.items():
    FAMILY.builtin(
        _name, "any", result="boolean", summary=f"Whether the value is of type {_name[3:]}."
    )(_tester(*_kinds))


# Casts take anything when a policy is compiled, and refuse it when it runs.


def _caster(kind: str) -> Function:
    def cast(value: Value) -> Value:
        if type_name(value) != kind:
            raise operand_type_error(1, value, kind)
        return value

    return cast


for _kind in ("string", "boolean", "null", "object"):
    FAMILY.builtin(
        f"cast_{_kind}", "any", result=_kind, deprecated=True, summary="The value as it is."
    )(_caster(_kind))


@FAMILY.builtin("cast_array", "any", result="array[any]", context=True, deprecated=True)
def cast_array(context: Context, value: Value) -> list[Value]:
    """An array as it is, or a set's members in order."""
    if type(value) is list:
        return value
    if type(value) is not RegoSet:
        raise operand_type_error(1, value, "array", "set")
    context.budget.charge_elements(len(value))
    return sort_values(value)


@FAMILY.builtin("cast_set", "any", result="set[any]", context=True, deprecated=True)
def cast_set(context: Context, value: Value) -> RegoSet:
    """A set as it is, or the set of an array's members."""
    if type(value) is RegoSet:
        return value
    if type(value) is not list:
        raise operand_type_error(1, value, "array", "set")
    context.budget.charge_elements(len(value))
    return RegoSet.of(value)


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NO_NUMBER = frozenset({"inf", "infinity", "nan"})


@FAMILY.builtin("to_number", "null|boolean|number|string", result="number")
def to_number(value: Value) -> Number:
    """The value as a number: null is 0, booleans are 0 and 1, a string is read."""
    kind = type(value)
    if value is None or kind is bool:
        return int(value or 0)
    return _read_number(value) if kind is str else value


def _read_number(text: str) -> Number:
    if text.lstrip("+-").lower() in _NO_NUMBER:
        raise operand_type_error(1, text, "valid number string")
    if len(text) > MAX_DIGITS:
        raise limit_error(f"a number would be longer than {MAX_DIGITS} digits")
    if not _NUMBER.fullmatch(text):
        raise BuiltinError(f'strconv.ParseFloat: parsing "{text}": invalid syntax')
    digits = text.lstrip("+-")
    number = int(text) if digits.isdigit() else float(text)
    if number in (float("inf"), float("-inf")):
        raise BuiltinError(f'strconv.ParseFloat: parsing "{text}": value out of range')
    return number
