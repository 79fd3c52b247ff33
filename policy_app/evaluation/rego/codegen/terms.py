"""Generated code for terms: look-ups, iteration, calls, collections."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.codegen.emit import Writer
from policy_app.evaluation.rego.codegen.facts import constant_value, is_constant
from policy_app.evaluation.rego.codegen.written_out import InliningGenerator
from policy_app.evaluation.rego.resolve import ROOTS
from policy_app.evaluation.rego.safety import free_names, names_in
from policy_app.evaluation.rego.syntax import (
    Array,
    Call,
    Comprehension,
    Literal,
    Object,
    Ref,
    Set,
    Term,
    Unify,
    Var,
)
from policy_app.evaluation.rego.tree import Unit

_KINDS: dict[type, str] = {Array: "list", Set: "RegoSet", Object: "dict"}
_COMPREHENSIONS = {"array": "list", "set": "RegoSet", "object": "dict"}


class TermGenerator(InliningGenerator):
    """Writes what computes a term.

    Methods return Python expressions that are cheap and safe to repeat: a name, as a rule.
    """

    # -- values

    def value(self, w: Writer, term: Term) -> str:
        """The term's value; the statement fails where it is undefined."""
        if is_constant(term):
            return self.pool.constant(constant_value(term))
        match term:
            case Ref():
                return self._defined(w, self.reference(w, term))
            case Call():
                written = self.written_out(w, term)
                name = self._defined(w, self.call(w, term) if written is None else written)
                return self._typed(name, term)
            case Var(name) if name in ROOTS:
                return self._defined(w, self.root(w, name))
            case Var(name):
                found = w.find(name)
                if found is None:
                    raise w.source.error(f"var {name} is unsafe", term.pos, "rego_unsafe_var_error")
                return found
            case Comprehension():
                return self.comprehension(w, term)
        name = w.temp(self._collection(w, term))
        self.pool.kinds[name] = _KINDS[type(term)]
        return name

    def _typed(self, name: str, call: Call) -> str:
        """The call's value, known to be a collection where the function makes nothing else."""
        path = ".".join(call.name)
        if call.name[0] == "data" and path not in self.facts.mocked and self.pool.kind(name) == "":
            unit = self.facts.function_unit(call.name[1:])
            kind = "" if self.facts.is_overridden(unit) else _made_by(unit)
            if kind:
                self.pool.kinds[name] = kind
        return name

    def maybe(self, w: Writer, term: Term) -> str:
        """The term's value, or ``U``; the statement goes on."""
        if isinstance(term, Ref) and not self._iterates(w, term):
            return self.reference(w, term)
        if isinstance(term, Call):
            return self.call(w, term)
        if isinstance(term, Var) and term.name in ROOTS:
            return self.root(w, term.name)
        return self.value(w, term)

    def _iterates(self, w: Writer, ref: Ref) -> bool:
        return any(w.find(name) is None for part in ref.parts for name in names_in(part)) or any(
            w.find(name) is None for name in names_in(ref.head)
        )

    def _defined(self, w: Writer, name: str) -> str:
        if name not in w.scope.defined and name not in self.pool.constants:
            w.fail_if(f"{name} is U")
            w.scope.defined.add(name)
        return name

    def root(self, w: Writer, name: str) -> str:
        if name == "input":
            return f"{w.state}[0]"
        return w.temp(f"{self.facts.document(self.facts.tree)}({w.state})")

    def _collection(self, w: Writer, term: Term) -> str:
        match term:
            case Array(items):
                return f"[{', '.join([self.value(w, item) for item in items])}]"
            case Set(items):
                names = [self.value(w, item) for item in items]
                return f"RegoSet.of(({', '.join(names)},))"
            case Object(pairs):
                return self._object(w, pairs, term)
        raise AssertionError(f"no value for {term}")

    def _object(self, w: Writer, pairs: Any, term: Term) -> str:
        keys = [self.value(w, key) for key, _ in pairs]
        members = [self.value(w, value) for _, value in pairs]
        constants = [self.pool.constants.get(key) for key in keys]
        if all(type(key) is str for key in constants) and len({*constants}) == len(keys):
            inside = [f"{key}: {member}" for key, member in zip(keys, members, strict=True)]
            return f"{{{', '.join(inside)}}}"
        where = self.pool.place(w.source, term.pos)
        return f"object_of(({', '.join(keys)},), ({', '.join(members)},), {where})"

    # -- comprehensions

    def comprehension(self, w: Writer, term: Comprehension) -> str:
        free = [name for name in sorted(free_names(term)) if w.find(name) is not None]
        repeats = w.loops or (w.outer is not None and not free) or self.facts.in_function
        if not repeats or w.kept or self.pool.explain or not self.is_closed(w, term):
            return self._comprehension_here(w, term)
        name = self.once(w, term, self._comprehension_here)
        self.pool.kinds[name] = _COMPREHENSIONS[term.kind]
        return name

    def _comprehension_here(self, w: Writer, term: Comprehension) -> str:
        copied = self._copied(w, term)
        if copied is None:
            return self._collected(w, term)
        with w.branch(f"if type({copied}) is list:"):
            result = w.temp(copied)
        with w.branch("else:"):
            w.emit(f"{result} = {self._collected(w, term)}")
        self.pool.kinds[result] = "list"
        return result

    def _copied(self, w: Writer, term: Comprehension) -> str | None:
        """What ``[x | x := list[_]]`` goes through: where it is a list, it is the value."""
        match term:
            case Comprehension(
                "array",
                None,
                Var(name),
                (Literal(Unify(Var(given), Ref(head, (*parts, Var(last)))), _, False, ()),),
            ) if name == given and parts and last.startswith("_$"):
                source = Ref(head, tuple(parts), term.pos)
                if w.find(name) is None and not self.pool.explain and not self._iterates(w, source):
                    return self.reference(w, source)
        return None

    def _collected(self, w: Writer, term: Comprehension) -> str:
        start = {"array": "[]", "set": "{}", "object": "{}"}[term.kind]
        name = w.temp(start)
        before = w.exact, w.collecting
        w.exact, w.collecting = term.kind == "array", True
        with w.block():
            self.body(w, term.body)
            self._collect(w, term, name)
        w.exact, w.collecting = before
        if term.kind == "set":
            name = w.temp(f"RegoSet({name})")
        self.pool.kinds[name] = _COMPREHENSIONS[term.kind]
        return name

    def _collect(self, w: Writer, term: Comprehension, target: str) -> None:
        key = None if term.key is None else self.value(w, term.key)
        value = self.value(w, term.value)
        w.count_element()
        if term.kind == "array":
            w.emit(f"{target}.append({value})")
        elif term.kind == "set":
            self.add_member(w, target, value)
        else:
            w.emit(f"put({target}, {key}, {value}, {self.pool.place(w.source, term.pos)})")

    def add_member(self, w: Writer, target: str, value: str) -> None:
        if self.pool.kind(value) == "str":
            w.emit(f"{target}[{value}] = {value}")
        else:
            w.emit(f"{target}[{value} if type({value}) is str else hash_key({value})] = {value}")


def _made_by(unit: Unit) -> str:
    """The Python type of whatever a function answers that is written as one comprehension."""
    if len(unit.rules) != 1 or unit.default is not None:
        return ""
    clause = unit.rules[0].rule.clause
    value = clause.value
    if clause.orelse is not None or not isinstance(value, Comprehension):
        return ""
    return _COMPREHENSIONS[value.kind]
