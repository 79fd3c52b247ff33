"""Generated code for statements: what a body asks for, one after the other."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.builtins import REGISTRY
from policy_app.evaluation.rego.codegen.emit import Writer
from policy_app.evaluation.rego.codegen.facts import is_constant
from policy_app.evaluation.rego.codegen.inline import TYPE_TESTS
from policy_app.evaluation.rego.codegen.terms import TermGenerator
from policy_app.evaluation.rego.resolve import BUILTIN, ROOTS, dotted_name
from policy_app.evaluation.rego.safety import free_names, names_in
from policy_app.evaluation.rego.syntax import (
    Body,
    Call,
    Every,
    Literal,
    Ref,
    Scalar,
    Term,
    Unify,
    Var,
    With,
    is_relation,
)


class StatementGenerator(TermGenerator):
    """Writes bodies; iteration leaves its loops open, so what follows runs once per member."""

    def body(self, w: Writer, body: Body) -> None:
        for literal in body:
            self.literal(w, literal)

    def literal(self, w: Writer, literal: Literal) -> None:
        if not literal.withs:
            self._statement(w, literal)
            return
        before = w.state
        w.state = self._replaced(w, literal.withs)
        self._statement(w, literal)
        w.state = before

    def _statement(self, w: Writer, literal: Literal) -> None:
        if literal.negated:
            self._negated(w, literal.expr)
            return
        match literal.expr:
            case Unify(left, right):
                self.unify(w, left, right)
            case Every():
                self._every(w, literal.expr)
            case term:
                self._holds(w, term)

    def _holds(self, w: Writer, term: Any) -> None:
        """Any value but false lets the body go on."""
        if isinstance(term, Scalar) and term.value is not False:
            return
        if isinstance(term, Call):
            if self._narrowed(w, term):
                return
            condition = self.predicate(w, term)
            if condition is not None:
                w.require(condition)
                return
            written = self.written_out(w, term)
            if written is not None:
                if self.pool.constants.get(written) is not True:
                    w.fail_if(f"{written} is {self.pool.constant(False)}")
                return
        value = self._value_or_undefined(w, term)
        if value in w.scope.defined:
            w.fail_if(f"{value} is {self.pool.constant(False)}")
        elif self._is_boolean(term):
            w.fail_if(f"{value} is not {self.pool.constant(True)}")
        else:
            w.fail_if(f"{value} is {self.pool.constant(False)} or {value} is U")

    def _narrowed(self, w: Writer, call: Call) -> bool:
        """A test for a type, behind which the variable is known to have it."""
        name = ".".join(call.name)
        kind, arg = TYPE_TESTS.get(name), call.args[0] if call.args else None
        if kind is None or not isinstance(arg, Var) or name in self.facts.mocked:
            return False
        value = self.value(w, arg)
        w.require(f"type({value}) is {kind}")
        known = w.temp(value)
        self.pool.kinds[known] = kind
        w.scope.defined.add(known)
        w.bind(arg.name, known)
        return True

    def _value_or_undefined(self, w: Writer, term: Any) -> str:
        if isinstance(term, Ref):
            return self.reference(w, term)
        return self.maybe(w, term)

    def _is_boolean(self, term: Any) -> bool:
        if not isinstance(term, Call) or term.name[0] == "data":
            return False
        name = ".".join(term.name)
        return name not in self.facts.mocked and REGISTRY[name].result == "boolean"

    # -- negation

    def _negated(self, w: Writer, expr: Any) -> None:
        """Operands are computed outside the negation; only the last step is negated."""
        if is_relation(expr) or (isinstance(expr, Unify) and is_relation(expr.right)):
            self._without_result(w, expr)
            return
        if isinstance(expr, Unify):
            a, b = self._operand(w, expr.left), self._operand(w, expr.right)
            sides = [f"{x} is not U" for x in (a, b) if self._may_be_undefined(w, x)]
            w.fail_if(" and ".join([*sides, self.equal(a, b)]))
            return
        if isinstance(expr, Call):
            condition = self.predicate(w, expr)
            if condition is not None:
                w.fail_if(condition)
                return
        value = self.maybe(w, expr)
        false = self.pool.constant(False)
        w.fail_if(f"{value} is not U and {value} is not {false}")

    def _without_result(self, w: Writer, expr: Any) -> None:
        """A negated relation: no result of it may fit."""
        found = w.temp("U")
        before = w.collecting
        w.collecting = True
        with w.block():
            self._statement(w, Literal(expr, expr.pos))
            w.emit(f"{found} = Z")
            w.emit("break")
        w.collecting = before
        w.fail_if(f"{found} is Z")

    def _operand(self, w: Writer, term: Term) -> str:
        return self.maybe(w, term) if isinstance(term, Ref) else self.value(w, term)

    def _may_be_undefined(self, w: Writer, name: str) -> bool:
        return name not in w.scope.defined and name not in self.pool.constants

    # -- unification

    def unify(self, w: Writer, left: Term, right: Term) -> None:
        """Compute the side that is known and fit the other side to it."""
        if self._is_pattern(w, left) and not self._is_pattern(w, right):
            closed = self.is_closed(w, right)
            self.match(w, left, self.value(w, right))
            if closed and isinstance(left, Var):
                w.scope.closed[left.name] = (w.state, right)
        elif self._is_pattern(w, right):
            if self._is_pattern(w, left):
                self._unify_parts(w, left, right)
            else:
                self.match(w, right, self.value(w, left))
        else:
            a, b = self.value(w, left), self.value(w, right)
            if is_constant(left) and is_constant(right):
                # Not folded: what never holds is rare and costs nothing worth a rule of its own.
                w.require(f"rego_equal({a}, {b})")
            else:
                w.require(self.equal(a, b))

    def _is_pattern(self, w: Writer, term: Term) -> bool:
        """Does the term have variables that this statement is to give a value to?"""
        if isinstance(term, Ref | Call):
            return False
        return any(w.find(name) is None for name in _pattern_variables(term))

    def _unify_parts(self, w: Writer, left: Term, right: Term) -> None:
        from policy_app.evaluation.rego.normal import split_pairs

        parts = list(split_pairs(left, right))
        if len(parts) == 1:
            # Arrays of different lengths, or an array and an object: never equal.
            w.require("0")
            return
        for a, b in sorted(parts, key=lambda pair: self._both_unbound(w, *pair)):
            self.unify(w, a, b)

    def _both_unbound(self, w: Writer, a: Term, b: Term) -> bool:
        return self._is_pattern(w, a) and self._is_pattern(w, b)

    # -- every

    def _every(self, w: Writer, every: Every) -> None:
        domain = self.value(w, every.domain)
        w.fail_if(f"not is_collection({domain})")
        inner = w.inner()
        inner.frames[0].fail = f"return {self.pool.constant(False)}"
        value, key = self.pool.name("a"), self.pool.name("a")
        inner.bind(every.value.name, value)
        if every.key is not None:
            inner.bind(every.key.name, key)
        inner.state = "S"
        inner.tick()
        with inner.block():
            self.body(inner, every.body)
            inner.emit(f"return {self.pool.constant(True)}")
        inner.emit(f"return {self.pool.constant(False)}")
        params = [key, value]
        name = inner.finish(self.pool.name("f"), params)
        holds = w.temp(self.pool.constant(True))
        look = "S[7].pairs" if self.pool.explain else "pairs"
        with w.branch(f"for {key}, {value} in {look}({domain}):"):
            w.emit(f"if type({key}) is Key: {key} = {key}.value")
            with w.branch(f"if not {w.call_inner(inner, name, params)}:"):
                w.emit(f"{holds} = {self.pool.constant(False)}")
                w.emit("break")
        w.require(holds)

    # -- with

    def _replaced(self, w: Writer, withs: tuple[With, ...]) -> str:
        overrides = [self._override(w, item) for item in withs]
        name = self.pool.name("S")
        w.emit(f"{name} = replaced({w.state}, ({', '.join(overrides)},), SLOTS)")
        return name

    def _override(self, w: Writer, item: With) -> str:
        root = item.target.head if isinstance(item.target, Ref) else item.target
        assert isinstance(root, Var)
        if root.name in ROOTS and not self.facts.is_function_ref(item.target):
            parts = item.target.parts if isinstance(item.target, Ref) else ()
            path = ", ".join([self.value(w, part) for part in parts])
            value = self.value(w, item.value)
            return f"({self.pool.constant(root.name)}, [{path}], {value})"
        name = ".".join(dotted_name(item.target))
        return f"({self.pool.constant(name)}, [], {self._replacement(w, item.value)})"

    def _replacement(self, w: Writer, value: Term) -> str:
        """A function, or the value that every call gives."""
        if isinstance(value, Var) and value.name.startswith(BUILTIN):
            name = value.name.removeprefix(BUILTIN)
            return self.pool.bind("M", "replaceable", name)
        if self.facts.is_function_ref(value):
            assert isinstance(value, Ref)
            path = dotted_name(value)[1:]
            return self.facts.function(self.facts.function_unit(path))
        return self.value(w, value)


def _pattern_variables(term: Term) -> list[str]:
    return list(names_in(term))


__all__ = ["StatementGenerator", "free_names"]
