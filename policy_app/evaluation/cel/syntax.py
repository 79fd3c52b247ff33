"""The syntax tree of a checked expression, macros expanded, and how to read it.

Every CEL compiler can write an expression as the message ``cel.expr.CheckedExpr``, the interchange
format of the language; seven kinds of node are all there is.
Source: ``cel/expr/syntax.proto`` and ``checked.proto`` of https://github.com/google/cel-spec.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.cel import wire
from policy_app.evaluation.cel.values import Uint


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: null, bool, int, ``Uint``, float, str or bytes."""

    value: Any
    id: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or a type such as ``int``."""

    name: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class Select:
    """``operand.field``, or ``has(operand.field)``."""

    operand: Node
    field: str
    test_only: bool = False
    id: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """``function(args…)``, ``target.function(args…)`` or an operator such as ``_+_``."""

    function: str
    args: tuple[Node, ...]
    target: Node | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class MakeList:
    """``[a, ?b]``."""

    elements: tuple[Node, ...]
    optional: frozenset[int] = frozenset()
    """The positions of elements that are left out where their optional is empty."""
    id: int = 0


@dataclass(frozen=True, slots=True)
class MakeMap:
    """``{key: value, ?key: optional}``; each entry is key, value and whether it is optional."""

    entries: tuple[tuple[Node, Node, bool], ...]
    message: str = ""
    """The type of a message that is made instead; there are none in Kubernetes."""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Comprehension:
    """What every macro over a list or map becomes: a fold with a condition to go on."""

    variable: str
    range: Node
    accumulator: str
    start: Node
    condition: Node
    step: Node
    result: Node
    id: int = 0


Node = Constant | Name | Select | Call | MakeList | MakeMap | Comprehension


@dataclass(frozen=True, slots=True)
class Checked:
    """An expression with its names resolved."""

    root: Node
    resolved: dict[int, str] = field(default_factory=dict)
    """What a node's id stands for, where that is a qualified name: ``variables.x``, ``sets``…"""
    offsets: dict[int, int] = field(default_factory=dict)
    """Where a node begins: code points from the beginning of the expression, by id."""


def read(serialized: bytes) -> Checked:
    """Read ``CheckedExpr``, wrapped in ``Any`` as the compiler writes it."""
    message = _one(serialized, 2)
    root, resolved, offsets = None, {}, {}
    for number, value in wire.fields(message):
        if not isinstance(value, bytes):
            continue
        if number == 2:
            key, reference = _entry(value)
            name = _text(_one(reference, 1)) if isinstance(reference, bytes) else ""
            if name:
                resolved[key] = name
        elif number == 4:
            root = _node(value)
        elif number == 5:
            offsets = dict(_positions(value))
    if root is None:
        raise ValueError("there is no expression in the message")
    return Checked(root, resolved, offsets)


def children(node: Node) -> Iterator[Node]:
    """The nodes right below one."""
    if isinstance(node, Select):
        yield node.operand
    elif isinstance(node, Call):
        yield from (node.target, *node.args) if node.target is not None else node.args
    elif isinstance(node, MakeList):
        yield from node.elements
    elif isinstance(node, MakeMap):
        for key, value, _ in node.entries:
            yield from (key, value)
    elif isinstance(node, Comprehension):
        yield from (node.range, node.start, node.condition, node.step, node.result)


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(children(found))


def _one(message: bytes, wanted: int) -> bytes:
    for number, value in wire.fields(message):
        if number == wanted and isinstance(value, bytes):
            return value
    return b""


def _text(value: int | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _entry(message: bytes) -> tuple[int, int | bytes]:
    key: int = 0
    found: int | bytes = 0
    for number, value in wire.fields(message):
        if number == 1 and isinstance(value, int):
            key = value
        elif number == 2:
            found = value
    return key, found


def _positions(source_info: bytes) -> Iterator[tuple[int, int]]:
    for number, value in wire.fields(source_info):
        if number == 4 and isinstance(value, bytes):
            key, offset = _entry(value)
            if isinstance(offset, int):
                yield key, offset


def _node(message: bytes) -> Node:
    own = 0
    for number, value in wire.fields(message):
        if number == 2 and isinstance(value, int):
            own = value
        elif number in _READERS and isinstance(value, bytes):
            return _READERS[number](value, own)
    raise ValueError("there is an expression of an unknown kind in the message")


def _constant(message: bytes, own: int) -> Node:
    for number, value in wire.fields(message):
        if isinstance(value, int):
            values: dict[int, Any] = {1: None, 2: bool(value), 3: wire.signed(value)}
            return Constant(Uint(value) if number == 4 else values[number], own)
        if number == 5:
            return Constant(wire.double(value), own)
        return Constant(value.decode() if number == 6 else value, own)
    return Constant(None, own)


def _name(message: bytes, own: int) -> Node:
    return Name(_text(_one(message, 1)).lstrip("."), own)


def _select(message: bytes, own: int) -> Node:
    test_only = any(number == 3 and value for number, value in wire.fields(message))
    return Select(_node(_one(message, 1)), _text(_one(message, 2)), test_only, own)


def _call(message: bytes, own: int) -> Node:
    target, args = None, []
    for number, value in wire.fields(message):
        if number == 1 and isinstance(value, bytes):
            target = _node(value)
        elif number == 3 and isinstance(value, bytes):
            args.append(_node(value))
    return Call(_text(_one(message, 2)), tuple(args), target, own)


def _list(message: bytes, own: int) -> Node:
    elements, optional = [], set()
    for number, value in wire.fields(message):
        if number == 1 and isinstance(value, bytes):
            elements.append(_node(value))
        elif number == 2:
            optional.update(wire.varints(value))
    return MakeList(tuple(elements), frozenset(optional), own)


def _map(message: bytes, own: int) -> Node:
    entries = []
    for number, value in wire.fields(message):
        if number == 2 and isinstance(value, bytes) and (key := _one(value, 3)):
            optional = any(each == 5 and flag for each, flag in wire.fields(value))
            entries.append((_node(key), _node(_one(value, 4)), optional))
    return MakeMap(tuple(entries), _text(_one(message, 1)), own)


def _comprehension(message: bytes, own: int) -> Node:
    return Comprehension(
        variable=_text(_one(message, 1)),
        range=_node(_one(message, 2)),
        accumulator=_text(_one(message, 3)),
        start=_node(_one(message, 4)),
        condition=_node(_one(message, 5)),
        step=_node(_one(message, 6)),
        result=_node(_one(message, 7)),
        id=own,
    )


_READERS = {
    3: _constant,
    4: _name,
    5: _select,
    6: _call,
    7: _list,
    8: _map,
    9: _comprehension,
}
