"""What a function needs of the constraint's parameters, whatever its arguments are.

A library asks for each container whether `input.parameters.excludedImages[_]` fits.  Where a
constraint leaves that out, no call can have an answer; so that is found out once a query, and the
function is not called at all.  It saves two of three calls for a container of a usual template.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from policy_app.evaluation.rego.syntax import (
    Array,
    Body,
    Call,
    Clause,
    Expr,
    Literal,
    Ref,
    Scalar,
    Set,
    Term,
    Unify,
    Var,
    walk,
)
from policy_app.evaluation.rego.tree import Node, Unit

Path = tuple[Term, ...]
"""Constant fields below ``input``."""

_COMPARISONS = frozenset({"equal", "neq", "lt", "lte", "gt", "gte"})
"""Calls that cannot fail: what stands behind them may be looked at before them."""


@dataclass(frozen=True, slots=True)
class Need:
    """A value of the parameters that must be there; with members, where a body goes through it."""

    path: Path
    members: bool


Alternatives = tuple[tuple["Need | Unit", ...], ...]
"""For each body what it needs, all of it; a unit stands for what that function needs."""


class Needs:
    """The needs of a program's functions."""

    def __init__(self, tree: Node) -> None:
        self._tree = tree
        self._found: dict[int, Alternatives | None] = {}

    def of(self, unit: Unit) -> Alternatives | None:
        """What each of the function's bodies needs; None where some body needs nothing."""
        if unit.index not in self._found:
            self._found[unit.index] = None if unit.default is not None else self._alternatives(unit)
        return self._found[unit.index]

    def _alternatives(self, unit: Unit) -> Alternatives | None:
        bodies = [clause.body for rule in unit.rules for clause in _chain(rule.rule.clause)]
        needs = [tuple(self._of_body(body)) for body in bodies]
        return tuple(needs) if needs and all(needs) else None

    def _of_body(self, body: Body) -> Iterator[Need | Unit]:
        """Only as far as no call might fail before, because that would be an error of its own."""
        for literal in body:
            if literal.withs:
                return
            if not literal.negated:
                yield from self._of_literal(literal)
            if not _is_harmless(literal.expr):
                return

    def _of_literal(self, literal: Literal) -> Iterator[Need | Unit]:
        expr = literal.expr
        if isinstance(expr, Call) and expr.name[0] == "data":
            unit = self._unit(expr.name[1:])
            if unit is not None and self.of(unit) is not None:
                yield unit
        elif _is_harmless(expr):
            yield from filter(None, map(_need, _required(expr)))

    def _unit(self, path: tuple[str, ...]) -> Unit | None:
        node: Node | None = self._tree
        for name in path:
            node = node.children.get(name) if node is not None else None
        return node.unit if node is not None else None


def _chain(clause: Clause | None) -> Iterator[Clause]:
    while clause is not None:
        yield clause
        clause = clause.orelse


def _is_harmless(expr: Expr) -> bool:
    """Is there nothing in the statement that could be an error?"""
    return all(map(_cannot_fail, _required(expr)))


def _cannot_fail(part: Term | Expr) -> bool:
    match part:
        case Call(name):
            return name[0] in _COMPARISONS
        case Ref(Var("data")):
            return False
    return isinstance(part, Unify | Ref | Scalar | Var | Array | Set)


def _required(expr: Expr) -> Iterator[Term | Expr]:
    """The statement's parts; all of them need a value for it to hold."""
    if isinstance(expr, Unify):
        yield from walk(expr.left)
        yield from walk(expr.right)
    else:
        yield from walk(expr)


def _need(part: Term | Expr) -> Need | None:
    match part:
        case Ref(Var("input"), (Scalar("parameters"), *_) as parts):
            path = tuple(takewhile(_is_field, parts))
            return Need(path, len(path) < len(parts)) if len(path) > 1 else None
    return None


def _is_field(part: Term) -> bool:
    return isinstance(part, Scalar) and type(part.value) is str
