"""Name resolution: which variable, rule, import or root document each name stands for.

After this pass every ``Var`` is a local variable with a name that is unique in its rule,
references to rules start with ``data``, ``:=`` and ``some … in`` have become unifications, and
``some x`` has done its work and is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from policy_app.evaluation.rego.annotations import Annotations
from policy_app.evaluation.rego.builtins import REGISTRY
from policy_app.evaluation.rego.patterns import declared_in, pattern_vars
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import (
    Array,
    Assign,
    Body,
    Call,
    Clause,
    Comprehension,
    Every,
    Expr,
    Literal,
    Module,
    Object,
    Ref,
    Rule,
    Scalar,
    SomeDecl,
    SomeIn,
    Term,
    Unify,
    Var,
    With,
    map_children,
)

ROOTS = frozenset({"input", "data"})
BUILTIN = "builtin:"
"""Marks the variable that stands for a builtin function in ``with f as count``."""


@dataclass(frozen=True, slots=True)
class ResolvedRule:
    """A rule with its names resolved; ``path`` is the package followed by the head's terms."""

    path: tuple[Term, ...]
    rule: Rule
    source: Source


@dataclass(slots=True)
class _Scope:
    """One body's names: what they became, how they occurred, which ones it declares."""

    unique: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    declares: frozenset[str] = frozenset()
    unused: dict[str, Pos] = field(default_factory=dict)


_OCCURRENCE = {
    "seen": "var {} referenced above",
    "assigned": "var {} assigned above",
    "declared": "var {} declared above",
    "arg": "arg {} redeclared",
}


def resolve_module(
    module: Module,
    rule_names: Mapping[tuple[str, ...], frozenset[str]],
    annotations: Annotations | None = None,
) -> list[ResolvedRule]:
    """The module's rules with names resolved; ``rule_names`` holds those of each package."""
    source = Source(module.file, module.lines)
    _check_imports(module, source)
    globals_ = _globals(module, rule_names.get(module.package, frozenset()))
    package = tuple(Scalar(name, Pos(1, 1)) for name in module.package)
    resolved = []
    for rule in module.rules:
        _check_head(rule, module, source)
        resolver = _Resolver(globals_, source, v1=module.v1)
        if annotations is not None:
            resolver.constants = annotations.constants(module, rule)
        done = resolver.rule(rule)
        name = Scalar(rule.name, rule.pos)
        resolved.append(ResolvedRule((*package, name, *done.ref[1:]), done, source))
    return resolved


def resolve_query(body: Body, source: Source) -> tuple[Body, dict[str, str]]:
    """A query's body with names resolved, and the unique name of each of its variables."""
    resolver = _Resolver({name: Var(name, Pos(1, 1)) for name in ROOTS}, source)
    resolver.scopes = [_Scope(declares=declared_in(body))]
    done = resolver.literals(body)
    names = dict(resolver.scopes[0].unique)
    return done, {**{name: name for name in resolver.implicit}, **names}


def _check_imports(module: Module, source: Source) -> None:
    seen: set[str] = set()
    names = {rule.name for rule in module.rules}
    for item in module.imports:
        if item.alias in names:
            raise source.error(f"import {item.alias} conflicts with a rule of that name", item.pos)
        if module.v1 and item.alias in seen:
            path = ".".join(item.path)
            raise source.error(f"import must not shadow import {path}", item.pos)
        seen.add(item.alias)


def _check_head(rule: Rule, module: Module, source: Source) -> None:
    if rule.name in ROOTS and (module.v1 or rule.args is None):
        message = f"rules must not shadow {rule.name} (use a different rule name)"
        raise source.error(message, rule.pos)


def _globals(module: Module, names: Iterable[str]) -> dict[str, Term]:
    start = Pos(1, 1)
    table: dict[str, Term] = {name: Var(name, start) for name in ROOTS}
    for name in names:
        table[name] = _path_ref(("data", *module.package, name), start)
    for item in module.imports:
        table[item.alias] = _path_ref(item.path, start)
    return table


def _path_ref(path: tuple[str, ...], pos: Pos) -> Term:
    root = Var(path[0], pos)
    if len(path) == 1:
        return root
    return Ref(root, tuple(Scalar(name, pos) for name in path[1:]), pos)


class _Resolver:
    """Resolves one rule: each body, comprehension and ``every`` opens a scope."""

    def __init__(self, globals_: Mapping[str, Term], source: Source, *, v1: bool = False) -> None:
        self.globals = globals_
        self.v1 = v1
        self.source = source
        self.scopes: list[_Scope] = []
        self.implicit: set[str] = set()
        self.constants: dict[tuple[str, ...], Term] = {}
        self.count = 0

    def rule(self, rule: Rule) -> Rule:
        args, ref, member = rule.args, rule.ref, rule.member
        branches: list[Clause] = []
        clause: Clause | None = rule.clause
        while clause is not None:
            self._open(clause.body, rule.args)
            body = self.literals(clause.body)
            value = None if clause.value is None else self.term(clause.value)
            if not branches:
                ref = (rule.ref[0], *map(self.term, rule.ref[1:]))
                member = None if rule.member is None else self.term(rule.member)
            if rule.args is not None:
                args = tuple(map(self.term, rule.args))
            self._close()
            branches.append(replace(clause, value=value, body=body, orelse=None))
            clause = clause.orelse
        return replace(rule, ref=ref, member=member, args=args, clause=_chain(branches))

    def _open(self, body: Body, args: tuple[Term, ...] | None) -> None:
        scope = _Scope(declares=declared_in(body))
        self.scopes = [scope]
        for name in pattern_vars(args or ()):
            self._refuse_root(name)
            # All branches of one rule share the names of its arguments.
            scope.unique[name.name] = f"{name.name}#arg"
            scope.seen[name.name] = "arg"

    def _close(self) -> None:
        scope = self.scopes.pop()
        for name, pos in scope.unused.items():
            raise self.source.error(f"declared var {name} unused", pos)

    def fail(self, message: str, pos: Pos) -> NoReturn:
        raise self.source.error(message, pos)

    # -- names

    def _refuse_root(self, var: Var) -> None:
        if self.v1 and var.name in ROOTS:
            message = f"variables must not shadow {var.name} (use a different variable name)"
            self.fail(message, var.pos)

    def _declare(self, var: Var, how: str) -> Var:
        if var.name.startswith("_$"):
            return var
        self._refuse_root(var)
        scope = self.scopes[-1]
        before = scope.seen.get(var.name)
        if before is not None:
            self.fail(_OCCURRENCE[before].format(var.name), var.pos)
        self.count += 1
        unique = f"{var.name}#{self.count}"
        scope.unique[var.name] = unique
        scope.seen[var.name] = how
        return Var(unique, var.pos)

    def _name(self, var: Var) -> Term:
        for scope in reversed(self.scopes):
            unique = scope.unique.get(var.name)
            if unique is not None:
                scope.unused.pop(var.name, None)
                return Var(unique, var.pos)
        declared = any(var.name in scope.declares for scope in self.scopes)
        known = None if declared else self.globals.get(var.name)
        if known is not None:
            return replace(known, pos=var.pos)
        self.scopes[-1].seen.setdefault(var.name, "seen")
        self.implicit.add(var.name)
        return var

    # -- statements

    def literals(self, body: Body) -> Body:
        done = [self._literal(literal) for literal in body]
        kept = tuple(literal for literal in done if literal is not None)
        pos = body[0].pos
        return kept or (Literal(Scalar(True, pos), pos),)

    def _literal(self, literal: Literal) -> Literal | None:
        if isinstance(literal.expr, SomeDecl):
            for var in literal.expr.names:
                self._declare(var, "declared")
                self.scopes[-1].unused[var.name] = var.pos
            return None
        if isinstance(literal.expr, Assign) and literal.negated:
            self.fail("cannot assign vars inside negated expression", literal.pos)
        withs = tuple([self._with(item) for item in literal.withs])
        return Literal(self._expr(literal.expr), literal.pos, literal.negated, withs)

    def _expr(self, expr: Expr) -> Expr:
        match expr:
            case Assign(target, value, pos):
                value = self.term(value)
                return Unify(self._target(target), value, pos)
            case Unify(left, right, pos, test):
                return Unify(self.term(left), self.term(right), pos, test)
            case SomeIn():
                return self._some_in(expr)
            case Every():
                return self._every(expr)
            case SomeDecl():
                raise AssertionError("declarations end in _literal")
        return self.term(expr)

    def _target(self, target: Term) -> Term:
        match target:
            case Var():
                return self._declare(target, "assigned")
            case Array():
                items: Term = map_children(target, self._target)
                return items
            case Object(pairs):
                done = tuple((self.term(key), self._target(value)) for key, value in pairs)
                return replace(target, pairs=done)
            case Scalar():
                return target
        kind = {Ref: "ref", Call: "call", Comprehension: "comprehension"}.get(type(target), "set")
        raise self.source.error(f"cannot assign to {kind}", target.pos)

    def _some_in(self, expr: SomeIn) -> Expr:
        domain = self.term(expr.domain)
        key = Var(f"_$some{self.count}", expr.pos) if expr.key is None else self._pattern(expr.key)
        self.count += 1
        value = self._pattern(expr.value)
        return Unify(value, _append(domain, key), expr.pos)

    def _pattern(self, pattern: Term) -> Term:
        """Declare each variable of a ``some … in`` pattern, once."""
        for var in pattern_vars((pattern,)):
            self._declare(var, "declared")
        return self.term(pattern)

    def _every(self, expr: Every) -> Expr:
        domain = self.term(expr.domain)
        self.scopes.append(_Scope(declares=declared_in(expr.body)))
        key = None if expr.key is None else self._declare(expr.key, "declared")
        value = self._declare(expr.value, "declared")
        self.scopes.append(_Scope(declares=declared_in(expr.body)))
        body = self.literals(expr.body)
        self._close()
        self._close()
        return replace(expr, key=key, value=value, domain=domain, body=body)

    def _with(self, item: With) -> With:
        target: Term = item.target
        root = target.head if isinstance(target, Ref) else target
        if isinstance(root, Var) and root.name not in ROOTS:
            known = self.globals.get(root.name)
            if known is not None:
                target = self.term(target)
        elif isinstance(target, Ref):
            target = replace(target, parts=tuple(map(self.term, target.parts)))
        return replace(item, target=target, value=self._with_value(item.value))

    def _with_value(self, value: Term) -> Term:
        name = ".".join(dotted_name(value))
        if name in REGISTRY and dotted_name(value)[0] not in self.globals:
            return Var(BUILTIN + name, value.pos)
        return self.term(value)

    # -- terms

    def term(self, term: Term) -> Term:
        match term:
            case Scalar():
                return term
            case Var():
                return self._name(term)
            case Ref(head, parts, pos):
                head = self.term(head)
                parts = tuple(map(self.term, parts))
                if isinstance(head, Ref):
                    return Ref(head.head, (*head.parts, *parts), pos)
                return Ref(head, parts, pos)
            case Call(name, ()) if name in self.constants:
                return self.constants[name]
            case Call():
                args = tuple([self.term(arg) for arg in term.args])
                return Call(self._callee(term), args, term.pos)
            case Comprehension():
                return self._comprehension(term)
        done: Term = map_children(term, self.term)
        return done

    def _callee(self, call: Call) -> tuple[str, ...]:
        head, *rest = call.name
        if any(head in scope.unique for scope in self.scopes):
            self.fail(f"called function {'.'.join(call.name)} shadowed", call.pos)
        known = self.globals.get(head)
        if isinstance(known, Ref):
            path = [part.value for part in known.parts if isinstance(part, Scalar)]
            return ("data", *path, *rest) if _root(known) == "data" else call.name
        return call.name

    def _comprehension(self, term: Comprehension) -> Comprehension:
        self.scopes.append(_Scope(declares=declared_in(term.body)))
        body = self.literals(term.body)
        key = None if term.key is None else self.term(term.key)
        value = self.term(term.value)
        self._close()
        return replace(term, key=key, value=value, body=body)


def dotted_name(term: Term) -> tuple[str, ...]:
    """``("a", "b")`` for ``a.b`` as it was written; empty for anything else than names."""
    match term:
        case Var(name):
            return (name,)
        case Ref(Var(name), parts):
            names = [part.value for part in parts if isinstance(part, Scalar)]
            if len(names) == len(parts) and all(type(part) is str for part in names):
                return (name, *names)
    return ("",)


def _root(ref: Ref) -> str:
    return ref.head.name if isinstance(ref.head, Var) else ""


def _append(domain: Term, key: Term) -> Ref:
    if isinstance(domain, Ref):
        return replace(domain, parts=(*domain.parts, key))
    return Ref(domain, (key,), domain.pos)


def _chain(branches: list[Clause]) -> Clause:
    clause = branches[-1]
    for branch in reversed(branches[:-1]):
        clause = replace(branch, orelse=clause)
    return clause
