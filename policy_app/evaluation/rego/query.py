"""Queries written as Rego text: compiled as one more rule beside the program's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy_app.evaluation.rego.linker import Linked, link
from policy_app.evaluation.rego.parser import parse_query
from policy_app.evaluation.rego.resolve import ResolvedRule, resolve_query
from policy_app.evaluation.rego.safety import names_in
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import (
    Array,
    Assign,
    Body,
    Clause,
    Comprehension,
    Every,
    Literal,
    Module,
    Object,
    Rule,
    Scalar,
    SomeDecl,
    SomeIn,
    Term,
    Unify,
    Var,
)

_START = Pos(1, 1)
_VALUELESS = (Unify, Every, Assign, SomeDecl, SomeIn)
QUERY_RULE = "$query"
"""The name of a query's rule; no source can spell it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One statement of a query: its value (``True`` where it has none), text and place."""

    value: Any
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Result:
    """One answer: the variables' values as plain JSON, and those of the statements."""

    bindings: dict[str, Any]
    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    linked: Linked
    texts: tuple[tuple[str, Pos], ...]

    def results(self, rows: Sequence[dict[str, Any]]) -> list[Result]:
        """The query's answers from the rows that its rule produced."""
        return [
            Result(
                row["bindings"],
                tuple(
                    Expression(value, text, pos.line, pos.column)
                    for value, (text, pos) in zip(row["values"], self.texts, strict=True)
                ),
            )
            for row in rows
        ]


def compile_query(modules: Sequence[Module], text: str, *, v1: bool) -> CompiledQuery:
    """Compile the query against the modules; raises ``RegoError`` where it does not compile."""
    body, lines = parse_query(text, "query", v1=v1)
    source = Source("query", lines)
    resolved, names = resolve_query(body, source)
    shown = _bound_names(resolved, names)
    statements, values = _with_values(resolved)
    head = Object(
        (
            (Scalar("bindings", _START), _object_of(shown)),
            (Scalar("values", _START), _array_of(values)),
        ),
        _START,
    )
    rows = Comprehension("array", None, head, statements, _START)
    clause = Clause(rows, (Literal(Scalar(True, _START), _START),), _START)
    rule = Rule((Var(QUERY_RULE, _START),), None, None, clause, False, _START)
    linked = link(modules, [ResolvedRule((Scalar(QUERY_RULE, _START),), rule, source)])
    return CompiledQuery(linked, _texts(body, lines))


def _bound_names(body: Body, names: dict[str, str]) -> dict[str, str]:
    """The variables to show, by the name they were written with."""
    outside = {name for literal in body for name in names_in(literal.expr)}
    return {
        name: unique
        for name, unique in sorted(names.items())
        if unique in outside and not name.startswith("_$")
    }


def _with_values(body: Body) -> tuple[Body, list[Term]]:
    """The statements, with each plain expression's value kept in a variable."""
    statements: list[Literal] = []
    values: list[Term] = []
    for number, literal in enumerate(body):
        if literal.negated or isinstance(literal.expr, _VALUELESS):
            statements.append(literal)
            values.append(Scalar(True, literal.pos))
            continue
        kept = Var(f"_$value{number}", literal.pos)
        values.append(kept)
        statements.append(replace(literal, expr=Unify(kept, literal.expr, literal.pos)))
        if len(body) > 1:
            statements.append(Literal(kept, literal.pos))
    return tuple(statements), values


def _object_of(names: dict[str, str]) -> Object:
    pairs = tuple((Scalar(name, _START), Var(unique, _START)) for name, unique in names.items())
    return Object(pairs, _START)


def _array_of(values: list[Term]) -> Term:
    return Array(tuple(values), _START)


def _texts(body: Body, lines: Sequence[str]) -> tuple[tuple[str, Pos], ...]:
    """Each statement as it was written."""
    starts = [sum(len(line) + 1 for line in lines[: lit.pos.line - 1]) for lit in body]
    offsets = [start + lit.pos.column - 1 for start, lit in zip(starts, body, strict=True)]
    text = "\n".join(lines)
    ends = [*offsets[1:], len(text)]
    return tuple(
        (text[start:end].strip().rstrip(";").rstrip(), literal.pos)
        for start, end, literal in zip(offsets, ends, body, strict=True)
    )
