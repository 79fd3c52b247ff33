"""Small functions, written out where they are called.

A call takes as long as three or four statements, and libraries are full of functions of one or two:
``is_written_with(quantity, suffix)`` is asked for every suffix that there is.
"""

from __future__ import annotations

from policy_app.evaluation.rego.codegen.calls import CallGenerator
from policy_app.evaluation.rego.codegen.emit import Writer
from policy_app.evaluation.rego.resolve import ROOTS
from policy_app.evaluation.rego.syntax import (
    Call,
    Comprehension,
    Every,
    Expr,
    Literal,
    Term,
    Unify,
    Var,
    walk,
)
from policy_app.evaluation.rego.tree import Unit

MOST_TERMS = 24
MOST_CALLS = 3
MOST_DEPTH = 2
"""Bounds on bodies that are written out, and on those in each other: else programs would grow
without gaining anything, those of hostile sources exponentially."""


class InliningGenerator(CallGenerator):
    """Writes the body of a function in place of a call of it."""

    def written_out(self, w: Writer, call: Call) -> str | None:
        """The call's value, None where it has to be a call; the statement fails with the body."""
        unit = self._small(w, call)
        if unit is None:
            return None
        args = [self.value(w, arg) for arg in call.args]
        rule, scope = unit.rules[0], w.scope
        before = scope.names, scope.closed, w.source
        # A function sees no variables but its own, even where others have the same names.
        scope.names, scope.closed, w.source = {}, {}, rule.source
        w.written += 1
        for arg, pattern in zip(args, rule.rule.args or (), strict=True):
            self.match(w, pattern, arg)
        self.body(w, rule.rule.clause.body)
        assert rule.rule.clause.value is not None
        value = self.value(w, rule.rule.clause.value)
        w.written -= 1
        scope.names, scope.closed, w.source = before
        return value

    def _small(self, w: Writer, call: Call) -> Unit | None:
        """The called function, where its body can stand here."""
        if call.name[0] != "data" or self.pool.explain:
            return None
        if w.outer is not None or w.written >= MOST_DEPTH:
            return None
        unit = self.facts.function_unit(call.name[1:])
        replaceable = unit.name in self.facts.mocked or self.facts.is_overridden(unit)
        if replaceable or self.needs.of(unit) is not None or not _is_small(unit):
            return None
        return None if self.is_kept(w, call) else unit


def _is_small(unit: Unit) -> bool:
    """Has the function one body of few statements, which go through nothing?"""
    if len(unit.rules) != 1 or unit.default is not None:
        return False
    rule = unit.rules[0].rule
    clause, args = rule.clause, rule.args or ()
    bound = {arg.name for arg in args if isinstance(arg, Var)}
    if clause.orelse is not None or clause.value is None or len(bound) != len(args):
        return False
    if not all(_has_values(literal, bound) for literal in clause.body):
        return False
    terms = [*walk(clause.value), *(term for lit in clause.body for term in _terms(lit.expr))]
    calls = sum(isinstance(term, Call) for term in terms)
    return len(terms) <= MOST_TERMS and calls <= MOST_CALLS and _is_known(clause.value, bound)


def _terms(expr: Expr) -> list[Term | Expr]:
    sides = (expr.left, expr.right) if isinstance(expr, Unify) else (expr,)
    return [term for side in sides for term in walk(side)]


def _has_values(literal: Literal, bound: set[str]) -> bool:
    """Have all the statement's variables one? ``x := term`` gives ``x`` one, and adds it."""
    expr = literal.expr
    if literal.withs:
        return False
    if isinstance(expr, Unify) and isinstance(expr.left, Var) and not literal.negated:
        known = _is_known(expr.right, bound)
        bound.add(expr.left.name)
        return known
    return _is_known(expr, bound)


def _is_known(expr: Term | Expr, bound: set[str]) -> bool:
    for term in _terms(expr):
        if isinstance(term, Comprehension | Every):
            return False
        if isinstance(term, Var) and term.name not in bound and term.name not in ROOTS:
            return False
    return True
