"""Generated code for patterns and conditions."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.codegen.base import Generator
from policy_app.evaluation.rego.codegen.emit import Writer
from policy_app.evaluation.rego.codegen.facts import is_constant
from policy_app.evaluation.rego.codegen.inline import templated
from policy_app.evaluation.rego.resolve import ROOTS
from policy_app.evaluation.rego.syntax import Array, Call, Object, Ref, Scalar, Term, Var
from policy_app.evaluation.rego.tree import Node, Unit
from policy_app.evaluation.rego.values import RegoSet

_PREDICATES = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class ConditionGenerator(Generator):
    """Writes what fits a value to a pattern, and what compares."""

    def descend(self, parts: tuple[Term, ...]) -> tuple[Node | None, int]:
        """The place in the tree that the constant start of a reference leads to."""
        raise NotImplementedError

    def some_member(self, w: Writer, unit: Unit) -> str:
        """Something true to Python where the set rule has members."""
        raise NotImplementedError

    def match(self, w: Writer, pattern: Term, value: str) -> None:
        """Give the pattern's variables their values, or fail where it does not fit."""
        match pattern:
            case Var(name) if name not in ROOTS and w.find(name) is None:
                w.bind(name, value)
            case Array(items) if not is_constant(pattern):
                self._match_array(w, items, value)
            case Object(pairs) if not is_constant(pattern):
                self._match_object(w, pairs, value)
            case _:
                w.require(self.equal(self.value(w, pattern), value))

    def _match_array(self, w: Writer, items: tuple[Term, ...], value: str) -> None:
        w.fail_if(f"type({value}) is not list or len({value}) != {len(items)}")
        for index, item in enumerate(items):
            if not (isinstance(item, Var) and item.name.startswith("_$")):
                self.match(w, item, w.temp(f"{value}[{index}]"))

    def _match_object(self, w: Writer, pairs: Any, value: str) -> None:
        w.fail_if(f"type({value}) is not dict or len({value}) != {len(pairs)}")
        for key, member in pairs:
            found = w.temp(f"lookup({value}, {self.value(w, key)})")
            w.fail_if(f"{found} is U")
            self.match(w, member, found)

    # -- conditions

    def equal(self, a: str, b: str) -> str:
        """A Python condition for Rego's equality of two values."""
        if b in self.pool.constants:
            a, b = b, a
        if a in self.pool.constants:
            constant = self.pool.constants[a]
            if constant is None or type(constant) is bool:
                return f"({b} is {a})"
            if type(constant) is str or (type(constant) is int and constant not in (0, 1)):
                return f"({b} == {a})"
            if type(constant) in (int, float):
                # To Python, true is 1.
                is_bool = "" if self.pool.kind(b) == "int" else f" and type({b}) is not bool"
                return f"({b} == {a}{is_bool})"
        kinds = {self.pool.kind(a), self.pool.kind(b)}
        if "str" in kinds or kinds == {"int"}:
            return f"({a} == {b})"
        return f"({a} == {b} if type({a}) is str else rego_equal({a}, {b}))"

    def ordered(self, operator: str, a: str, b: str) -> str:
        """A Python condition for an order between two values."""
        checks = [f"type({x}) is int" for x in (a, b) if self.pool.kind(x) != "int"]
        if not checks:
            return f"({a} {operator} {b})"
        fast = " and ".join(checks)
        return f"({a} {operator} {b} if {fast} else compare({a}, {b}) {operator} 0)"

    def predicate(self, w: Writer, call: Call) -> str | None:
        """A Python condition for a comparison or membership, or None for other calls."""
        name = ".".join(call.name)
        if name in self.facts.mocked:
            return None
        members = self._counted_members(w, call)
        if members is not None:
            return members
        if name in _PREDICATES:
            a, b = (self.value(w, arg) for arg in call.args)
            return self.ordered(_PREDICATES[name], a, b)
        if name in ("equal", "neq"):
            a, b = (self.value(w, arg) for arg in call.args)
            equal = self.equal(a, b)
            return equal if name == "equal" else f"(not {equal})"
        if name == "internal.member_2":
            return self._membership(w, call)
        return None

    def _counted_members(self, w: Writer, call: Call) -> str | None:
        """``count(rule) > 0`` of a set rule: whether it has members needs no set to be made."""
        match call:
            case Call(("gt",), (Call(("count",), (Ref(Var("data"), parts),)), Scalar(0))):
                node, used = self.descend(parts)
                unit = node.unit if node is not None and used == len(parts) else None
                is_set = unit is not None and unit.kind == "set"
                if is_set and "count" not in self.facts.mocked:
                    assert unit is not None
                    return None if self.facts.is_overridden(unit) else self.some_member(w, unit)
        return None

    def _membership(self, w: Writer, call: Call) -> str:
        value, collection = (self.value(w, arg) for arg in call.args)
        constant = self.pool.constants.get(collection)
        if type(constant) in (RegoSet, list):
            known = self.pool.bind("K", "items", constant)
            return f"(({value} if type({value}) is str else hash_key({value})) in {known})"
        fn = self.pool.bind("F", "builtin", "internal.member_2")
        args = [value, collection]
        return (
            f"({templated(self.pool, 'internal.member_2', args, f'{fn}({value}, {collection})')})"
        )
