"""Safety: every variable gets its value before it is used.

Statements are moved as little as possible: as OPA does, each pass over a body takes the
statements whose variables are known by then, in the order they were written.  A variable that
no order makes known is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.resolve import BUILTIN, ROOTS
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import (
    RESULT,
    TEMPLATE,
    Array,
    Body,
    Call,
    Clause,
    Comprehension,
    Every,
    Expr,
    Literal,
    Object,
    Ref,
    Rule,
    Scalar,
    Set,
    Term,
    Unify,
    Var,
    children,
    map_children,
)

Names = AbstractSet[str]
_NONE: frozenset[str] = frozenset()


def order_rule(rule: Rule, source: Source) -> Rule:
    """The rule with its bodies in an order in which they can be evaluated."""
    safety = _Safety(source)
    known = frozenset(name for arg in rule.args or () for name in names_in(arg))
    heads = [*rule.ref[1:], *([] if rule.member is None else [rule.member])]
    clause = safety.clause(rule.clause, known, heads)
    ref = (rule.ref[0], *safety.closed(rule.ref[1:], clause.body, known))
    member = rule.member
    if member is not None:
        (member,) = safety.closed((member,), clause.body, known)
    return replace(rule, clause=clause, ref=ref, member=member)


def order_query(body: Body, source: Source) -> Body:
    """A query's statements in an order in which they can be evaluated."""
    return _Safety(source).body(body, _NONE)[0]


class _Safety:
    def __init__(self, source: Source) -> None:
        self.source = source

    def clause(self, clause: Clause, known: Names, heads: list[Term]) -> Clause:
        value = [] if clause.value is None else [clause.value]
        # What the head calls or looks up is part of the body to OPA.
        body, bound = self.body(clause.body, known, (*heads, *value))
        for term in (*heads, *value):
            self._check_head(term, bound)
        done = None
        if clause.value is not None:
            (done,) = self.closed((clause.value,), body, known)
        orelse = clause.orelse and self.clause(clause.orelse, known, [])
        return replace(clause, body=body, value=done, orelse=orelse)

    def _check_head(self, term: Term, bound: Names) -> None:
        outputs = bound | _lookups(term, bound)
        self._require(variables(term), outputs)

    def _require(self, needed: Iterator[Var], known: Names) -> None:
        unsafe = [(v.pos, v.name) for v in needed if v.name not in known]
        if unsafe:
            raise self._unsafe(unsafe)

    def closed(self, terms: tuple[Term, ...], body: Body, known: Names) -> tuple[Term, ...]:
        bound = known.__or__(frozenset(name for lit in body for name in _literal_names(lit)))
        return tuple(self._closures(term, bound) for term in terms)

    def body(
        self, body: Body, known: Names, heads: tuple[Term, ...] = ()
    ) -> tuple[Body, frozenset[str]]:
        """The body in order, and the variables that have a value behind it."""
        shared = frozenset(name for lit in body for name in _literal_names(lit))
        shared |= known | frozenset(name for head in heads for name in names_in(head))
        waiting = [(literal, _needs(literal, shared)) for literal in body]
        done: list[Literal] = []
        bound = frozenset(known)
        while waiting:
            rest = []
            for literal, needs in waiting:
                bound |= outputs(literal, bound)
                if needs <= bound:
                    done.append(self._close_literal(literal, bound))
                else:
                    rest.append((literal, needs))
            if len(rest) == len(waiting):
                raise self._unsafe_in([literal for literal, _ in rest], bound, shared)
            waiting = rest
        return tuple(done), bound

    def _missing(self, literal: Literal, bound: Names, shared: Names) -> list[tuple[Pos, str]]:
        found = [
            (var.pos, var.name) for var in _literal_variables(literal) if var.name not in bound
        ]
        inner = _needs(literal, shared) - {name for _, name in found} - bound
        return [*found, *((literal.pos, name) for name in inner)]

    def _unsafe_in(self, rest: list[Literal], bound: Names, shared: Names) -> RegoError:
        return self._unsafe([m for lit in rest for m in self._missing(lit, bound, shared)])

    def _unsafe(self, found: list[tuple[Pos, str]]) -> RegoError:
        pos, name = min(found)
        shown = "_" if name.startswith("_$") else name.split("#", 1)[0]
        return self.source.error(f"var {shown} is unsafe", pos, "rego_unsafe_var_error")

    # -- closures

    def _close_literal(self, literal: Literal, bound: Names) -> Literal:
        if not any(True for _ in _closures_of(literal)):
            return literal
        withs = tuple(replace(w, value=self._closures(w.value, bound)) for w in literal.withs)
        return Literal(self._close_expr(literal.expr, bound), literal.pos, literal.negated, withs)

    def _close_expr(self, expr: Expr, bound: Names) -> Any:
        match expr:
            case Unify(left, right):
                left, right = self._closures(left, bound), self._closures(right, bound)
                return replace(expr, left=left, right=right)
            case Every(key, value, domain, body):
                inner = bound | {value.name} | ({key.name} if key else _NONE)
                done = self.body(body, inner)[0]
                return replace(expr, domain=self._closures(domain, bound), body=done)
        return self._closures(expr, bound)

    def _closures(self, term: Any, bound: Names) -> Any:
        if isinstance(term, Comprehension):
            found = _interpolated(term)
            if found is not None:
                # Nothing inside a template string gives a variable its value.
                self._require(variables(found), bound)
                if isinstance(found, Var) and not term.body[0].withs:
                    return Array((found,), term.pos)
            heads = (term.value,) if term.key is None else (term.key, term.value)
            body, inner = self.body(term.body, bound, heads)
            for head in heads:
                self._check_head(head, inner)
            key = None if term.key is None else self._closures(term.key, inner)
            return replace(term, key=key, value=self._closures(term.value, inner), body=body)
        return map_children(term, lambda part: self._closures(part, bound))


def _interpolated(term: Comprehension) -> Term | None:
    """The expression of a template string that comes in this array, if it is one."""
    head, expr = term.value, term.body[0].expr
    if isinstance(head, Var) and head.name.startswith(TEMPLATE) and isinstance(expr, Unify):
        return expr.right
    return None


# -- variables


def variables(term: Any) -> Iterator[Var]:
    """The local variables in a term, closures left out."""
    stack = [term]
    while stack:
        node = stack.pop()
        if type(node) is not Var:
            stack.extend(reversed(children(node)))
        elif node.name not in ROOTS and not node.name.startswith(BUILTIN):
            yield node


def names_in(term: Any) -> Iterator[str]:
    return (var.name for var in variables(term))


def _literal_variables(literal: Literal) -> Iterator[Var]:
    for var in variables(literal.expr):
        # A negated relation goes through its results inside the negation.
        if not (literal.negated and var.name.startswith(RESULT)):
            yield var
    for item in literal.withs:
        yield from variables(item.value)
        if isinstance(item.target, Ref):
            for part in item.target.parts:
                yield from variables(part)


def _literal_names(literal: Literal) -> Iterator[str]:
    return (var.name for var in _literal_variables(literal))


def _needs(literal: Literal, shared: Names) -> frozenset[str]:
    """The variables that must have a value: its own, and in closures those it shares."""
    inner = {n for closure in _closures_of(literal) for n in _free_in_closure(closure)}
    return frozenset(_literal_names(literal)) | (inner & shared)


def _closures_of(literal: Literal) -> Iterator[Comprehension | Every]:
    if isinstance(literal.expr, Every):
        yield literal.expr
    for term in (literal.expr, *(item.value for item in literal.withs)):
        yield from _comprehensions(term)


def _comprehensions(term: Any) -> Iterator[Comprehension]:
    if isinstance(term, Comprehension):
        yield term
    for child in children(term):
        yield from _comprehensions(child)


def _free_in_closure(closure: Comprehension | Every) -> Iterator[str]:
    """Every variable inside, at any depth; those declared inside have names of their own."""
    if isinstance(closure, Every):
        own = {closure.value.name} | ({closure.key.name} if closure.key else set())
        yield from (name for name in _body_names(closure.body) if name not in own)
        return
    for head in (closure.key, closure.value):
        if head is not None:
            yield from names_in(head)
            for inner in _comprehensions(head):
                yield from _free_in_closure(inner)
    yield from _body_names(closure.body)


def _body_names(body: Body) -> Iterator[str]:
    for literal in body:
        yield from _literal_names(literal)
        for closure in _closures_of(literal):
            yield from _free_in_closure(closure)


def free_names(closure: Comprehension | Every) -> frozenset[str]:
    """Every variable name inside a closure, at any depth."""
    return frozenset(_free_in_closure(closure))


# -- what a statement gives a value to


def outputs(literal: Literal, bound: Names) -> frozenset[str]:
    """The variables that the statement gives a value to when ``bound`` have one."""
    if literal.negated or isinstance(literal.expr, Every):
        return _NONE
    found = _lookups(literal.expr, bound)
    if isinstance(literal.expr, Unify) and not literal.expr.test:
        found |= _unified(literal.expr.left, literal.expr.right, bound | found)
    return found


def _lookups(term: Any, bound: Names) -> frozenset[str]:
    """Variables in the brackets of references: the iteration gives them their values."""
    found = frozenset[str]()
    for child in children(term):
        found |= _lookups(child, bound | found)
    if isinstance(term, Ref):
        inner = bound | found
        if all(name in inner for name in names_in(term.head)):
            for part in term.parts:
                found |= frozenset(_pattern_names(part))
    return found


def _pattern_names(pattern: Term) -> Iterator[str]:
    match pattern:
        case Var(name) if name not in ROOTS:
            yield name
        case Array(items):
            for item in items:
                yield from _pattern_names(item)
        case Object(pairs):
            for _, value in pairs:
                yield from _pattern_names(value)


def _unified(left: Term, right: Term, bound: Names) -> frozenset[str]:
    match left, right:
        case Array(a), Array(b) if len(a) == len(b):
            found = frozenset[str]()
            for x, y in zip(a, b, strict=True):
                found |= _unified(x, y, bound | found)
            return found
    found = frozenset[str]()
    if _is_known(right, bound):
        found |= frozenset(_pattern_names(left))
    if _is_known(left, bound):
        found |= frozenset(_pattern_names(right))
    return found - bound


def _is_known(term: Term, bound: Names) -> bool:
    return all(name in bound for name in names_in(term))


__all__ = [
    "Call",
    "Scalar",
    "Set",
    "free_names",
    "names_in",
    "order_query",
    "order_rule",
    "outputs",
    "variables",
]
