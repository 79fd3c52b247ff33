"""Generated code for rules: one Python function for each unit."""

from __future__ import annotations

from policy_app.evaluation.rego.analysis import rule_parts
from policy_app.evaluation.rego.codegen.emit import Writer
from policy_app.evaluation.rego.codegen.facts import constant_value, has_one_value, is_constant
from policy_app.evaluation.rego.codegen.shapes import deciding_field, write_member
from policy_app.evaluation.rego.codegen.statements import StatementGenerator
from policy_app.evaluation.rego.resolve import ResolvedRule
from policy_app.evaluation.rego.runtime import OPTIONS
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import Clause, Object, Ref, Scalar, Var
from policy_app.evaluation.rego.tree import Unit

_NOWHERE = Source("", ())


class RuleGenerator(StatementGenerator):
    """Writes the functions of units.

    ``rule<n>(S)`` gives the value of unit ``n``, kept in the state; a function takes its
    arguments behind ``S``.
    """

    def unit(self, unit: Unit) -> None:
        self.facts.in_function = unit.kind == "function"
        if unit.kind == "function":
            self._function(unit)
            return
        if unit.kind == "set":
            self._members_function(unit)
        w = Writer(self.pool, _source(unit))
        slot = self.facts.slot(unit)
        w.emit(f"r = S[{slot}]")
        if self.pool.explain:
            w.emit(f"if r is not Z: S[7].recall({slot})")
        w.emit("if r is not Z: return r")
        self._check_override(w, unit)
        mark = w.mark()
        build = {
            "complete": self._complete_unit,
            "set": self._set_unit,
            "object": self._object_unit,
        }
        result = build[unit.kind](w, unit)
        if mark:
            w.emit(f"S[7].keep({slot}, {mark})")
        w.emit(f"S[{slot}] = {result}")
        w.emit(f"return {result}")
        w.finish(self.facts.function(unit), [])

    def _check_override(self, w: Writer, unit: Unit) -> None:
        if self.facts.is_overridden(unit):
            path = self.pool.constant(unit.path)
            with w.branch(f"if shadowed(S, {path}):"):
                w.emit(f"return chain(S[1], {path})")

    # -- complete rules and functions

    def _complete_unit(self, w: Writer, unit: Unit) -> str:
        inner = Writer(self.pool, w.source)
        self._alternatives(inner, unit, [])
        name = inner.finish(self.pool.name("f"), [])
        return w.temp(f"{name}(S)")

    def _function(self, unit: Unit) -> None:
        params = [self.pool.name("a") for _ in range(unit.arity)]
        w = Writer(self.pool, _source(unit))
        self._check_override(w, unit)
        w.tick()
        self._alternatives(w, unit, params)
        name = self.facts.function(unit)
        if self.pool.explain or _looks_into_parameters(unit) or not _is_worth_keeping(w, params):
            w.finish(name, params)
        else:
            self._keeping(unit, w.finish(self.pool.name("f"), params), params)

    def _keeping(self, unit: Unit, body: str, params: list[str]) -> None:
        """A function that keeps its answers for strings until the query ends."""
        w = Writer(self.pool, _source(unit))
        slot, call = self.pool.slot(), f"{body}({', '.join(['S', *params])})"
        others = " or ".join([f"type({param}) is not str" for param in params])
        w.emit(f"if {others}: return {call}")
        w.emit(f"m = S[{slot}]")
        w.emit(f"if m is Z: m = S[{slot}] = {{}}")
        w.emit(f"k = {params[0] if len(params) == 1 else '(' + ', '.join(params) + ')'}")
        w.emit("r = m.get(k, Z)")
        w.emit("if r is not Z: return r")
        w.loops = 1
        w.count_element()
        w.emit(f"r = m[k] = {call}")
        w.emit("return r")
        w.finish(self.facts.function(unit), params)

    def _alternatives(self, w: Writer, unit: Unit, params: list[str]) -> None:
        """Write each definition; the function returns the value they agree on."""
        rules = unit.rules
        if len(rules) == 1:
            self._branches(w, rules[0], params, unit)
        elif rules and has_one_value(unit):
            for rule in rules:
                self._single(w, rule, rule.rule.clause, params, unit)
        elif rules:
            self._merged(w, unit, params)
        w.emit(f"return {self._default(unit)}")

    def _default(self, unit: Unit) -> str:
        if unit.default is None or unit.default.rule.clause.value is None:
            return "U"
        value = unit.default.rule.clause.value
        if is_constant(value):
            return self.pool.constant(constant_value(value))
        w = Writer(self.pool, unit.default.source)
        w.emit(f"return {self.value(w, value)}")
        return f"{w.finish(self.pool.name('f'), [])}(S)"

    def _merged(self, w: Writer, unit: Unit, params: list[str]) -> None:
        result = w.temp("U")
        for rule in unit.rules:
            if rule.rule.clause.orelse is None:
                self._accumulate(w, rule, rule.rule.clause, params, unit, result)
            else:
                inner = Writer(self.pool, rule.source)
                self._branches(inner, rule, params, unit)
                inner.emit("return U")
                name = inner.finish(self.pool.name("f"), params)
                value = w.temp(f"{name}({', '.join(['S', *params])})")
                with w.branch(f"if {value} is not U:"):
                    self._agree(w, rule, rule.rule.clause, unit, result, value)
        w.emit(f"if {result} is not U: return {result}")

    def _branches(self, w: Writer, rule: ResolvedRule, params: list[str], unit: Unit) -> None:
        """A definition with its ``else`` branches: the first that has a value returns it."""
        clause: Clause | None = rule.rule.clause
        while clause is not None:
            self._single(w, rule, clause, params, unit)
            clause = clause.orelse

    def _single(
        self, w: Writer, rule: ResolvedRule, clause: Clause, params: list[str], unit: Unit
    ) -> None:
        """Write one body that returns from the function as soon as its value is certain."""
        w.source = rule.source
        mark = len(w.lines)
        value = clause.value
        if value is not None and is_constant(value):
            with w.block():
                trail = w.mark()
                self._open(w, rule, params, clause)
                name = self.pool.constant(constant_value(value))
                self._derive(w, rule, clause.pos, unit, name, trail)
                w.emit(f"return {name}")
            return
        with w.block():
            trail = w.mark()
            self._open(w, rule, params, clause)
            assert value is not None
            result = self.value(w, value)
            if not w.loops:
                self._derive(w, rule, clause.pos, unit, result, trail)
                w.emit(f"return {result}")
                return
        del w.lines[mark:]
        result = w.temp("U")
        self._accumulate(w, rule, clause, params, unit, result)
        w.emit(f"if {result} is not U: return {result}")

    def _accumulate(
        self,
        w: Writer,
        rule: ResolvedRule,
        clause: Clause,
        params: list[str],
        unit: Unit,
        result: str,
    ) -> None:
        """Write one body that may have many values, which must all be equal."""
        w.source = rule.source
        with w.block():
            trail = w.mark()
            self._open(w, rule, params, clause)
            assert clause.value is not None
            value = self.value(w, clause.value)
            self._derive(w, rule, clause.pos, unit, value, trail)
            self._agree(w, rule, clause, unit, result, value)

    def _agree(
        self,
        w: Writer,
        rule: ResolvedRule,
        clause: Clause,
        unit: Unit,
        result: str,
        value: str,
    ) -> None:
        where = self.pool.place(rule.source, clause.pos)
        error = "function_conflict" if unit.kind == "function" else "rule_conflict"
        with w.branch(f"if {result} is U:"):
            w.emit(f"{result} = {value}")
        with w.branch(f"elif not rego_equal({result}, {value}):"):
            w.emit(f"raise {error}({where})")

    def _open(self, w: Writer, rule: ResolvedRule, params: list[str], clause: Clause) -> None:
        for param, pattern in zip(params, rule.rule.args or (), strict=True):
            w.scope.defined.add(param)
            self.match(w, pattern, param)
        self.body(w, clause.body)

    # -- sets and objects

    def _members_function(self, unit: Unit) -> None:
        """A set's members as a list: to go through them no member needs to be hashed."""
        w = Writer(self.pool, _source(unit))
        members = w.temp("[]")
        mark = w.mark()
        for rule in unit.rules:
            w.source = rule.source
            with w.block():
                w.reset(mark)
                self.body(w, rule.rule.clause.body)
                value = self._member(w, unit, rule)
                w.count_element()
                w.emit(f"{members}.append({value})")
                self._derive(w, rule, rule.rule.pos, unit, value, mark)
        w.reset(mark)
        w.emit(f"S[{self.facts.members_slot(unit)}] = {members}")
        w.emit(f"return {members}")
        w.finish(self.facts.members_function(unit), [])

    def _member(self, w: Writer, unit: Unit, rule: ResolvedRule) -> str:
        member, field = rule.rule.member, deciding_field(unit)
        assert member is not None
        if field is None or not isinstance(member, Object):
            return self.value(w, member)
        text = next(
            self.value(w, value)
            for key, value in member.pairs
            if isinstance(key, Scalar) and key.value == field
        )
        return w.temp(write_member(self.pool, member, field, text))

    def some_member(self, w: Writer, unit: Unit) -> str:
        """Something true to Python where the set rule has members: the first one decides."""
        if self.pool.explain or self.facts.may_conflict(unit):
            return self.members_of(w, unit)
        name = w.temp(f"{w.state}[{self.facts.members_slot(unit)}]")
        w.emit(f"if {name} is Z: {name} = {w.state}[{self.facts.existence_slot(unit)}]")
        w.emit(f"if {name} is Z: {name} = {self._existence(unit)}({w.state})")
        return name

    def _existence(self, unit: Unit) -> str:
        """A function that looks for one member; where builtins' errors count, for all."""
        w = Writer(self.pool, _source(unit))
        slot, true, false = self.facts.existence_slot(unit), *map(self.pool.constant, (True, False))
        w.emit(f"if S[{OPTIONS}].strict: return {self.facts.members_function(unit)}(S)")
        for rule in unit.rules:
            w.source = rule.source
            with w.block():
                self.body(w, rule.rule.clause.body)
                assert rule.rule.member is not None
                self.value(w, rule.rule.member)
                w.emit(f"S[{slot}] = {true}")
                w.emit(f"return {true}")
        w.emit(f"S[{slot}] = {false}")
        w.emit(f"return {false}")
        return w.finish(self.pool.name("f"), [])

    def _derive(
        self, w: Writer, rule: ResolvedRule, pos: Pos, unit: Unit, value: str, mark: str
    ) -> None:
        """In an explained query, note which definition gave this value."""
        if mark:
            name, where = self.pool.constant(unit.name), self.pool.place(rule.source, pos)
            w.emit(f"S[7].derive({name}, {where}, {value}, {mark})")

    def _set_unit(self, w: Writer, unit: Unit) -> str:
        members = self.members_of(w, unit)
        return w.temp(f"RegoSet.of({members})")

    def _object_unit(self, w: Writer, unit: Unit) -> str:
        if all(_is_plain(unit, rule) for rule in unit.rules):
            return self._plain_object(w, unit)
        result = w.temp("Branch()")
        for rule in unit.rules:
            w.source = rule.source
            where = self.pool.place(rule.source, rule.rule.pos)
            with w.block():
                self.body(w, rule.rule.clause.body)
                keys = [self.value(w, part) for part in unit.tail(rule)]
                w.count_element()
                self._put_branch(w, rule, result, f"[{', '.join(keys)}]", where)
        return w.temp(f"{result}.finish()")

    def _put_branch(
        self, w: Writer, rule: ResolvedRule, result: str, keys: str, where: str
    ) -> None:
        if rule.rule.member is not None:
            w.emit(f"{result}.add({keys}, {self.value(w, rule.rule.member)}, {where})")
        else:
            assert rule.rule.clause.value is not None
            value = self.value(w, rule.rule.clause.value)
            w.emit(f"{result}.put({keys}, {value}, {where})")

    def _plain_object(self, w: Writer, unit: Unit) -> str:
        """``p[key] = value`` only: one dict, no nesting."""
        result = w.temp("{}")
        for rule in unit.rules:
            w.source = rule.source
            with w.block():
                self.body(w, rule.rule.clause.body)
                key = self.value(w, unit.tail(rule)[0])
                assert rule.rule.clause.value is not None
                value = self.value(w, rule.rule.clause.value)
                w.count_element()
                where = self.pool.place(rule.source, rule.rule.pos)
                w.emit(f"put({result}, {key}, {value}, {where})")
        return result


MOST_KEPT_PARAMETERS = 2
FEWEST_FALLIBLE_CALLS = 4


def _looks_into_parameters(unit: Unit) -> bool:
    """Then they are objects, and answers are kept for strings."""
    for rule in unit.rules:
        given = {arg.name for arg in rule.rule.args or () if isinstance(arg, Var)}
        for part in rule_parts(rule.rule):
            if isinstance(part, Ref) and isinstance(part.head, Var) and part.head.name in given:
                return True
    return False


def _is_worth_keeping(w: Writer, params: list[str]) -> bool:
    """Does the function do more than keeping its answers costs?"""
    if not 0 < len(params) <= MOST_KEPT_PARAMETERS:
        return False
    calls = sum(text == "except BuiltinError as e:" for _, text in w.lines)
    loops = any(text.startswith("for ") for _, text in w.lines)
    return loops or calls >= FEWEST_FALLIBLE_CALLS


def _is_plain(unit: Unit, rule: ResolvedRule) -> bool:
    return len(unit.tail(rule)) == 1 and rule.rule.member is None


def _source(unit: Unit) -> Source:
    rule = unit.rules[0] if unit.rules else unit.default
    return rule.source if rule is not None else _NOWHERE


__all__ = ["Pos", "RuleGenerator"]
