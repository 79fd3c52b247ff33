"""Generated code for calls of builtins and of a program's own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from policy_app.evaluation.rego.builtins import REGISTRY
from policy_app.evaluation.rego.codegen.emit import Pool, Writer
from policy_app.evaluation.rego.codegen.facts import Facts
from policy_app.evaluation.rego.codegen.inline import (
    INLINED,
    RESULTS,
    sprintf_parts,
    templated,
    write_sprintf,
)
from policy_app.evaluation.rego.codegen.lookups import LookupGenerator
from policy_app.evaluation.rego.codegen.needs import Alternatives, Need, Needs
from policy_app.evaluation.rego.resolve import ROOTS
from policy_app.evaluation.rego.safety import free_names
from policy_app.evaluation.rego.source import Pos
from policy_app.evaluation.rego.syntax import (
    Call,
    Comprehension,
    Ref,
    Scalar,
    Term,
    Var,
    children,
    walk,
)
from policy_app.evaluation.rego.tree import Unit

T = TypeVar("T", bound=Term)


class CallGenerator(LookupGenerator):
    """Writes calls; a call that cannot have an answer is not made."""

    def __init__(self, pool: Pool, facts: Facts) -> None:
        super().__init__(pool, facts)
        self.needs = Needs(facts.tree)
        self._checks: dict[int, tuple[int, str]] = {}

    def call(self, w: Writer, call: Call) -> str:
        """A call's value, or ``U``."""
        if self.is_kept(w, call):
            return self.once(w, call, self._call)
        return self._call(w, call)

    def _call(self, w: Writer, call: Call) -> str:
        parts = sprintf_parts(call)
        if parts is not None and "sprintf" not in self.facts.mocked:
            return write_sprintf(w, parts, self.value)
        args = [self.value(w, arg) for arg in call.args]
        if call.name[0] == "data":
            return self._call_rule(w, call, args)
        return self._call_builtin(w, call, args)

    def _call_rule(self, w: Writer, call: Call, args: list[str]) -> str:
        name = ".".join(call.name)
        unit = self.facts.function_unit(call.name[1:])
        fn = self.facts.function(unit)
        if name in self.facts.mocked:
            return w.temp(self._mockable(w, name, fn, args))
        called = f"{fn}({', '.join([w.state, *args])})"
        needed = "" if self.pool.explain else self._needed(w, unit)
        return w.temp(f"{called} if {needed} else U" if needed else called)

    # -- what is computed once a query

    def is_closed(self, w: Writer, term: Term) -> bool:
        """Does the term depend on the query's input and data alone, and iterate over nothing?"""
        match term:
            case Scalar():
                return True
            case Var(name):
                return name in ROOTS or w.scope.closed.get(name, ("",))[0] == w.state
            case Call():
                return _is_pure(term) and all(self.is_closed(w, arg) for arg in term.args)
            case Comprehension():
                free = [name for name in free_names(term) if w.find(name) is not None]
                return all(self.is_closed(w, Var(name, term.pos)) for name in free)
        return all(self.is_closed(w, part) for part in children(term))

    def is_kept(self, w: Writer, call: Call) -> bool:
        """Is the call made in a place that is come to more than once, though one call will do?"""
        if w.kept or self.pool.explain or not (w.loops or self.facts.in_function):
            return False
        return ".".join(call.name) not in INLINED and self.is_closed(w, call)

    def once(self, w: Writer, term: T, write: Callable[[Writer, T], str]) -> str:
        """A closed term, computed where it is first asked for and kept for the query.

        Policies spell the constraint's parameters alike inside the loop over the containers;
        by hand one does so before it.
        """
        inner = Writer(self.pool, w.source)
        inner.kept = True
        self._bind_closed(inner, w, term)
        inner.emit(f"return {write(inner, term)}")
        fn = inner.finish(self.pool.name("f"), [])
        slot = self.pool.slot()
        name = w.temp(f"{w.state}[{slot}]")
        w.emit(f"if {name} is Z: {name} = {w.state}[{slot}] = {fn}({w.state})")
        return name

    def _bind_closed(self, inner: Writer, w: Writer, term: Term) -> None:
        """Give the closed variables in the term their values in another function, too."""
        for name in sorted(_names(term)):
            if name in w.scope.closed and inner.find(name) is None:
                value = w.scope.closed[name][1]
                self._bind_closed(inner, w, value)
                inner.bind(name, self.value(inner, value))

    # -- what functions need of the parameters

    def _needed(self, w: Writer, unit: Unit) -> str:
        """The name of what is false where no call of the function has an answer, or nothing."""
        needs = self.needs.of(unit)
        if needs is None or self.facts.is_overridden(unit):
            return ""
        known = (w.state, "needs", unit.index)
        if known not in w.scope.known:
            slot, check = self._check_of_needs(w, unit, needs)
            name = w.scope.known[known] = w.temp(f"{w.state}[{slot}]")
            w.emit(f"if {name} is Z: {name} = {w.state}[{slot}] = {check}({w.state})")
        return w.scope.known[known]

    def _check_of_needs(self, w: Writer, unit: Unit, needs: Alternatives) -> tuple[int, str]:
        """The slot that keeps whether a body has all that it needs, and what finds it out."""
        if unit.index not in self._checks:
            inner = Writer(self.pool, w.source)
            for alternative in needs:
                with inner.block():
                    for need in alternative:
                        self._require_need(inner, need)
                    inner.emit(f"return {self.pool.constant(True)}")
            inner.emit(f"return {self.pool.constant(False)}")
            name = inner.finish(self.pool.name("f"), [])
            self._checks[unit.index] = self.pool.slot(), name
        return self._checks[unit.index]

    def _require_need(self, w: Writer, need: Need | Unit) -> None:
        if isinstance(need, Unit):
            needed = self._needed(w, need)
            if needed:
                w.require(needed)
            return
        start = Ref(Var("input", Pos(1, 1)), need.path, Pos(1, 1))
        value = self.value(w, start)
        empty = f"not {value} and is_collection({value})"
        w.fail_if(empty if need.members else f"{value} is {self.pool.constant(False)}")

    def _mockable(self, w: Writer, name: str, fn: str, args: list[str]) -> str:
        given = "".join(f"{arg}, " for arg in args)
        return f"call_mock({w.state}, {self.pool.constant(name)}, {fn}, ({given}))"

    def _call_builtin(self, w: Writer, call: Call, args: list[str]) -> str:
        name = ".".join(call.name)
        if name in self.facts.mocked:
            fn = self.pool.bind("M", "replaceable", name)
            return w.temp(self._mockable(w, name, fn, args))
        builtin = REGISTRY[name]
        fn = self.pool.bind("F", "builtin", name)
        given = [f"{w.state}[3] or lend({w.state})", *args] if builtin.needs_context else args
        plain = f"{fn}({', '.join(given)})"
        if builtin.relation:
            plain = f"list({plain})"
        answer = templated(self.pool, name, args, plain)
        result = self.pool.name("t")
        self.pool.kinds[result] = "int" if name == "count" else RESULTS.get(builtin.result, "")
        if plain not in answer:
            w.emit(f"{result} = {answer}")
            w.scope.defined.add(result)
            return result
        where = self.pool.place(w.source, call.pos)
        with w.branch("try:"):
            w.emit(f"{result} = {answer}")
        with w.branch("except BuiltinError as e:"):
            shown = self.pool.constant(name)
            w.emit(f"{result} = failed({w.state}, e, {shown}, {where})")
        return result


def _names(term: Term) -> set[str]:
    """The variables in the term, those in closures included."""
    found: set[str] = set()
    for part in walk(term):
        if isinstance(part, Var):
            found.add(part.name)
        elif isinstance(part, Comprehension):
            found |= free_names(part)
    return found


def _is_pure(call: Call) -> bool:
    """Would the same operands give the same answer, and only one, at any time of the query?"""
    if call.name[0] == "data":
        return True
    builtin = REGISTRY[".".join(call.name)]
    return not (builtin.needs_context or builtin.relation)
