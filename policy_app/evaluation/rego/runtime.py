"""What generated code calls: look-ups, iteration, unions of documents, errors.

A query's state ``S`` is a list, because indexing a list is the fastest access Python has.  The
first slots hold what is named here; behind them every rule has the slots that keep its value for
the rest of the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from policy_app.evaluation.rego.builtins import BuiltinError, NoResult
from policy_app.evaluation.rego.context import Context
from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.values import RegoSet, Value, hash_key, rego_equal, type_name, unkey

State = list[Any]

INPUT, DATA, BUDGET, CONTEXT, OVERRIDES, MOCKS, OPTIONS, TRACE, FIRST_SLOT = range(9)


class _Marker:
    """A value no policy can have."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name


U: Final[Any] = _Marker("U")
"""Undefined."""
Z: Final[Any] = _Marker("Z")
"""Not computed yet."""
E: Final[dict[str, Any]] = {}
"""An object without fields: what a chain of look-ups goes on with where a field is missing."""


def lookup(container: Value, key: Value) -> Value:
    """``container[key]``, or ``U``; ``container`` may be ``U`` itself."""
    kind = type(container)
    if kind is dict:
        return container.get(key if type(key) is str else hash_key(key), U)
    if kind is list:
        return _index(container, key)
    if kind is RegoSet:
        return container.items.get(key if type(key) is str else hash_key(key), U)
    return container.look(key) if isinstance(container, Lazy) else U


def _index(array: list[Value], key: Value) -> Value:
    if type(key) is float and key.is_integer():
        key = int(key)
    return array[key] if type(key) is int and 0 <= key < len(array) else U


def chain(value: Value, keys: Iterable[str]) -> Value:
    """The look-up of several fields in turn, for values that are not all objects."""
    for key in keys:
        value = lookup(value, key)
    return value


def values(container: Value) -> Iterable[Value]:
    """What ``container[_]`` goes through; nothing for a value without members."""
    kind = type(container)
    if kind is list:
        return container  # type: ignore[no-any-return]
    if kind is dict:
        return container.values()  # type: ignore[no-any-return]
    if kind is RegoSet:
        return container.items.values()  # type: ignore[no-any-return]
    return [value for _, value in container.pairs()] if isinstance(container, Lazy) else ()


def pairs(container: Value) -> Iterable[tuple[Value, Value]]:
    """What ``container[key]`` goes through: hash keys with their values.

    A set's member is both; it comes as it is.
    """
    kind = type(container)
    if kind is list:
        return enumerate(container)
    if kind is dict:
        return container.items()  # type: ignore[no-any-return]
    if kind is RegoSet:
        return zip(container.items.values(), container.items.values(), strict=True)
    return container.pairs() if isinstance(container, Lazy) else ()


def is_collection(value: Value) -> bool:
    return type(value) in (list, dict, RegoSet)


def object_of(keys: Iterable[Value], members: Iterable[Value], where: Place) -> dict[Any, Value]:
    """An object whose keys are known only now; two values for one key are an error."""
    result: dict[Any, Value] = {}
    for key, member in zip(keys, members, strict=True):
        put(result, key, member, where)
    return result


Place = tuple[Source, Pos]


def put(target: dict[Any, Value], key: Value, value: Value, where: Place) -> None:
    """Add one pair to an object that is being built."""
    hashed = key if type(key) is str else hash_key(key)
    known = target.get(hashed, U)
    if known is U:
        target[hashed] = value
    elif not rego_equal(known, value):
        raise conflict("object keys must be unique", where)


class Branch:
    """An object that several rules fill: nested by key, finished once all of them ran."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: dict[Any, Any] = {}

    def put(self, keys: list[Value], value: Value, where: Place) -> None:
        """Give the field at this path a value."""
        branch = self._descend(keys, where)
        hashed = hash_key(keys[-1])
        known = branch.items.get(hashed, U)
        if known is U:
            branch.items[hashed] = value
        elif type(known) in (Branch, _Members) or not rego_equal(known, value):
            raise conflict("object keys must be unique", where)

    def add(self, keys: list[Value], member: Value, where: Place) -> None:
        """Add a member to the set at this path."""
        branch = self._descend(keys, where)
        members = branch.items.setdefault(hash_key(keys[-1]), _Members())
        if type(members) is not _Members:
            raise conflict("object keys must be unique", where)
        members.items.setdefault(hash_key(member), member)

    def open(self, keys: list[Value], where: Place) -> None:
        """Have an object at this path, even if nothing gets into it."""
        self._descend([*keys, None], where)

    def _descend(self, keys: list[Value], where: Place) -> Branch:
        branch = self
        for key in keys[:-1]:
            inner = branch.items.setdefault(hash_key(key), Branch())
            if type(inner) is not Branch:
                raise conflict("object keys must be unique", where)
            branch = inner
        return branch

    def finish(self) -> dict[Any, Value]:
        return {
            key: value.finish() if type(value) in (Branch, _Members) else value
            for key, value in self.items.items()
        }


class _Members:
    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: dict[Any, Value] = {}

    def finish(self) -> RegoSet:
        return RegoSet(self.items)


def conflict(message: str, where: Place) -> RegoError:
    source, pos = where
    return source.error(message, pos, "eval_conflict_error")


def rule_conflict(where: Place) -> RegoError:
    return conflict("complete rules must not produce multiple outputs", where)


def function_conflict(where: Place) -> RegoError:
    message = "functions must not produce multiple outputs for same inputs"
    return conflict(message, where)


def failed(state: State, error: BuiltinError, name: str, where: Place) -> Value:
    """A builtin's error: undefined, or an error of the query where it runs strictly."""
    if state[OPTIONS].strict and not isinstance(error, NoResult):
        source, pos = where
        raise source.error(f"{name}: {error.message}", pos, error.code) from None
    return U


def lend(state: State) -> Context:
    """What the query lends to builtins, one for the whole query; made for the first that asks."""
    context: Context | None = state[CONTEXT]
    if context is None:
        context = state[CONTEXT] = Context(state[BUDGET], state[OPTIONS])
    return context


# -- with

Override = tuple[str, list[Value], Value]


def replaced(state: State, overrides: Iterable[Override], slots: int) -> State:
    """The state under ``with``: the same query with other documents or functions."""
    lend(state)
    new: State = [*state[:FIRST_SLOT], *[Z] * slots]
    for root, path, value in overrides:
        if root == "input":
            new[INPUT] = _replace_at(new[INPUT], path, value, "eval_conflict_error")
        elif root == "data":
            new[DATA] = _replace_at(new[DATA], path, value, "eval_with_merge_error")
            new[OVERRIDES] = (*(new[OVERRIDES] or ()), tuple(path))
        else:
            new[MOCKS] = {**(new[MOCKS] or {}), root: value}
    return new


def _replace_at(document: Value, path: list[Value], value: Value, code: str) -> Value:
    """A copy of the document along the path; what stands in its way must be an object."""
    if not path:
        return value
    if document is not U and type(document) is not dict:
        message = f"with cannot replace a part of {type_name(document)}"
        raise RegoError(message, code=code)
    fields = {} if document is U else dict(document)
    key = hash_key(path[0])
    fields[key] = _replace_at(fields.get(key, U), path[1:], value, code)
    return fields


def shadowed(state: State, path: tuple[str, ...]) -> bool:
    """Does ``with`` replace the document at this path, or one that contains it?"""
    return any(path[: len(over)] == over for over in state[OVERRIDES] or ())


def call_mock(state: State, name: str, fn: Callable[..., Value], args: tuple[Value, ...]) -> Value:
    """Call a function that some ``with`` of the program replaces, perhaps in this state."""
    mocks = state[MOCKS]
    if mocks is None or name not in mocks:
        return fn(state, *args)
    mock = mocks[name]
    if not callable(mock):
        return mock
    lend(state)
    # A replacement sees the functions that it replaces as they are.
    inner: State = [*state[:FIRST_SLOT], *[Z] * (len(state) - FIRST_SLOT)]
    inner[MOCKS] = None
    return mock(inner, *args)


# -- data: base documents below and beside rules


class Lazy:
    """A place below ``data`` with rules under it, evaluated only where it is looked into."""

    __slots__ = ("base", "node", "state")

    def __init__(self, state: State, node: Document, base: Value) -> None:
        self.state = state
        self.node = node
        self.base = base

    def look(self, key: Value) -> Value:
        base = lookup(self.base, key)
        child = self.node.children.get(key) if type(key) is str else None
        return base if child is None else child.at(self.state, base)

    def pairs(self) -> list[tuple[Value, Value]]:
        keys: dict[Any, None] = dict.fromkeys(self.node.children)
        if type(self.base) is dict:
            keys.update(dict.fromkeys(self.base))
        found = [(unkey(key), self.look(unkey(key))) for key in keys]
        return [(key, value) for key, value in found if value is not U]


class Document:
    """The run-time twin of a place in the tree of rules."""

    __slots__ = ("children", "deciding_field", "function", "is_function", "members", "path")

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.children: dict[str, Document] = {}
        self.function: Callable[[State], Value] | None = None
        self.members: Callable[[State], list[Value]] | None = None
        self.deciding_field: str | None = None
        self.is_function = False

    def at(self, state: State, base: Value) -> Value:
        """The value here: a rule's, a base document, or a ``Lazy`` over both."""
        if shadowed(state, self.path):
            return base
        if self.function is not None:
            return U if self.is_function else self.function(state)
        return Lazy(state, self, base) if self.children else base


def force(value: Value) -> Value:
    """A plain value: everything below a ``Lazy`` evaluated, rules before base documents."""
    if not isinstance(value, Lazy):
        return value
    base = value.base if type(value.base) is dict else {}
    result = dict(base)
    for name, child in value.node.children.items():
        inner = force(child.at(value.state, lookup(base, name)))
        if inner is not U:
            result[name] = inner
        elif child.function is not None:
            result.pop(name, None)
    return result
