"""Normal form: one shape for what Rego lets one write in several ways.

- ``f(x, y)`` with one operand more than ``f`` takes is ``y = f(x)``.
- A relation such as ``walk(x)`` is an iteration over its results.
- ``[a, b] = [c, d]`` is ``a = c; b = d``.
- A relation that is negated itself stays inside the negation.
- A call inside a negated expression is evaluated before it, outside the negation, as OPA does
  (https://github.com/open-policy-agent/opa/issues/1877).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policy_app.evaluation.rego.builtins import REFUSED, REGISTRY
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import (
    RESULT,
    Array,
    Assign,
    Body,
    Call,
    Clause,
    Comprehension,
    Every,
    Literal,
    Object,
    Ref,
    Rule,
    Scalar,
    SomeDecl,
    SomeIn,
    Term,
    Unify,
    Var,
    is_relation,
    map_children,
)
from policy_app.evaluation.rego.tree import Node

_EQUALITIES = {("eq",), ("assign",)}


class Normalizer:
    """Brings one rule into normal form; raises ``RegoError`` for calls that cannot be."""

    def __init__(self, tree: Node, source: Source, *, strict: bool = False) -> None:
        self.tree = tree
        self.source = source
        self.strict = strict
        self.count = 0

    def rule(self, rule: Rule) -> Rule:
        return replace(
            rule,
            ref=(rule.ref[0], *map(self.term, rule.ref[1:])),
            member=None if rule.member is None else self.term(rule.member),
            clause=self._clause(rule.clause),
        )

    def _clause(self, clause: Clause) -> Clause:
        return replace(
            clause,
            value=None if clause.value is None else self.term(clause.value),
            body=self.body(clause.body),
            orelse=None if clause.orelse is None else self._clause(clause.orelse),
        )

    def body(self, body: Body) -> Body:
        return tuple(done for literal in body for done in self._literal(literal))

    def _literal(self, literal: Literal) -> Iterator[Literal]:
        if literal.withs:
            withs = tuple(replace(w, value=self.term(w.value)) for w in literal.withs)
            literal = replace(literal, withs=withs)
        match literal.expr:
            case Every() as every:
                domain, body = self.term(every.domain), self.body(every.body)
                yield replace(literal, expr=replace(every, domain=domain, body=body))
            case Unify(left, right, pos, test):
                unify = Unify(self.term(left), self.term(right), pos, test)
                yield from self._unification(literal, unify)
            case Call(("print",)) as call:
                yield from self._negation(literal, self.term(self._print(call)))
            case Call() as call:
                yield from self._call(literal, call)
            case Assign() | SomeDecl() | SomeIn():
                raise AssertionError("resolving names leaves none of these")
            case term:
                yield from self._negation(literal, self.term(term))

    def _call(self, literal: Literal, call: Call) -> Iterator[Literal]:
        if call.name in _EQUALITIES and len(call.args) == 2:
            left, right = map(self.term, call.args)
            yield from self._unification(literal, Unify(left, right, call.pos))
        elif len(call.args) == self.arity(call) + 1:
            value = self.term(replace(call, args=call.args[:-1]))
            unify = Unify(self.term(call.args[-1]), value, call.pos)
            yield from self._unification(literal, unify)
        else:
            yield from self._negation(literal, self.term(call))

    def _print(self, call: Call) -> Call:
        """``print`` takes undefined operands too: each comes in a set that may be empty."""
        boxes = []
        for arg in call.args:
            var = self._fresh(arg.pos)
            body = (Literal(Unify(var, arg, arg.pos), arg.pos),)
            boxes.append(Comprehension("set", None, var, body, arg.pos))
        return Call(("internal", "print"), (Array(tuple(boxes), call.pos),), call.pos)

    def _unification(self, literal: Literal, unify: Unify) -> Iterator[Literal]:
        if literal.negated:
            yield from self._negation(literal, unify)
            return
        for left, right in split_pairs(unify.left, unify.right):
            yield replace(literal, expr=replace(unify, left=left, right=right))

    def _negation(self, literal: Literal, expr: Any) -> Iterator[Literal]:
        if not literal.negated:
            yield replace(literal, expr=expr)
            return
        before: list[Literal] = []
        if isinstance(expr, Unify):
            left = self._lift(expr.left, literal, before)
            right = self._lift_operands(expr.right, literal, before)
            expr = replace(expr, left=left, right=right)
        elif is_relation(expr):
            expr = self._lift_operands(expr, literal, before)
        else:
            expr = map_children(expr, lambda part: self._lift(part, literal, before))
        yield from before
        yield replace(literal, expr=expr)

    def _lift_operands(self, term: Term, literal: Literal, before: list[Literal]) -> Any:
        """As ``_lift``, but a relation goes on to be asked for its results where it stands."""
        if is_relation(term):
            assert isinstance(term, Ref)
            return replace(term, head=self._lift(term.head, literal, before))
        return self._lift(term, literal, before)

    def _lift(self, term: Term, literal: Literal, before: list[Literal]) -> Any:
        if isinstance(term, Ref) and isinstance(term.head, Call) and not is_relation(term):
            return replace(term, head=self._lift(term.head, literal, before))
        if isinstance(term, Call) or is_relation(term):
            var = self._fresh(term.pos)
            lifted = Unify(var, term, term.pos)
            before.append(replace(literal, expr=lifted, negated=False))
            return var
        return map_children(term, lambda part: self._lift(part, literal, before))

    def _fresh(self, pos: Pos) -> Var:
        self.count += 1
        return Var(f"_$call{self.count}", pos)

    # -- terms

    def term(self, term: Term) -> Any:
        if isinstance(term, Call):
            return self._called(term)
        if isinstance(term, Comprehension):
            return self._comprehension(term)
        return map_children(term, self.term)

    def _called(self, call: Call) -> Term:
        arity = self.arity(call)
        builtin = REGISTRY.get(".".join(call.name)) if call.name[0] != "data" else None
        if len(call.args) != arity and not (builtin and builtin.variadic):
            name, got = ".".join(call.name), len(call.args)
            message = f"{name}: arity mismatch: it takes {arity} operands and has {got}"
            raise self.source.error(message, call.pos, "rego_type_error")
        done = Call(call.name, tuple([self.term(arg) for arg in call.args]), call.pos)
        if builtin is not None and builtin.relation:
            self.count += 1
            return Ref(done, (Var(f"{RESULT}{self.count}", call.pos),), call.pos)
        return done

    def _comprehension(self, term: Comprehension) -> Comprehension:
        return replace(
            term,
            key=None if term.key is None else self.term(term.key),
            value=self.term(term.value),
            body=self.body(term.body),
        )

    def arity(self, call: Call) -> int:
        """How many operands the called function takes; an error where there is none."""
        if call.name[0] == "data":
            return self._arity_of_rule(call)
        name = ".".join(call.name)
        builtin = REGISTRY.get(name)
        if name in REFUSED:
            message = f"function {name} is not available: {REFUSED[name]}"
            raise self.source.error(message, call.pos, "rego_type_error")
        if builtin is None:
            raise self.source.error(f"undefined function {name}", call.pos, "rego_type_error")
        if self.strict and builtin.deprecated:
            message = f"deprecated built-in function calls in expression: {name}"
            raise self.source.error(message, call.pos, "rego_type_error")
        return len(call.args) if builtin.variadic else builtin.arity

    def _arity_of_rule(self, call: Call) -> int:
        node: Node | None = self.tree
        for name in call.name[1:]:
            node = node.children.get(name) if node is not None else None
        if node is None or node.unit is None or node.unit.kind != "function":
            name = ".".join(call.name)
            raise self.source.error(f"undefined function {name}", call.pos, "rego_type_error")
        return node.unit.arity


def split_pairs(left: Term, right: Term) -> Iterator[tuple[Term, Term]]:
    """Split a unification of two arrays or objects of the same shape into its parts."""
    match left, right:
        case Array(a), Array(b) if len(a) == len(b):
            for x, y in zip(a, b, strict=True):
                yield from split_pairs(x, y)
            return
        case Object(a), Object(b):
            ours, theirs = _by_key(a), _by_key(b)
            if ours is not None and theirs is not None and ours.keys() == theirs.keys():
                for key, value in ours.items():
                    yield from split_pairs(value, theirs[key])
                return
    yield left, right


def _by_key(pairs: tuple[tuple[Term, Term], ...]) -> dict[str, Term] | None:
    found = {k.value: v for k, v in pairs if isinstance(k, Scalar) and type(k.value) is str}
    return found if len(found) == len(pairs) else None
