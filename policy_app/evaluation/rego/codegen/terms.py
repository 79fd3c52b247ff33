"""Generated code for terms: look-ups, iteration, calls, collections."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.rego.builtins import REGISTRY
from policy_app.evaluation.rego.codegen.emit import Pool, Writer
from policy_app.evaluation.rego.codegen.facts import Facts, constant_value, is_constant
from policy_app.evaluation.rego.codegen.inline import (
    RESULTS,
    sprintf_parts,
    templated,
    write_sprintf,
)
from policy_app.evaluation.rego.resolve import ROOTS
from policy_app.evaluation.rego.safety import free_names, names_in
from policy_app.evaluation.rego.syntax import (
    Array,
    Call,
    Comprehension,
    Object,
    Ref,
    Scalar,
    Set,
    Term,
    Var,
)
from policy_app.evaluation.rego.tree import Node, Unit

_PREDICATES = {
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
}


_KINDS: dict[type, str] = {Array: "list", Set: "RegoSet", Object: "dict"}
_COMPREHENSIONS = {"array": "list", "set": "RegoSet", "object": "dict"}
_RULES = {"set": "RegoSet", "object": "dict"}
_MEMBERS = {"list": "{}", "RegoSet": "{}.items.values()", "dict": "{}.values()"}


class TermGenerator:
    """Writes what computes a term.

    Methods return Python expressions that are cheap and safe to repeat: a name, as a rule.
    """

    def __init__(self, pool: Pool, facts: Facts) -> None:
        self.pool = pool
        self.facts = facts

    def body(self, w: Writer, body: Any) -> None:
        raise NotImplementedError

    # -- values

    def value(self, w: Writer, term: Term) -> str:
        """The term's value; the statement fails where it is undefined."""
        if is_constant(term):
            return self.pool.constant(constant_value(term))
        match term:
            case Ref():
                return self._defined(w, self.reference(w, term))
            case Call():
                return self._defined(w, self.call(w, term))
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
        if name not in w.scope.defined:
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

    # -- references

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
        if any(w.find(name) is None for name in names_in(part)):
            return self._iterate_matching(w, value, part)
        key = self.value(w, part)
        known = ("lookup", value, key)
        if known not in w.scope.known:
            look = "S[7].lookup" if self.pool.explain else "lookup"
            w.scope.known[known] = w.temp(f"{look}({value}, {key})")
        return w.scope.known[known]

    def _iterate(self, w: Writer, value: str, variable: str) -> str:
        item = self.pool.name("v")
        w.scope.defined.add(item)
        if self.pool.explain:
            key = self.pool.name("v")
            w.loop(f"for {key}, {item} in S[7].pairs({value}):")
            w.emit(f"S[7].item({value}, {key}, {item})")
            w.bind(variable, key)
        elif variable.startswith("_$"):
            w.loop(f"for {item} in {self._members_of(value)}:")
        else:
            key = self.pool.name("v")
            w.loop(f"for {key}, {item} in pairs({value}):")
            w.emit(f"if type({key}) is Key: {key} = {key}.value")
            w.bind(variable, key)
        return item

    def _members_of(self, value: str) -> str:
        """A Python expression for what ``value[_]`` goes through."""
        kind = self.pool.kind(value)
        if kind in _MEMBERS:
            return _MEMBERS[kind].format(value)
        return f"{value} if type({value}) is list else values({value})"

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
        node, used = self._descend(ref.parts)
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

    def _descend(self, parts: tuple[Term, ...]) -> tuple[Node | None, int]:
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

    # -- calls

    def call(self, w: Writer, call: Call) -> str:
        """A call's value, or ``U``."""
        parts = sprintf_parts(call)
        if parts is not None and "sprintf" not in self.facts.mocked:
            return write_sprintf(w, parts, self.value)
        args = [self.value(w, arg) for arg in call.args]
        if call.name[0] == "data":
            return self._call_rule(w, call, args)
        return self._call_builtin(w, call, args)

    def _call_rule(self, w: Writer, call: Call, args: list[str]) -> str:
        name = ".".join(call.name)
        fn = self.facts.function(self.facts.function_unit(call.name[1:]))
        if name in self.facts.mocked:
            return w.temp(self._mockable(w, name, fn, args))
        return w.temp(f"{fn}({', '.join([w.state, *args])})")

    def _mockable(self, w: Writer, name: str, fn: str, args: list[str]) -> str:
        given = "".join(f"{arg}, " for arg in args)
        return f"call_mock({w.state}, {self.pool.constant(name)}, {fn}, ({given}))"

    def _call_builtin(self, w: Writer, call: Call, args: list[str]) -> str:
        name = ".".join(call.name)
        if name in self.facts.mocked:
            fn = self.pool.bind("M", self.facts.as_function(name))
            return w.temp(self._mockable(w, name, fn, args))
        builtin = REGISTRY[name]
        fn = self.pool.bind("F", builtin.fn)
        given = [f"{w.state}[3]", *args] if builtin.needs_context else args
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

    # -- comprehensions

    def comprehension(self, w: Writer, term: Comprehension) -> str:
        free = [name for name in sorted(free_names(term)) if w.find(name) is not None]
        if (
            not free
            and not self.pool.explain
            and (w.loops or w.outer is not None or self.facts.in_function)
        ):
            return self._once(w, term)
        return self._comprehension_here(w, term)

    def _once(self, w: Writer, term: Comprehension) -> str:
        """A comprehension that depends on no variable around it: once a query."""
        inner = Writer(self.pool, w.source)
        result = self._comprehension_here(inner, term)
        slot = self.pool.slot()
        inner.emit(f"S[{slot}] = {result}")
        inner.emit(f"return {result}")
        fn = inner.finish(self.pool.name("f"), [])
        name = w.temp(f"{w.state}[{slot}]")
        w.emit(f"if {name} is Z: {name} = {fn}({w.state})")
        self.pool.kinds[name] = _COMPREHENSIONS[term.kind]
        return name

    def _comprehension_here(self, w: Writer, term: Comprehension) -> str:
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

    # -- patterns

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
                node, used = self._descend(parts)
                unit = node.unit if node is not None and used == len(parts) else None
                is_set = unit is not None and unit.kind == "set"
                if is_set and "count" not in self.facts.mocked:
                    assert unit is not None
                    return None if self.facts.is_overridden(unit) else self.members_of(w, unit)
        return None

    def _membership(self, w: Writer, call: Call) -> str:
        value, collection = (self.value(w, arg) for arg in call.args)
        constant = self.pool.constants.get(collection)
        members = self.facts.constant_members(constant)
        if members is not None:
            known = self.pool.bind("K", members)
            return f"(({value} if type({value}) is str else hash_key({value})) in {known})"
        fn = self.pool.bind("F", REGISTRY["internal.member_2"].fn)
        args = [value, collection]
        return (
            f"({templated(self.pool, 'internal.member_2', args, f'{fn}({value}, {collection})')})"
        )
