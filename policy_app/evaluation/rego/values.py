"""The values of Rego as plain Python, with Rego's equality, order and text.

=========  ==============================================================================
Rego       Python
=========  ==============================================================================
null       ``None``
boolean    ``bool``
number     ``int`` (without bound) or ``float``; ``1`` equals ``1.0``, ``True`` equals neither
string     ``str``
array      ``list``, never changed once another value can see it
object     ``dict`` whose keys are *hash keys*
set        ``RegoSet``, a ``dict`` from hash key to member
=========  ==============================================================================

A hash key is what ``hash_key`` gives: strings, numbers and null stand for themselves, and a
``Key`` wraps the rest.  A dict parsed from JSON has only string keys, so an input is an object
as it is, without a copy.

Order and text are those of OPA's ``ast.Compare`` and ``Value.String``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from policy_app.evaluation.rego.errors import RegoLimitError

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
        return f"Key({render(self.value)})"

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
        return render(self)


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

    A composite that occurs many times inside another is hashed once (``seen``): ``x1 = [x, x]``,
    ``x2 = [x1, x1]``… makes values whose tree is exponentially larger than their parts.
    """
    kind = type(value)
    if kind is bool:
        return hash(_TRUE if value else _FALSE)
    if kind in _ATOMS:
        return hash(value)
    known = seen.get(id(value))
    if known is None:
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


def _equal_composites(a: Value, b: Value, kind: type, seen: _Pairs) -> bool:
    """``seen`` holds the pairs known to be equal or being compared; see ``_digest``."""
    if a is b:
        return True
    if kind is not type(b) or len(a) != len(b):
        return False
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
    return bool(a == b) if kind in _ATOMS else _equal_composites(a, b, kind, seen)


_PLAIN = frozenset({type(None), int, float, str})
"""Kinds whose equality and hash in Python are those of Rego."""
_ATOMS = _PLAIN | {bool}

MAX_WEIGHT = 5_000_000
"""Members and characters of the largest value that is printed, sorted or sent out."""


def weigh(value: Value) -> int:
    """The members and characters in the value's tree; raises ``RegoLimitError`` past the bound.

    Takes time for each distinct part only, however often the tree repeats it.
    """
    try:
        return 1 if type(value) in _ATOMS and type(value) is not str else _weigh(value, {})
    except RecursionError:
        raise RegoLimitError("a value is nested too deeply", code="rego_limit_error") from None


def _weigh(value: Value, seen: dict[int, int]) -> int:
    kind = type(value)
    if kind is str:
        return len(value) + 1
    if kind in _ATOMS:
        return 1
    if kind is Key:
        return _weigh(value.value, seen)
    known = seen.get(id(value))
    if known is None:
        members = value.items if kind is RegoSet else value
        known = 1 + sum([_weigh(member, seen) for member in members])
        if kind is dict:
            known += sum([_weigh(member, seen) for member in value.values()])
        if known > MAX_WEIGHT:
            raise RegoLimitError("a value is too large", code="rego_limit_error")
        seen[id(value)] = known
    return known


_RANKS: dict[type, int] = {
    type(None): 0,
    bool: 1,
    int: 2,
    float: 2,
    str: 3,
    list: 4,
    dict: 5,
    RegoSet: 6,
}
_FIRST_COMPOSITE = 4


def sort_key(value: Value) -> tuple[Any, ...]:
    """A tuple that sorts as ``value`` does in OPA's total order."""
    if type(value) not in _ATOMS:
        weigh(value)
    return _sort_key(value)


def _sort_key(value: Value) -> tuple[Any, ...]:
    rank = _RANKS[type(value)]
    if rank < _FIRST_COMPOSITE:
        # None is never compared beyond its rank, but must be comparable to itself.
        return (rank, 0 if rank == 0 else value)
    if rank == _FIRST_COMPOSITE:
        return (rank, tuple([_sort_key(member) for member in value]))
    if type(value) is RegoSet:
        return (rank, tuple(sorted([_sort_key(member) for member in value.items.values()])))
    pairs = sorted([(_sort_key(unkey(key)), key) for key in value], key=_first)
    return (rank, tuple([part for key, k in pairs for part in (key, _sort_key(value[k]))]))


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1: null < boolean < number < string < array < object < set, then by value."""
    rank, other = _RANKS[type(a)], _RANKS[type(b)]
    if rank != other:
        return -1 if rank < other else 1
    if rank >= _FIRST_COMPOSITE:
        a, b = sort_key(a), sort_key(b)
    elif rank == 0:
        return 0
    return int(a > b) - int(a < b)


_NUMBERS = ({int}, {float}, {int, float})


def sort_values(values: Iterable[Value]) -> list[Value]:
    """The values in OPA's total order."""
    members = list(values)
    kinds = {*map(type, members)}
    if kinds == {str} or kinds in _NUMBERS:
        return sorted(members)
    return sorted(members, key=sort_key)


def sorted_pairs(value: dict[Any, Value]) -> list[tuple[Any, Value]]:
    """An object's ``(hash key, value)`` pairs in the order of its keys."""
    if {*map(type, value)} == {str}:
        return [(key, value[key]) for key in sorted(value)]
    return sorted(value.items(), key=lambda pair: sort_key(unkey(pair[0])))


def to_json(value: Value) -> Any:
    """Plain JSON data: sets become sorted lists, other keys than strings their JSON text.

    Raises ``RegoLimitError`` for a value that is too large to be sent out.
    """
    if type(value) in _ATOMS:
        return value
    weigh(value)
    return _to_json(value)


def _to_json(value: Value) -> Any:
    kind = type(value)
    if kind is list:
        return [m if type(m) is str else _to_json(m) for m in value]
    if kind is RegoSet:
        return [_to_json(member) for member in sort_values(value.items.values())]
    if kind is dict:
        return {
            k if type(k) is str else json_text(unkey(k)): v if type(v) is str else _to_json(v)
            for k, v in value.items()
        }
    return value


def json_text(value: Value) -> str:
    """The value as compact JSON text, with objects' keys sorted."""
    return json.dumps(
        to_json(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
    )


def from_json(value: Any) -> Value:
    """JSON-like Python data as a Rego value: tuples become arrays, sets become sets."""
    if isinstance(value, dict):
        return {hash_key(from_json(key)): from_json(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [from_json(member) for member in value]
    if isinstance(value, set | frozenset):
        return RegoSet.of(from_json(member) for member in value)
    return value


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


def render(value: Value) -> str:
    """The text that OPA prints for a value: ``{"privileged": true}``, ``{1, 2}``, ``set()``.

    Raises ``RegoLimitError`` for a value that is too large to print.
    """
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind in _ATOMS:
        return _render_scalar(value)
    weigh(value)
    return _render(value)


def _render(value: Value) -> str:
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is list:
        return "[" + ", ".join([_render(member) for member in value]) + "]"
    if kind is dict:
        pairs = sorted_pairs(value)
        return "{" + ", ".join([f"{_render(unkey(k))}: {_render(v)}" for k, v in pairs]) + "}"
    if kind is RegoSet:
        if not value.items:
            return "set()"
        return "{" + ", ".join([_render(m) for m in sort_values(value.items.values())]) + "}"
    return _render_scalar(value)


def _render_scalar(value: Value) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    return str(value) if type(value) is int else number_text(value)


def number_text(number: int | float) -> str:
    """The number as JSON text; exponents as Go writes them (``1e+21``, ``1e-07``)."""
    if type(number) is float and math.isinf(number):
        return "1e+309" if number > 0 else "-1e+309"
    return str(number)


_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
_BYTE, _BASIC_PLANE = 0x80, 0x10000


def quote(text: str) -> str:
    """The string as Go's ``strconv.Quote`` writes it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join([_quoted(char) for char in text]) + '"'


def _quoted(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < _BYTE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BASIC_PLANE else f"\\U{code:08x}"
