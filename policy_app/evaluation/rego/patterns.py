"""Patterns: the variables in them, and those that a body declares."""

from __future__ import annotations

from collections.abc import Iterable

from policy_app.evaluation.rego.syntax import (
    Array,
    Assign,
    Body,
    Object,
    SomeDecl,
    SomeIn,
    Term,
    Var,
)


def pattern_vars(patterns: Iterable[Term]) -> list[Var]:
    """The variables of patterns, each once, in order; not those inside references or calls."""
    names: dict[str, Var] = {}
    stack = list(patterns)[::-1]
    while stack:
        match stack.pop():
            case Var() as var:
                names.setdefault(var.name, var)
            case Array(items):
                stack.extend(reversed(items))
            case Object(pairs):
                stack.extend(value for _, value in reversed(pairs))
    return list(names.values())


def declared_in(body: Body) -> frozenset[str]:
    """The names that a body declares: by ``some``, by ``:=``, and by ``some … in``."""
    names: set[str] = set()
    for literal in body:
        match literal.expr:
            case SomeDecl(vars_):
                names.update(var.name for var in vars_)
            case Assign(target):
                names.update(var.name for var in pattern_vars((target,)))
            case SomeIn(key, value):
                patterns = (value,) if key is None else (key, value)
                names.update(var.name for var in pattern_vars(patterns))
    return frozenset(names)
