"""Generated code for references: look-ups, iteration, rules and documents."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.codegen.conditions import ConditionGenerator
from policy_app.evaluation.rego.codegen.emit import Writer
from policy_app.evaluation.rego.resolve import ROOTS
from policy_app.evaluation.rego.safety import names_in
from policy_app.evaluation.rego.syntax import Call, Ref, Scalar, Term, Var, walk
from policy_app.evaluation.rego.tree import Node, Unit
from policy_app.evaluation.rego.values import RegoSet

_RULES = {"set": "RegoSet", "object": "dict"}
_MEMBERS = {"list": "{}", "RegoSet": "{}.items.values()", "dict": "{}.values()"}


class LookupGenerator(ConditionGenerator):
    """Writes what looks into documents and values."""

    def reference(self, w: Writer, ref: Ref) -> str:
        """The value a reference has, or ``U``; unbound variables in it open loops."""
        if isinstance(ref.head, Var) and ref.head.name == "data":
            return self._data(w, ref)
        if isinstance(ref.head, Var) and ref.head.name == "input":
            return self._path(w, "input", f"{w.state}[0]", ref.parts)
        head = self.value(w, ref.head)
        return self._path(w, head, head, ref.parts)

    def _path(self, w: Writer, root: str, start: str, parts: tuple[Term, ...]) -> str:
        """Look up ``parts`` one after the other, runs of constant fields in one expression."""
        at, value, key = 0, start, (w.state, root)
        while at < len(parts):
            run = self._fields(parts, at)
            if run:
                value, key = self._fields_of(w, value, run, key)
                at += len(run)
            else:
                value = self._step(w, value, parts[at], last=at == len(parts) - 1)
                key = (w.state, value)
                at += 1
        return value

    def _fields(self, parts: tuple[Term, ...], start: int) -> list[str]:
        run = []
        for part in parts[start:]:
            if not (isinstance(part, Scalar) and type(part.value) is str):
                break
            run.append(part.value)
        return run

    def _fields_of(self, w: Writer, value: str, run: list[str], key: Any) -> tuple[str, Any]:
        """Constant fields; what was looked up before in this scope is not looked up again."""
        known = w.scope.known
        for length in range(len(run), 0, -1):
            found = known.get((*key, *run[:length]))
            if found is not None:
                value, key, run = found, (*key, *run[:length]), run[length:]
                break
        if not run:
            return value, key
        name = self.pool.name("t")
        if self.pool.explain:
            keys = self.pool.constant(tuple(run))
            w.emit(f"{name} = S[7].chain({value}, {keys})")
        elif len(run) == 1 and self.pool.kind(value) in ("dict", "RegoSet"):
            items = ".items" if self.pool.kind(value) == "RegoSet" else ""
            w.emit(f"{name} = {value}{items}.get({self.pool.constant(run[0])}, U)")
        elif len(run) == 1 and value.startswith("t"):
            # A field that may be null, as `oldObject` is; an exception takes as long as a rule.
            w.emit(f"{name} = {self._looked_up(w, value, self.pool.constant(run[0]))}")
        else:
            self._try_chain(w, name, value, run)
        key = (*key, *run)
        known[key] = name
        return name, key

    def _try_chain(self, w: Writer, name: str, value: str, run: list[str]) -> None:
        names = [self.pool.constant(field) for field in run]
        looked = "".join(f".get({field}, E)" for field in names[:-1])
        with w.branch("try:"):
            w.emit(f"{name} = {value}{looked}.get({names[-1]}, U)")
        with w.branch("except AttributeError:"):
            w.emit(f"{name} = chain({value}, ({', '.join(names)},))")

    def _step(self, w: Writer, value: str, part: Term, *, last: bool) -> str:
        """One look-up that is no constant field: a known key, or a loop over all."""
        if isinstance(part, Var) and part.name not in ROOTS and w.find(part.name) is None:
            return self._iterate(w, value, part.name)
        if isinstance(part, Ref) and not self.pool.explain:
            self._may_fail_early(w, value, part)
        elif any(w.find(name) is None for name in names_in(part)):
            return self._iterate_matching(w, value, part)
        key = self.value(w, part)
        known = ("lookup", value, key)
        if known not in w.scope.known:
            w.scope.known[known] = w.temp(self._looked_up(w, value, key))
        return w.scope.known[known]

    def _may_fail_early(self, w: Writer, value: str, part: Ref) -> None:
        """Where nothing can be looked up, no key has to be found; a call might still fail."""
        iterates = any(w.find(name) is None for name in names_in(part))
        if iterates and not any(isinstance(inner, Call) for inner in walk(part)):
            self._defined(w, value)

    def _looked_up(self, w: Writer, value: str, key: str) -> str:
        """A Python expression for ``value[key]``, with the usual case written out."""
        call = f"lookup({value}, {key})"
        if self.pool.explain:
            return f"S[7].{call}"
        kind, constant = self.pool.kind(value), self.pool.constants.get(value)
        if kind not in ("", "dict", "RegoSet"):
            return call
        checks = [] if kind else [f"type({value}) is dict"]
        if self.pool.kind(key) != "str":
            checks.append(f"type({key}) is str")
        items = f"{value}.items" if kind == "RegoSet" else value
        if type(constant) is RegoSet:
            items = self.pool.bind("K", "items", constant)
        found = f"{items}.get({key}, U)"
        if not checks:
            return found
        if not kind:
            checks[0] = f"({checks[0]} or type({value}) is RegoSet)"
        missing = "" if kind or value in w.scope.defined else f"U if {value} is U else "
        return f"{found} if {' and '.join(checks)} else {missing}{call}"

    def _iterate(self, w: Writer, value: str, variable: str) -> str:
        item = self.pool.name("v")
        w.scope.defined.add(item)
        if self.pool.explain:
            key = self.pool.name("v")
            w.loop(f"for {key}, {item} in S[7].pairs({value}):")
            w.emit(f"S[7].item({value}, {key}, {item})")
            w.bind(variable, key)
        elif variable.startswith("_$") or self.pool.kind(value) == "RegoSet":
            w.loop(f"for {item} in {self._members_of(value)}:")
            w.bind(variable, item)
            if _all_strings(self.pool.constants.get(value)):
                self.pool.kinds[item] = "str"
        else:
            key = self.pool.name("v")
            self._loop_over_pairs(w, value, key, item)
            w.bind(variable, key)
            w.scope.known["lookup", value, key] = item
        return item

    def _loop_over_pairs(self, w: Writer, value: str, key: str, item: str) -> None:
        constant = self.pool.constants.get(value)
        if type(constant) is dict and {*map(type, constant)} == {str}:
            self.pool.kinds[key] = "str"
            w.loop(f"for {key}, {item} in {value}.items():")
            return
        found = f"{value}.items() if type({value}) is dict else pairs({value})"
        w.loop(f"for {key}, {item} in {found}:")
        w.emit(f"if type({key}) is Key: {key} = {key}.value")

    def _members_of(self, value: str) -> str:
        """A Python expression for what ``value[_]`` goes through."""
        constant = self.pool.constants.get(value)
        if type(constant) is RegoSet:
            return self.pool.members(value, constant)
        kind = self.pool.kind(value)
        if kind in _MEMBERS:
            return _MEMBERS[kind].format(value)
        return f"{value} if type({value}) is list else () if {value} is U else values({value})"

    def _iterate_matching(self, w: Writer, value: str, pattern: Term) -> str:
        key, item = self.pool.name("v"), self.pool.name("v")
        w.scope.defined.add(item)
        look = "S[7].pairs" if self.pool.explain else "pairs"
        w.loop(f"for {key}, {item} in {look}({value}):")
        w.emit(f"if type({key}) is Key: {key} = {key}.value")
        self.match(w, pattern, key)
        return item

    # -- data

    def _data(self, w: Writer, ref: Ref) -> str:
        node, used = self.descend(ref.parts)
        rest = ref.parts[used:]
        if node is None:
            return self._path(w, "base", f"{w.state}[1]", ref.parts)
        if node.unit is not None:
            return self._rule(w, node.unit, rest)
        if not rest:
            return w.temp(f"{self.facts.document(node)}({w.state})")
        lazy = w.temp(f"{self.facts.lazy(node)}({w.state})")
        found = self._path(w, lazy, lazy, rest)
        return w.temp(f"force({found})")

    def descend(self, parts: tuple[Term, ...]) -> tuple[Node | None, int]:
        """The place in the tree that the constant start of a reference leads to."""
        node, used = self.facts.tree, 0
        for part in parts:
            if node.unit is not None or not isinstance(part, Scalar):
                break
            child = node.children.get(part.value) if type(part.value) is str else None
            if child is None or not any(True for _ in child.units()):
                return None, 0
            node, used = child, used + 1
        return node, used

    def _rule(self, w: Writer, unit: Unit, rest: tuple[Term, ...]) -> str:
        if unit.kind == "function":
            return "U"
        if unit.kind == "set" and rest and self._goes_through(w, rest[0]):
            members = self._members(w, unit)
            item = self.pool.name("v")
            w.scope.defined.add(item)
            w.loop(f"for {item} in {members}:")
            if self.pool.explain:
                w.emit(f"S[7].via({item})")
            self.match(w, rest[0], item)
            return self._path(w, item, item, rest[1:])
        value = self.rule_value(w, unit)
        return self._path(w, value, value, rest)

    def _goes_through(self, w: Writer, part: Term) -> bool:
        return any(w.find(name) is None for name in names_in(part))

    def _members(self, w: Writer, unit: Unit) -> str:
        """What to go through for a set's members.

        Only where an array is being filled would a member that comes twice be seen.
        """
        if w.exact or self.facts.is_overridden(unit):
            return w.temp(f"values({self.rule_value(w, unit)})")
        return self.members_of(w, unit)

    def members_of(self, w: Writer, unit: Unit) -> str:
        """A set rule's members as a list, some perhaps twice; computed once a query."""
        name = w.temp(f"{w.state}[{self.facts.members_slot(unit)}]")
        fn = self.facts.members_function(unit)
        w.emit(f"if {name} is Z: {name} = {fn}({w.state})")
        return name

    def rule_value(self, w: Writer, unit: Unit) -> str:
        """The value of a rule, computed once a query."""
        constant = self.facts.constant_rule(unit)
        if constant is not None:
            return constant
        key = (w.state, "rule", unit.index)
        if key in w.scope.known:
            return w.scope.known[key]
        if self.pool.explain:
            name = w.temp(f"{self.facts.function(unit)}({w.state})")
        else:
            name = w.temp(f"{w.state}[{self.facts.slot(unit)}]")
            w.emit(f"if {name} is Z: {name} = {self.facts.function(unit)}({w.state})")
        w.scope.known[key] = name
        if unit.kind in _RULES and not self.facts.is_overridden(unit):
            self.pool.kinds[name] = _RULES[unit.kind]
        return name


def _all_strings(constant: Any) -> bool:
    return type(constant) is RegoSet and {*map(type, constant)} == {str}
