"""The model: the kinds of values, their keys, and equality.

Whatever compares, hashes or measures a value here takes time for its *distinct* parts only.
``x1 = [x, x]``, ``x2 = [x1, x1]``… makes values whose tree is exponentially larger than what is
kept of it, and no policy may spend that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.limits import charge_work

Value: TypeAlias = Any
"""One of the types in the table above; mypy cannot say more of a recursive JSON-like type."""


class Key:
    """A boolean or composite value as a dict key: hashed once, compared as Rego compares."""

    __slots__ = ("_hash", "value")

    def __init__(self, value: Value, hashed: int) -> None:
        self.value = value
        self._hash = hashed

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is Key
            and self._hash == other._hash
            and (self.value is other.value or rego_equal(self.value, other.value))
        )

    def __repr__(self) -> str:
        return f"Key({self.value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # String hashes differ between processes, so a pickled key is hashed anew.
        return (hash_key, (self.value,))


class RegoSet:
    """A set: ``items`` maps each member's hash key to the member."""

    __slots__ = ("items",)

    def __init__(self, items: dict[Any, Value] | None = None) -> None:
        self.items: dict[Any, Value] = {} if items is None else items

    @classmethod
    def of(cls, values: Iterable[Value]) -> RegoSet:
        """The set of these values; of equal ones the first stays."""
        items: dict[Any, Value] = {}
        for value in values:
            items.setdefault(value if type(value) is str else hash_key(value), value)
        return cls(items)

    def get(self, key: Any, default: Value) -> Value:
        """The member with this hash key.

        Generated code asks for constant fields as of a dict, whatever it looks into; for a set
        this saves the exception that a missing method would be.
        """
        return self.items.get(key, default)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items.values())

    def __contains__(self, value: Value) -> bool:
        return (value if type(value) is str else hash_key(value)) in self.items

    def __eq__(self, other: object) -> bool:
        if type(other) is not RegoSet:
            return NotImplemented
        return self.items.keys() == other.items.keys()

    __hash__ = None  # type: ignore[assignment]  # use hash_key; a set is mutable while it is built

    def __repr__(self) -> str:
        return f"RegoSet({list(self.items.values())!r})"


_TRUE = Key(True, hash("rego true"))
_FALSE = Key(False, hash("rego false"))


def hash_key(value: Value) -> Any:
    """What stands for ``value`` as a key of a Python dict."""
    kind = type(value)
    if kind is str or kind is int or kind is float or value is None:
        return value
    if kind is bool:
        return _TRUE if value else _FALSE
    return Key(value, _digest(value, {}))


def _digest(value: Value, seen: dict[int, int]) -> int:
    """A hash that is the same for equal values.

    ``seen`` keeps the hash of each composite part, by identity.
    """
    kind = type(value)
    if kind is bool:
        return hash(_TRUE if value else _FALSE)
    if kind in ATOMS:
        return hash(value)
    known = seen.get(id(value))
    if known is None:
        charge_work(len(value))
        known = seen[id(value)] = _digest_composite(value, kind, seen)
    return known


def _digest_composite(value: Value, kind: type, seen: dict[int, int]) -> int:
    if kind is list:
        if _PLAIN.issuperset(map(type, value)):
            return hash(tuple(map(hash, value)))
        return hash(tuple([_digest(member, seen) for member in value]))
    if kind is RegoSet:
        return hash((RegoSet, frozenset(map(hash, value.items))))
    return hash((dict, frozenset([(hash(k), _digest(v, seen)) for k, v in value.items()])))


def unkey(key: Any) -> Value:
    """The value that a hash key stands for."""
    return key.value if type(key) is Key else key


def rego_equal(a: Value, b: Value) -> bool:
    """Equality as in Rego: by value, ``1 == 1.0``, never across types."""
    kind = type(a)
    if kind is str or a is None:
        return bool(a == b)
    if kind is bool or type(b) is bool:
        return a is b
    if kind is int or kind is float:
        return bool(a == b)
    return _equal_composites(a, b, kind, set())


_Pairs: TypeAlias = set[tuple[int, int]]


def _equal_composites(a: Value, b: Value, kind: Any, seen: _Pairs) -> bool:
    """``seen`` holds the pairs known to be equal or being compared."""
    if a is b:
        return True
    if kind is not type(b) or len(a) != len(b):
        return False
    charge_work(len(a))
    if kind is RegoSet:
        return bool(a.items.keys() == b.items.keys())
    pair = (id(a), id(b))
    if pair in seen:
        return True
    seen.add(pair)
    return _equal_lists(a, b, seen) if kind is list else _equal_dicts(a, b, seen)


def _equal_lists(a: list[Value], b: list[Value], seen: _Pairs) -> bool:
    if _PLAIN.issuperset(map(type, a)) and _PLAIN.issuperset(map(type, b)):
        return a == b
    return all(_equal(x, y, seen) for x, y in zip(a, b, strict=True))


def _equal_dicts(a: dict[Any, Value], b: dict[Any, Value], seen: _Pairs) -> bool:
    if _PLAIN.issuperset(map(type, a.values())) and _PLAIN.issuperset(map(type, b.values())):
        return a == b
    return a.keys() == b.keys() and all(_equal(x, b[key], seen) for key, x in a.items())


def _equal(a: Value, b: Value, seen: _Pairs) -> bool:
    kind = type(a)
    if kind is bool or type(b) is bool:
        return a is b
    return bool(a == b) if kind in ATOMS else _equal_composites(a, b, kind, seen)


_PLAIN = frozenset({type(None), int, float, str})
"""Kinds whose equality and hash in Python are those of Rego."""
ATOMS = _PLAIN | {bool}

MAX_WEIGHT = 5_000_000
"""Members and characters of the largest value that is printed, sorted or sent out."""


def weigh(value: Value) -> int:
    """The members and characters in the value's tree; raises ``RegoLimitError`` past the bound.

    Takes time for each distinct part only, however often the tree repeats it.
    """
    try:
        return 1 if type(value) in ATOMS and type(value) is not str else _weigh(value, {})
    except RecursionError:
        raise RegoLimitError("a value is nested too deeply", code="rego_limit_error") from None


def _weigh(value: Value, seen: dict[int, int]) -> int:
    kind = type(value)
    if kind is str:
        return len(value) + 1
    if kind in ATOMS:
        return 1
    if kind is Key:
        return _weigh(value.value, seen)
    known = seen.get(id(value))
    if known is None:
        charge_work(len(value))
        members: Iterable[Value] = value.items if kind is RegoSet else value
        known = 1 + _weigh_all(members, seen)
        if kind is dict:
            known += _weigh_all(value.values(), seen)
        if known > MAX_WEIGHT:
            raise RegoLimitError("a value is too large", code="rego_limit_error")
        seen[id(value)] = known
    return known


def _weigh_all(members: Iterable[Value], seen: dict[int, int]) -> int:
    total = 0
    for member in members:
        kind = type(member)
        if kind is str:
            total += len(member) + 1
        elif kind in ATOMS:
            total += 1
        else:
            total += _weigh(member, seen)
    return total


_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    RegoSet: "set",
}


def type_name(value: Value) -> str:
    """``null``, ``boolean``, ``number``, ``string``, ``array``, ``object`` or ``set``."""
    return _NAMES[type(value)]
