"""Lists and sets, as Kubernetes and ``ext.Sets`` of cel-go have them.

Source: https://kubernetes.io/docs/reference/using-api/cel/.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.functions.registry import call, overload
from policy_app.evaluation.cel.values import equal


@overload("isSorted", "list")
def _is_sorted(budget: Budget, members: list[Any]) -> bool:
    return all(call("_<=_", budget, pair) for pair in pairwise(members))


@overload("sum", "list")
def _sum(budget: Budget, members: list[Any]) -> Any:
    if not members:
        return 0
    total = members[0]
    for each in members[1:]:
        total = call("_+_", budget, (total, each))
    return total


@overload("min", "list")
def _min(budget: Budget, members: list[Any]) -> Any:
    return _extreme(budget, members, "min", "_<_")


@overload("max", "list")
def _max(budget: Budget, members: list[Any]) -> Any:
    return _extreme(budget, members, "max", "_>_")


def _extreme(budget: Budget, members: list[Any], name: str, better: str) -> Any:
    if not members:
        raise CelError(f"{name} called on empty list")
    best = members[0]
    for each in members[1:]:
        if call(better, budget, (each, best)):
            best = each
    return best


@overload("indexOf", "list", "any")
def _index_of(budget: Budget, members: list[Any], wanted: Any) -> int:
    places = (at for at, each in enumerate(members) if equal(each, wanted, budget))
    return next(places, -1)


@overload("lastIndexOf", "list", "any")
def _last_index_of(budget: Budget, members: list[Any], wanted: Any) -> int:
    backwards = range(len(members) - 1, -1, -1)
    return next((at for at in backwards if equal(members[at], wanted, budget)), -1)


@overload("sets.contains", "list", "list")
def _contains(budget: Budget, members: list[Any], wanted: list[Any]) -> bool:
    return all(any(equal(each, other, budget) for other in members) for each in wanted)


@overload("sets.equivalent", "list", "list")
def _equivalent(budget: Budget, left: list[Any], right: list[Any]) -> bool:
    return _contains(budget, left, right) and _contains(budget, right, left)


@overload("sets.intersects", "list", "list")
def _intersects(budget: Budget, left: list[Any], right: list[Any]) -> bool:
    return any(any(equal(each, other, budget) for other in right) for each in left)
