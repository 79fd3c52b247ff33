"""From a checked syntax tree to Python functions, one for each node.

Errors are exceptions; where CEL says that one may be absorbed (``&&``, ``||``, the conditions of
macros), it is caught.  Every node that does work charges the budget, with the costs that ``cel-go``
gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.errors import CelError, CelLimitError
from policy_app.evaluation.cel.functions import call, constants
from policy_app.evaluation.cel.syntax import (
    Call,
    Checked,
    Comprehension,
    Constant,
    MakeList,
    MakeMap,
    Name,
    Node,
    Select,
)
from policy_app.evaluation.cel.values import (
    NO_OVERLOAD,
    OptionalValue,
    as_key,
    element,
    find,
    kind_of,
)

VARIABLES = "variables"
_LIST_COST, _MAP_COST = 10, 30
_HIDDEN = ("@", "__")
"""How names begin that a user cannot write."""


@dataclass(slots=True)
class Frame:
    """One run: ``names`` gives the variables, ``slots`` holds those of macros."""

    names: Mapping[str, Any]
    budget: Budget
    slots: list[Any] = field(default_factory=list)


Run = Callable[[Frame], Any]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled expression."""

    run: Run
    slots: int

    def evaluate(self, names: Mapping[str, Any], budget: Budget) -> Any:
        """Its value, where ``names`` are the variables.  Raises ``CelError``, ``CelLimitError``."""
        try:
            return self.run(Frame(names, budget, [None] * self.slots))
        except RecursionError:
            raise CelLimitError("operation cancelled: a value is nested too deeply") from None


def link(checked: Checked) -> Program:
    """Make a tree executable."""
    linker = _Linker(checked.resolved)
    return Program(linker.link(checked.root), linker.most)


class _Linker:
    """Turns nodes into functions; knows which slot each variable of a macro is in."""

    def __init__(self, resolved: Mapping[int, str]) -> None:
        self._resolved = resolved
        self._scope: list[str] = []
        self._growing: set[int] = set()
        self._failing: set[int] = set()
        self.most = 0

    def link(self, node: Node) -> Run:
        if isinstance(node, Constant):
            value = node.value
            return lambda frame: value
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Select):
            return self._select(node)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, MakeList):
            return self._list(node)
        if isinstance(node, MakeMap):
            return self._map(node)
        return self._comprehension(node)

    def _slot(self, name: str) -> int:
        """The innermost macro's variable of that name; -1 where there is none."""
        for at in range(len(self._scope) - 1, -1, -1):
            if self._scope[at] == name:
                return at
        return -1

    def _name(self, node: Name) -> Run:
        slot, name = self._slot(node.name), node.name
        if slot in self._failing:
            return _accumulator(slot)
        if slot >= 0:
            return lambda frame: frame.slots[slot]
        if name in constants:
            constant = constants[name]
            return lambda frame: constant

        def run(frame: Frame) -> Any:
            frame.budget.charge(1)
            try:
                return frame.names[name]
            except KeyError:
                raise CelError(f"no such attribute(s): {name}") from None

        return run

    def _select(self, node: Select) -> Run:
        name = node.field
        of_variables = isinstance(node.operand, Name) and node.operand.name == VARIABLES
        if of_variables and self._slot(VARIABLES) < 0:
            if node.test_only:
                # The compiler has seen to it that there is such a variable.
                return lambda frame: True
            return self._name(Name(f"{VARIABLES}.{name}", node.id))
        constant = constants.get(self._resolved.get(node.id, ""))
        if constant is not None:
            return lambda frame: constant
        operand = self.link(node.operand)
        return _has(operand, name) if node.test_only else _field(operand, name)

    def _call(self, node: Call) -> Run:
        special = _SPECIAL.get(node.function)
        if special is not None:
            return special(*map(self.link, node.args))
        name, args = node.function, list(node.args)
        if node.target is not None:
            namespaced = self._namespaced(node.target)
            if namespaced:
                name = f"{namespaced}.{name}"
            else:
                args.insert(0, node.target)
        if name == "_+_" and self._grows(args[0]):
            return _grow(self.link(args[0]), self.link(args[1]))
        return _function(name, [self.link(each) for each in args])

    def _namespaced(self, target: Node) -> str:
        """The namespace that a call's target is, as in ``sets.contains(…)``; empty for a value."""
        if not isinstance(target, Name) or self._slot(target.name) >= 0:
            return ""
        return target.name if target.id not in self._resolved else ""

    def _grows(self, node: Node) -> bool:
        return isinstance(node, Name) and self._slot(node.name) in self._growing

    def _list(self, node: MakeList) -> Run:
        elements = [(self.link(each), at in node.optional) for at, each in enumerate(node.elements)]

        def run(frame: Frame) -> Any:
            frame.budget.charge(_LIST_COST + len(elements))
            made = []
            for element_run, optional in elements:
                value = element_run(frame)
                if not optional:
                    made.append(value)
                elif _optional(value).present:
                    made.append(value.value)
            return made

        return run

    def _map(self, node: MakeMap) -> Run:
        if node.message:
            raise ValueError(f"there are no messages here, but the expression makes {node.message}")
        entries = [(self.link(key), self.link(value), flag) for key, value, flag in node.entries]

        def run(frame: Frame) -> Any:
            frame.budget.charge(_MAP_COST + len(entries))
            made: dict[Any, Any] = {}
            for key_run, value_run, optional in entries:
                key, value = as_key(key_run(frame)), value_run(frame)
                if key in made:
                    raise CelError(f"Failed with repeated key: {key}")
                if not optional:
                    made[key] = value
                elif _optional(value).present:
                    made[key] = value.value
            return made

        return run

    def _comprehension(self, node: Comprehension) -> Run:
        start, over = self.link(node.start), self.link(node.range)
        base = len(self._scope)
        self._scope += [node.accumulator, node.variable]
        self.most = max(self.most, len(self._scope))
        # Nobody but the macro sees its list while it grows, so that it may grow in place.
        hidden = node.accumulator.startswith(_HIDDEN)
        grows = hidden and isinstance(node.start, MakeList) and not node.start.elements
        kept = self._growing if grows else self._failing
        kept.add(base)
        condition, step = self.link(node.condition), self.link(node.step)
        self._scope.pop()
        result = self.link(node.result)
        self._scope.pop()
        kept.discard(base)
        absorbed = () if grows else CelError

        def run(frame: Frame) -> Any:
            slots, budget = frame.slots, frame.budget
            members = over(frame)
            if kind_of(members) not in ("list", "map"):
                raise CelError(NO_OVERLOAD)
            accumulated = start(frame)
            slots[base] = accumulated
            for member in members:
                budget.charge(1)
                slots[base] = accumulated
                if condition(frame) is not True:
                    break
                slots[base + 1] = member
                try:
                    accumulated = step(frame)
                except absorbed as error:  # a later element may still decide
                    accumulated = error
            slots[base] = accumulated
            return result(frame)

        return run


def _accumulator(slot: int) -> Run:
    def run(frame: Frame) -> Any:
        value = frame.slots[slot]
        if isinstance(value, CelError):
            raise value
        return value

    return run


def _field(operand: Run, name: str) -> Run:
    def run(frame: Frame) -> Any:
        holder = operand(frame)
        if type(holder) is dict and name in holder:  # what nearly every field is in
            frame.budget.charge(1)
            return holder[name]
        if isinstance(holder, OptionalValue):
            return find(holder.value, name, frame.budget) if holder.present else holder
        return element(holder, name, frame.budget)

    return run


def _has(operand: Run, name: str) -> Run:
    def run(frame: Frame) -> bool:
        holder = operand(frame)
        if type(holder) is dict:
            frame.budget.charge(1)
            return name in holder
        if isinstance(holder, OptionalValue):
            return holder.present and find(holder.value, name, frame.budget).present
        return find(holder, name, frame.budget).present

    return run


def _optional(value: Any) -> OptionalValue:
    if not isinstance(value, OptionalValue):
        raise CelError(NO_OVERLOAD)
    return value


def _function(name: str, args: list[Run]) -> Run:
    def run(frame: Frame) -> Any:
        return call(name, frame.budget, [each(frame) for each in args])

    return run


def _grow(accumulated: Run, added: Run) -> Run:
    def run(frame: Frame) -> Any:
        grown, more = accumulated(frame), added(frame)
        frame.budget.charge(len(more))
        grown.extend(more)
        return grown

    return run


def _and(left: Run, right: Run) -> Run:
    return _logic(left, right, decides=False)


def _or(left: Run, right: Run) -> Run:
    return _logic(left, right, decides=True)


def _logic(left: Run, right: Run, *, decides: bool) -> Run:
    """``&&`` and ``||``: the value that decides wins over an error on the other side."""

    def run(frame: Frame) -> bool:
        try:
            first = _boolean(left(frame))
        except CelError:
            if _boolean(right(frame)) is decides:
                return decides
            raise
        return first if first is decides else _boolean(right(frame))

    return run


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise CelError(NO_OVERLOAD)


def _condition(test: Run, then: Run, otherwise: Run) -> Run:
    def run(frame: Frame) -> Any:
        return then(frame) if _boolean(test(frame)) else otherwise(frame)

    return run


def _not_strictly_false(test: Run) -> Run:
    """What goes on after an error: ``exists`` may still find its element."""

    def run(frame: Frame) -> bool:
        try:
            return test(frame) is not False
        except CelError:
            return True

    return run


_SPECIAL: Mapping[str, Callable[..., Run]] = {
    "_&&_": _and,
    "_||_": _or,
    "_?_:_": _condition,
    "@not_strictly_false": _not_strictly_false,
    "__not_strictly_false__": _not_strictly_false,
}
