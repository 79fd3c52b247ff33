"""What the generator knows about the program: its units, their functions and slots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policy_app.evaluation.rego.analysis import (
    all_rules,
    dependencies,
    function_at,
    rule_parts,
)
from policy_app.evaluation.rego.codegen.emit import Pool
from policy_app.evaluation.rego.resolve import dotted_name
from policy_app.evaluation.rego.syntax import (
    Array,
    Clause,
    Comprehension,
    Object,
    Scalar,
    Set,
    Term,
    With,
)
from policy_app.evaluation.rego.tree import Node, Unit
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key, rego_equal


class Facts:
    """The tree of rules with the generated name and state slot of each unit.

    ``mocked`` names the functions and ``overridden`` the paths that some ``with`` replaces;
    only they pay for the possibility.
    """

    def __init__(self, pool: Pool, tree: Node) -> None:
        self.pool = pool
        self.tree = tree
        self.mocked: set[str] = set()
        self.overridden: set[tuple[str, ...]] = set()
        self.in_function = False
        self._slots: dict[int, int] = {}
        self._members: dict[int, int] = {}
        self._functions: dict[int, str] = {}
        self._constants: dict[int, str | None] = {}
        self._existence: dict[int, int] = {}
        self._conflicts: dict[int, bool] = {}

    def slot(self, unit: Unit) -> int:
        if unit.index not in self._slots:
            self._slots[unit.index] = self.pool.slot()
        return self._slots[unit.index]

    def function(self, unit: Unit) -> str:
        return self._functions.setdefault(unit.index, f"rule{unit.index}")

    def members_slot(self, unit: Unit) -> int:
        """Where a set's members are kept as a list, some perhaps twice."""
        return self._members.setdefault(unit.index, 0) or self._new_members_slot(unit)

    def _new_members_slot(self, unit: Unit) -> int:
        self._members[unit.index] = self.pool.slot()
        return self._members[unit.index]

    def existence_slot(self, unit: Unit) -> int:
        """Where it is kept whether a set has members."""
        if unit.index not in self._existence:
            self._existence[unit.index] = self.pool.slot()
        return self._existence[unit.index]

    def slots_of(self, units: Iterable[Unit]) -> tuple[int, ...]:
        """Every slot that keeps something of these units; constants stand in the code itself."""
        tables = (self._slots, self._members, self._existence)
        kept = [unit.index for unit in units if self._constants.get(unit.index) is None]
        found = (table.get(index) for index in kept for table in tables)
        return tuple(slot for slot in found if slot is not None)

    def may_conflict(self, unit: Unit) -> bool:
        """Could one of the values that lead to the unit's be a conflict, and so an error?"""
        if unit.index not in self._conflicts:
            parts = [part for rule in all_rules(unit) for part in rule_parts(rule.rule)]
            needed = dependencies(parts, self.tree).values()
            self._conflicts[unit.index] = (
                not (unit.kind == "set" or has_one_value(unit))
                or any(map(_may_conflict, parts))
                or any(map(self.may_conflict, needed))
            )
        return self._conflicts[unit.index]

    def members_function(self, unit: Unit) -> str:
        return f"members{unit.index}"

    def function_unit(self, path: tuple[str, ...]) -> Unit:
        node = self.tree
        for name in path:
            node = node.children[name]
        assert node.unit is not None
        return node.unit

    def is_overridden(self, unit: Unit) -> bool:
        path = unit.path
        return any(path[: len(over)] == over for over in self.overridden)

    def constant_rule(self, unit: Unit) -> str | None:
        """The constant that stands for a rule that is nothing else, such as a list of names."""
        if unit.index not in self._constants:
            replaceable = self.pool.explain or self.is_overridden(unit)
            value = None if replaceable else _constant_of(unit)
            name = None if value is None else self.pool.constant(constant_value(value))
            self._constants[unit.index] = name
        return self._constants[unit.index]

    def is_function_ref(self, term: Term) -> bool:
        name = dotted_name(term)
        return name[0] == "data" and function_at(self.tree, name[1:]) is not None

    def document(self, node: Node) -> str:
        """The name of a function that gives the whole document at a place without rules."""
        return self.pool.bind("D", "document", node.path)

    def lazy(self, node: Node) -> str:
        """The name of a function that gives the place itself, to look into."""
        return self.pool.bind("D", "lazy", node.path)


def _constant_of(unit: Unit) -> Term | None:
    """What the source spells out as the rule's only value."""
    if unit.kind != "complete" or len(unit.rules) != 1 or unit.default is not None:
        return None
    clause = unit.rules[0].rule.clause
    plain = all(
        isinstance(literal.expr, Scalar) and literal.expr.value is True
        for literal in clause.body
        if not literal.negated and not literal.withs
    )
    alone = clause.orelse is None and not any(lit.negated or lit.withs for lit in clause.body)
    value = clause.value
    return value if plain and alone and value is not None and is_constant(value) else None


def has_one_value(unit: Unit) -> bool:
    """Do all definitions give the same constant?"""
    values: list[Term] = []
    for rule in unit.rules:
        clause: Clause = rule.rule.clause
        if clause.orelse is not None or clause.value is None or not is_constant(clause.value):
            return False
        values.append(clause.value)
    found = [constant_value(value) for value in values]
    return all(rego_equal(found[0], value) for value in found[1:])


def _may_conflict(part: Any) -> bool:
    if isinstance(part, Object):
        return not all(isinstance(key, Scalar) for key, _ in part.pairs)
    return isinstance(part, With) or (isinstance(part, Comprehension) and part.kind == "object")


def is_constant(term: Term) -> bool:
    """Is this a value that the source spells out?"""
    match term:
        case Scalar():
            return True
        case Array(items) | Set(items):
            return all(map(is_constant, items))
        case Object(pairs):
            return all(is_constant(key) and is_constant(value) for key, value in pairs)
    return False


def constant_value(term: Term) -> Value:
    """The value of a constant term."""
    match term:
        case Scalar(value):
            return value
        case Array(items):
            return [constant_value(item) for item in items]
        case Set(items):
            return RegoSet.of(constant_value(item) for item in items)
        case Object(pairs):
            return {hash_key(constant_value(k)): constant_value(v) for k, v in pairs}
    raise AssertionError(f"{term} is no constant")
