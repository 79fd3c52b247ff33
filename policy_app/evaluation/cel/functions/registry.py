"""How a function is found: by its name and the types of its operands.

A function for an operator has the operator's name in the syntax tree (``_+_``); one with a receiver
takes it as its first operand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError
from policy_app.evaluation.cel.values import NO_OVERLOAD, kind_of

Implementation = Callable[..., Any]
Kinds = tuple[str, ...]
Function = TypeVar("Function", bound=Implementation)

ANY = "any"
_OVERLOADS: dict[str, dict[Kinds, Implementation]] = {}
_FOUND: dict[tuple[str, Kinds], Implementation | None] = {}
_MOST_FOUND = 20_000


def overload(name: str, *kinds: str) -> Callable[[Function], Function]:
    """Register what is decorated for operands of these types; it is called with the budget first.

    A type may be ``any``, or several, written ``int|uint``.
    """

    def register(implementation: Function) -> Function:
        for each in _spelled(kinds):
            _OVERLOADS.setdefault(name, {})[each] = implementation
        return implementation

    return register


def call(name: str, budget: Budget, args: Sequence[Any]) -> Any:
    """What a function gives for values.  Raises ``CelError`` where it does not take them."""
    budget.charge(1)
    kinds = tuple(map(kind_of, args))
    try:
        found = _FOUND[name, kinds]
    except KeyError:
        found = _find(name, kinds)
        if len(_FOUND) < _MOST_FOUND:
            _FOUND[name, kinds] = found
    if found is None:
        raise CelError(NO_OVERLOAD)
    return found(budget, *args)


def _find(name: str, kinds: Kinds) -> Implementation | None:
    """The overload that fits, the one with the fewest ``any`` first."""
    fitting = [
        (sum(kind == ANY for kind in each), implementation)
        for each, implementation in _OVERLOADS.get(name, {}).items()
        if len(each) == len(kinds)
        and all(wanted in (ANY, kind) for wanted, kind in zip(each, kinds, strict=True))
    ]
    return min(fitting, key=lambda one: one[0])[1] if fitting else None


def _spelled(kinds: Sequence[str]) -> list[Kinds]:
    spelled: list[Kinds] = [()]
    for kind in kinds:
        spelled = [(*before, each) for before in spelled for each in kind.split("|")]
    return spelled
