"""Types: operands and unifications that cannot fit, whatever the input is.

A type here is the set of kinds that a value may have (``number``, ``array``…); ``None`` stands
for a value of which nothing is known, such as any part of the input.  Only what can never fit
is an error, with OPA's code ``rego_type_error``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from policy_app.evaluation.rego.analysis import clauses
from policy_app.evaluation.rego.builtins import REGISTRY
from policy_app.evaluation.rego.builtins.core import split_type
from policy_app.evaluation.rego.safety import names_in
from policy_app.evaluation.rego.source import Source
from policy_app.evaluation.rego.syntax import (
    Array,
    Body,
    Call,
    Comprehension,
    Every,
    Object,
    Ref,
    Scalar,
    Set,
    Unify,
    Var,
    children,
)
from policy_app.evaluation.rego.tree import Node, Unit
from policy_app.evaluation.rego.values import type_name

Kinds: TypeAlias = frozenset[str] | None
_EVERY_KIND = frozenset(split_type("any"))


class TypeChecker:
    """Checks units in the order of their dependencies; raises ``RegoError``."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.units: dict[int, Kinds] = {}
        self.source = Source("", ())

    def unit(self, unit: Unit) -> None:
        found: set[str] | None = set()
        for rule in [*unit.rules, *([unit.default] if unit.default else [])]:
            self.source = rule.source
            for clause in clauses(rule.rule):
                env: dict[str, Kinds] = {}
                for arg in rule.rule.args or ():
                    env.update(dict.fromkeys(names_in(arg)))
                self._body(clause.body, env)
                for head in (*rule.rule.ref[1:], rule.rule.member, clause.value):
                    if head is not None:
                        self._check(head, env)
                kinds = None if clause.value is None else self._kinds(clause.value, env)
                found = None if kinds is None or found is None else found | kinds
        self.units[unit.index] = self._of_unit(unit, found)

    def _of_unit(self, unit: Unit, found: set[str] | None) -> Kinds:
        if unit.kind in ("set", "object"):
            return frozenset({unit.kind})
        return None if found is None else frozenset(found)

    def _body(self, body: Body, env: dict[str, Kinds]) -> None:
        for literal in body:
            for item in literal.withs:
                self._check(item.value, env)
            # Under `with`, rules and functions may be others than those that were checked.
            replaced = bool(literal.withs)
            self._check(literal.expr, env, replaced=replaced)
            unify = literal.expr
            if isinstance(unify, Unify) and not (literal.negated or replaced or unify.test):
                self._bind(unify, env)
            for name in names_in(literal.expr):
                # Whatever else gave it its value: nothing is known of it from here on.
                env.setdefault(name, None)

    def _bind(self, unify: Unify, env: dict[str, Kinds]) -> None:
        for target, value in ((unify.left, unify.right), (unify.right, unify.left)):
            if isinstance(target, Var) and target.name not in env:
                env[target.name] = self._kinds(value, env)

    def _check(self, term: Any, env: dict[str, Kinds], *, replaced: bool = False) -> None:
        for child in children(term):
            self._check(child, env, replaced=replaced)
        if isinstance(term, Comprehension):
            inner = dict(env)
            self._body(term.body, inner)
            for head in (term.key, term.value):
                if head is not None:
                    self._check(head, inner)
        elif isinstance(term, Every):
            self._body(term.body, dict(env))
        elif isinstance(term, Call) and not replaced:
            self._call(term, env)
        elif isinstance(term, Unify) and not replaced:
            self._unification(term, env)

    def _call(self, call: Call, env: dict[str, Kinds]) -> None:
        builtin = REGISTRY.get(".".join(call.name)) if call.name[0] != "data" else None
        if builtin is None or builtin.variadic:
            return
        for position, arg in enumerate(call.args):
            kinds = self._kinds(arg, env)
            if kinds is not None and kinds.isdisjoint(builtin.kinds(position)):
                wanted = " or ".join(sorted(builtin.kinds(position)))
                message = (
                    f"{builtin.name}: invalid argument(s): operand {position + 1} is"
                    f" {' or '.join(sorted(kinds))} and must be {wanted}"
                )
                raise self.source.error(message, call.pos, "rego_type_error")

    def _unification(self, unify: Unify, env: dict[str, Kinds]) -> None:
        left, right = self._kinds(unify.left, env), self._kinds(unify.right, env)
        if left is not None and right is not None and left.isdisjoint(right):
            shown = f"{' or '.join(sorted(left))} and {' or '.join(sorted(right))}"
            message = f"match error: {shown} are never equal"
            raise self.source.error(message, unify.pos, "rego_type_error")

    def _kinds(self, term: Any, env: dict[str, Kinds]) -> Kinds:
        match term:
            case Scalar(value):
                return frozenset({type_name(value)})
            case Array():
                return frozenset({"array"})
            case Set():
                return frozenset({"set"})
            case Object():
                return frozenset({"object"})
            case Comprehension(kind):
                return frozenset({kind})
            case Var(name):
                return env.get(name)
            case Call(name):
                return self._result(name)
            case Ref(Var("data"), parts):
                return self._of_path(parts)
        return None

    def _result(self, name: tuple[str, ...]) -> Kinds:
        if name[0] == "data":
            return None
        kinds = frozenset(split_type(REGISTRY[".".join(name)].result))
        return None if kinds == _EVERY_KIND else kinds

    def _of_path(self, parts: tuple[Any, ...]) -> Kinds:
        node = self.tree
        for part in parts:
            if node.unit is not None or not isinstance(part, Scalar):
                return None
            child = node.children.get(part.value) if type(part.value) is str else None
            if child is None:
                return None
            node = child
        return None if node.unit is None else self.units.get(node.unit.index)
