"""Sets; the difference of two (``-``) is in ``numbers``, where it shares its sign."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import Context, Family, operand_type_error
from policy_app.evaluation.rego.values import RegoSet, Value, sort_values

FAMILY = Family("sets")


@FAMILY.builtin("and", "set[any]", "set[any]", result="set[any]", infix="&")
def intersect(a: RegoSet, b: RegoSet) -> RegoSet:
    """The members of both."""
    small, large = (a, b) if len(a.items) <= len(b.items) else (b, a)
    return RegoSet({key: value for key, value in small.items.items() if key in large.items})


@FAMILY.builtin("or", "set[any]", "set[any]", result="set[any]", infix="|", context=True)
def unite(context: Context, a: RegoSet, b: RegoSet) -> RegoSet:
    """The members of either."""
    context.budget.charge_elements(len(a.items) + len(b.items))
    return RegoSet(b.items | a.items)


def _sets(collection: RegoSet) -> list[RegoSet]:
    members: list[Value] = sort_values(collection.items.values())
    for member in members:
        if type(member) is not RegoSet:
            raise operand_type_error(1, member, "set")
    return members


@FAMILY.builtin("intersection", "set[set[any]]", result="set[any]")
def intersection(collection: RegoSet) -> RegoSet:
    """The members that all sets in a set have in common."""
    found: RegoSet | None = None
    for member in _sets(collection):
        found = member if found is None else intersect(found, member)
    return RegoSet() if found is None else found


@FAMILY.builtin("union", "set[set[any]]", result="set[any]", context=True)
def union(context: Context, collection: RegoSet) -> RegoSet:
    """The members of any set in a set."""
    members = _sets(collection)
    context.budget.charge_elements(sum(len(member) for member in members))
    found = RegoSet()
    for member in members:
        found.items.update(member.items)
    return found


@FAMILY.builtin("set_diff", "set[any]", "set[any]", result="set[any]", deprecated=True)
def difference(a: RegoSet, b: RegoSet) -> RegoSet:
    """The members of ``a`` that ``b`` does not have."""
    return RegoSet({key: value for key, value in a.items.items() if key not in b.items})
