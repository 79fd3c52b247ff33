"""What a program's rules depend on, and the checks that need the whole program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policy_app.evaluation.rego.builtins import REFUSED, REGISTRY
from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.resolve import BUILTIN, ROOTS, ResolvedRule, dotted_name
from policy_app.evaluation.rego.source import Source
from policy_app.evaluation.rego.syntax import (
    Body,
    Call,
    Clause,
    Comprehension,
    Every,
    Literal,
    Ref,
    Rule,
    Scalar,
    Term,
    Var,
    With,
    children,
)
from policy_app.evaluation.rego.tree import Node, Unit


def clauses(rule: Rule) -> Iterator[Clause]:
    clause: Clause | None = rule.clause
    while clause is not None:
        yield clause
        clause = clause.orelse


def rule_parts(rule: Rule) -> Iterator[Any]:
    """Every term and statement of the rule, those in closures included."""
    for head in (*rule.ref[1:], rule.member, *(rule.args or ())):
        if head is not None:
            yield from _inside(head)
    for clause in clauses(rule):
        if clause.value is not None:
            yield from _inside(clause.value)
        yield from body_parts(clause.body)


def body_parts(body: Body) -> Iterator[Any]:
    for literal in body:
        yield literal
        yield from _inside(literal.expr)
        for item in literal.withs:
            yield item
            yield from _inside(item.value)
            if isinstance(item.target, Ref):
                for part in item.target.parts:
                    yield from _inside(part)


def _inside(term: Any) -> Iterator[Any]:
    yield term
    if type(term) is Scalar or type(term) is Var:
        return
    # The root of a reference is no reference to the whole root document.
    of_document = isinstance(term, Ref) and isinstance(term.head, Var) and term.head.name in ROOTS
    for child in term.parts if of_document else children(term):
        yield from _inside(child)
    if isinstance(term, Every):
        yield from body_parts(term.body)
    elif isinstance(term, Comprehension):
        for head in (term.key, term.value):
            if head is not None:
                yield from _inside(head)
        yield from body_parts(term.body)


def dependencies(parts: Iterable[Any], tree: Node) -> dict[int, Unit]:
    """The units that a rule's parts refer to."""
    found: dict[int, Unit] = {}
    for part in parts:
        match part:
            case Ref(Var("data"), path):
                units = _matching(tree, path)
            case Var("data"):
                units = tree.units()
            case Call(("data", *names)):
                units = _matching(tree, tuple(Scalar(name, part.pos) for name in names))
            case _:
                continue
        found.update((unit.index, unit) for unit in units)
    return found


def _matching(node: Node, parts: tuple[Term, ...]) -> Iterator[Unit]:
    """The units that a reference can lead to; a variable part leads to every child."""
    if node.unit is not None or not parts:
        yield from node.units()
        return
    first, rest = parts[0], parts[1:]
    if isinstance(first, Scalar):
        child = node.children.get(first.value) if type(first.value) is str else None
        if child is not None:
            yield from _matching(child, rest)
        return
    for child in node.children.values():
        yield from _matching(child, rest)


def check_recursion(units: list[Unit], parts: Mapping[int, list[Any]], tree: Node) -> list[Unit]:
    """The units, each behind those it depends on; raises ``rego_recursion_error``.

    ``parts`` holds those of each unit's rules, by its index.
    """
    needs = {unit.index: dependencies(parts[unit.index], tree) for unit in units}
    state: dict[int, int] = {}
    order: list[Unit] = []
    for unit in units:
        _visit(unit, needs, state, order)
    return order


def all_rules(unit: Unit) -> list[ResolvedRule]:
    return [*unit.rules, *([unit.default] if unit.default else [])]


def independent(
    units: Iterable[Unit], parts: Mapping[int, list[Any]], tree: Node
) -> Iterator[Unit]:
    """The units whose value is the same for every input: ``data`` and constants decide it.

    ``units`` come as ``check_recursion`` orders them.  What has a ``with``, or asks a builtin
    about the query itself such as the time, is none of them.
    """
    known: set[int] = set()
    for unit in units:
        own = parts[unit.index]
        needed = dependencies(own, tree)
        if needed.keys() <= known and not any(map(_depends_on_query, own)):
            known.add(unit.index)
            yield unit


def _depends_on_query(part: Any) -> bool:
    match part:
        case With() | Var("input") | Ref(Var("input")):
            return True
        case Call(name) if name[0] != "data":
            return REGISTRY[".".join(name)].needs_context
    return False


_OPEN, _DONE = 1, 2


def _visit(
    start: Unit, needs: dict[int, dict[int, Unit]], state: dict[int, int], order: list[Unit]
) -> None:
    """Depth first without recursion: a chain of rules may be longer than Python's stack."""
    if state.get(start.index):
        return
    path = [(start, iter(needs[start.index].values()))]
    state[start.index] = _OPEN
    while path:
        unit, rest = path[-1]
        following = next(rest, None)
        if following is None:
            state[unit.index] = _DONE
            order.append(unit)
            path.pop()
        elif state.get(following.index) == _OPEN:
            raise _recursive(following, [unit for unit, _ in path])
        elif not state.get(following.index):
            state[following.index] = _OPEN
            path.append((following, iter(needs[following.index].values())))


def _recursive(unit: Unit, path: list[Unit]) -> RegoError:
    rule = all_rules(unit)[0]
    cycle = [*path[path.index(unit) :], unit]
    shown = " -> ".join(step.name for step in cycle)
    message = f"rule {unit.name} is recursive: {shown}"
    return rule.source.error(message, rule.rule.pos, "rego_recursion_error")


def check_withs(
    parts: Iterable[Any], tree: Node, source: Source
) -> tuple[set[str], set[tuple[str, ...]]]:
    """The functions and the paths below ``data`` that ``with`` replaces somewhere in a rule."""
    functions: set[str] = set()
    paths: set[tuple[str, ...]] = set()
    for part in parts:
        if isinstance(part, With):
            _check_with(part, tree, source, functions, paths)
    return functions, paths


def _check_with(
    item: With, tree: Node, source: Source, functions: set[str], paths: set[tuple[str, ...]]
) -> None:
    name = dotted_name(item.target)
    root = item.target.head if isinstance(item.target, Ref) else item.target
    if isinstance(root, Var) and root.name == "input":
        return
    if name[0] == "data":
        if function_at(tree, name[1:]) is not None:
            functions.add(".".join(name))
        else:
            _check_replaceable(item, tree, source, name[1:])
            paths.add(name[1:])
        return
    shown = ".".join(name)
    if isinstance(root, Var) and root.name in ROOTS:
        raise source.error("with keyword target must be a ground reference", item.pos)
    if shown in REFUSED or shown not in REGISTRY:
        message = "with keyword target must reference existing input, data, or a function"
        raise source.error(message, item.pos, "rego_type_error")
    functions.add(shown)


def _check_replaceable(item: With, tree: Node, source: Source, path: tuple[str, ...]) -> None:
    node: Node | None = tree
    for name in path[:-1]:
        node = node.children.get(name) if node is not None else None
        if node is not None and node.unit is not None:
            message = "with keyword cannot partially replace virtual document(s)"
            raise source.error(message, item.pos)


def function_at(tree: Node, path: tuple[str, ...]) -> Unit | None:
    """The function at this path, or None."""
    node: Node | None = tree
    for name in path:
        node = node.children.get(name) if node is not None else None
    unit = node.unit if node is not None else None
    return unit if unit is not None and unit.kind == "function" else None


__all__ = [
    "BUILTIN",
    "Literal",
    "all_rules",
    "body_parts",
    "check_recursion",
    "check_withs",
    "clauses",
    "dependencies",
    "function_at",
    "independent",
    "rule_parts",
]
