"""Graphs, given as objects from node to neighbours, and walking a value's tree."""

from __future__ import annotations

from collections.abc import Iterator

from policy_app.evaluation.rego.builtins.core import Context, Family
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key, sorted_pairs, unkey

FAMILY = Family("graph")

_NODES = "array[any]|set[any]"
_GRAPH = "object[any:array[any]|set[any]]"
_STRIDE = 256
_COMPOSITE = frozenset({list, dict, RegoSet})


def _neighbours(edges: Value) -> list[Value]:
    if type(edges) is RegoSet:
        return list(edges)
    return edges if type(edges) is list else []


@FAMILY.builtin("graph.reachable", _GRAPH, _NODES, result="set[any]", context=True)
def reachable(context: Context, graph: dict[Value, Value], initial: Value) -> RegoSet:
    """The nodes of the graph that can be reached from the initial ones, these included."""
    todo = _neighbours(initial)[::-1]
    found = RegoSet()
    while todo:
        node = todo.pop()
        key = hash_key(node)
        if key in found.items or key not in graph:
            continue
        found.items[key] = node
        new = _neighbours(graph[key])
        context.budget.charge_elements(1 + len(new))
        context.budget.check_deadline()
        todo.extend(new)
    return found


Path = list[Value]


@FAMILY.builtin("graph.reachable_paths", _GRAPH, _NODES, result="set[array[any]]", context=True)
def reachable_paths(context: Context, graph: dict[Value, Value], initial: Value) -> RegoSet:
    """The paths from the initial nodes to where there is no way on, or no new node."""
    found = RegoSet()
    todo: list[tuple[Value, Path, frozenset[Value]]] = [
        (node, [], frozenset()) for node in _neighbours(initial) if hash_key(node) in graph
    ]
    while todo:
        context.budget.check_deadline()
        node, path, visited = todo.pop()
        key = hash_key(node)
        edges = _neighbours(graph[key]) if key in graph else []
        path = [*path, node] if key in graph else path
        if not edges:
            _keep(context, found, path)
            continue
        visited |= {key}
        for neighbour in edges:
            if hash_key(neighbour) in visited:
                _keep(context, found, path)
            else:
                context.budget.charge_elements(len(path))
                todo.append((neighbour, path, visited))
    return found


def _keep(context: Context, found: RegoSet, path: Path) -> None:
    context.budget.charge_elements(len(path))
    found.items.setdefault(hash_key(path), path)


@FAMILY.builtin("walk", "any", result="array[any]", context=True, relation=True)
def walk(context: Context, value: Value) -> Iterator[list[Value]]:
    """Each part of a value as ``[path, part]``, the value itself first."""
    yield [[], value]
    todo: list[tuple[Path, Iterator[tuple[Value, Value]]]] = [([], _children(context, value))]
    steps = 0
    while todo:
        path, members = todo[-1]
        for key, member in members:
            inner = [*path, key]
            yield [inner, member]
            steps += 1
            if steps % _STRIDE == 0:
                context.budget.check_deadline()
            if type(member) in _COMPOSITE:
                todo.append((inner, _children(context, member)))
                break
        else:
            todo.pop()


def _children(context: Context, part: Value) -> Iterator[tuple[Value, Value]]:
    """The members in order, each with what it is known by."""
    if type(part) not in _COMPOSITE:
        return iter(())
    context.budget.charge_elements(len(part))
    if type(part) is list:
        return iter(enumerate(part))
    if type(part) is dict:
        return ((unkey(key), member) for key, member in sorted_pairs(part))
    return ((member, member) for _, member in sorted_pairs(part.items))
