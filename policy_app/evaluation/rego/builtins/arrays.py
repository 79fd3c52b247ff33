"""Arrays."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import Context, Family, integer
from policy_app.evaluation.rego.values import Value

FAMILY = Family("arrays")


@FAMILY.builtin("array.concat", "array[any]", "array[any]", result="array[any]", context=True)
def concat(context: Context, a: list[Value], b: list[Value]) -> list[Value]:
    """The members of ``a``, then those of ``b``."""
    context.budget.charge_elements(len(a) + len(b))
    return a + b


@FAMILY.builtin("array.slice", "array[any]", "number", "number", result="array[any]", context=True)
def slice_(context: Context, array: list[Value], start: Value, stop: Value) -> list[Value]:
    """The members from ``start`` up to, not including, ``stop``; both are held to the array."""
    first, last = integer(start, 2), integer(stop, 3)
    last = max(0, min(last, len(array)))
    first = max(0, min(first, last))
    context.budget.charge_elements(last - first)
    return array[first:last]


@FAMILY.builtin("array.reverse", "array[any]", result="array[any]", context=True)
def reverse(context: Context, array: list[Value]) -> list[Value]:
    """The members from last to first."""
    context.budget.charge_elements(len(array))
    return array[::-1]


@FAMILY.builtin("array.flatten", "array[any]", result="array[any]", context=True)
def flatten(context: Context, array: list[Value]) -> list[Value]:
    """The members, those of an array among them in its place; arrays inside that one stay."""
    context.budget.charge_elements(sum(len(m) if type(m) is list else 1 for m in array))
    found: list[Value] = []
    for member in array:
        if type(member) is list:
            found += member
        else:
            found.append(member)
    return found
