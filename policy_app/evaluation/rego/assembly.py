"""Programs once they are generated: plain parts that can be kept, and what makes them run.

The generator names what its code refers to in words (``Binding``) and never hands over an object
of its own, so that a program that comes back from a ``Keeper`` is put together like a new one,
by the same lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

from policy_app.evaluation.rego import runtime
from policy_app.evaluation.rego.builtins import REGISTRY, BuiltinError
from policy_app.evaluation.rego.runtime import (
    DATA,
    Document,
    Lazy,
    State,
    U,
    Z,
    force,
    lend,
    lookup,
    shadowed,
)
from policy_app.evaluation.rego.values import (
    Key,
    RegoSet,
    Value,
    compare,
    hash_key,
    rego_equal,
)

SIZED = frozenset({list, dict, str, RegoSet})
"""The types of values that ``count`` counts."""

BASE: Mapping[str, Any] = {
    "__builtins__": {},
    "U": runtime.U,
    "Z": runtime.Z,
    "E": runtime.E,
    "SIZED": SIZED,
    "AttributeError": AttributeError,
    "BuiltinError": BuiltinError,
    "Key": Key,
    "RegoSet": RegoSet,
    "compare": compare,
    "bool": bool,
    "dict": dict,
    "enumerate": enumerate,
    "float": float,
    "hash_key": hash_key,
    "int": int,
    "len": len,
    "list": list,
    "rego_equal": rego_equal,
    "str": str,
    "type": type,
    "chain": runtime.chain,
    "call_mock": runtime.call_mock,
    "failed": runtime.failed,
    "force": runtime.force,
    "function_conflict": runtime.function_conflict,
    "is_collection": runtime.is_collection,
    "lend": runtime.lend,
    "lookup": runtime.lookup,
    "Branch": runtime.Branch,
    "object_of": runtime.object_of,
    "pairs": runtime.pairs,
    "put": runtime.put,
    "replaced": runtime.replaced,
    "rule_conflict": runtime.rule_conflict,
    "shadowed": runtime.shadowed,
    "values": runtime.values,
}
"""The names that every program's code may use."""

Binding = tuple[str, Any]
"""What a name stands for that is no constant of the policy: a kind among ``_KINDS``, and which."""


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """Where a unit is in the tree of documents, and the names of its functions."""

    path: tuple[str, ...]
    is_function: bool
    function: str
    members: str | None = None
    deciding_field: str | None = None


@dataclass(frozen=True, slots=True)
class Assembly:
    """A generated program: code, and what its names stand for."""

    code: CodeType
    constants: Mapping[str, Any]
    bindings: Mapping[str, Binding]
    slots: int
    shared: tuple[int, ...]
    """The slots whose values depend on ``data`` alone: the same for every input."""
    units: tuple[UnitPlan, ...]
    """In the order of the tree."""
    text: str = ""
    """The generated Python; not there where the program was kept."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A program that can run; ``empty`` is a state's slots while nothing is computed."""

    documents: Document
    empty: list[Any]
    shared: tuple[int, ...]
    functions: dict[str, Any]
    text: str


def assemble(made: Assembly) -> Linked:
    """Make it run."""
    documents = _documents(made.units)
    names: dict[str, Any] = {**BASE, **made.constants, "SLOTS": made.slots}
    for name, (kind, which) in made.bindings.items():
        names[name] = _KINDS[kind](which, documents)
    exec(made.code, names)  # noqa: S102 - our generator's own
    for unit in made.units:
        twin = _at(documents, unit.path)
        twin.function = names[unit.function]
        twin.members = None if unit.members is None else names[unit.members]
        twin.deciding_field = unit.deciding_field
    return Linked(documents, [Z] * made.slots, made.shared, names, made.text)


def _documents(units: Iterable[UnitPlan]) -> Document:
    root = Document(())
    for unit in units:
        document = root
        for name in unit.path:
            child = document.children.get(name)
            if child is None:
                child = document.children[name] = Document((*document.path, name))
            document = child
        document.is_function = unit.is_function
    return root


def _at(document: Document, path: Iterable[str]) -> Document:
    for name in path:
        document = document.children[name]
    return document


# -- what names stand for


def _builtin(name: str, _: Document) -> Callable[..., Value]:
    return REGISTRY[name].fn


def _replaceable(name: str, _: Document) -> Callable[..., Value]:
    """A builtin with the signature of a generated function, as ``with`` may replace it."""
    builtin = REGISTRY[name]

    def call(state: State, *args: Value) -> Value:
        try:
            return builtin.fn(lend(state), *args) if builtin.needs_context else builtin.fn(*args)
        except BuiltinError:
            return U

    return call


def _shown(_: str, __: Document) -> Callable[..., str]:
    from policy_app.evaluation.rego.builtins.sprintf import show

    return show


def _items(constant: Any, _: Document) -> dict[Any, Any]:
    """The members of a constant array or set by hash key."""
    if type(constant) is RegoSet:
        return constant.items
    return {hash_key(member): member for member in constant}


def _lazy(path: tuple[str, ...], documents: Document) -> Callable[[State], Value]:
    """What gives the place itself, to look into."""
    twin = _at(documents, path)

    def lazy(state: State) -> Value:
        base = state[DATA]
        for name in path:
            base = lookup(base, name)
        if shadowed(state, path):
            return base
        return Lazy(state, twin, base)

    return lazy


def _document(path: tuple[str, ...], documents: Document) -> Callable[[State], Value]:
    """What gives the whole document at a place without rules."""
    lazy = _lazy(path, documents)
    return lambda state: force(lazy(state))


_KINDS: Mapping[str, Callable[[Any, Document], Any]] = {
    "builtin": _builtin,
    "replaceable": _replaceable,
    "shown": _shown,
    "items": _items,
    "lazy": _lazy,
    "document": _document,
}
