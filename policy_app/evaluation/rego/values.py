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
    if kind is list:
        return Key(value, hash(tuple([_digest(member) for member in value])))
    if kind is RegoSet:
        return Key(value, hash((RegoSet, frozenset(value.items))))
    return Key(value, hash((dict, frozenset([(k, _digest(v)) for k, v in value.items()]))))


def _digest(value: Value) -> Any:
    """Something hashable that is equal for equal values; cheaper than a ``Key``."""
    if type(value) is str:
        return value
    key = hash_key(value)
    return key._hash if type(key) is Key else key


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
    # Python's own comparison runs in C and errs only by equating booleans with 0 and 1.
    return bool(a == b) and (kind is int or kind is float or _same_booleans(a, b))


def _same_booleans(a: Value, b: Value) -> bool:
    """Whether two values that Python calls equal have their booleans in the same places."""
    kind = type(a)
    if kind is list:
        return all(map(_same_member, a, b))
    if kind is dict:
        return all([_same_member(value, b[key]) for key, value in a.items()])
    return True  # a set compares by hash keys, which already tell booleans apart


def _same_member(a: Value, b: Value) -> bool:
    kind = type(a)
    if kind is str:
        return True
    if kind is bool or type(b) is bool:
        return a is b
    return kind is int or kind is float or _same_booleans(a, b)


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
    rank = _RANKS[type(value)]
    if rank < _FIRST_COMPOSITE:
        # None is never compared beyond its rank, but must be comparable to itself.
        return (rank, 0 if rank == 0 else value)
    if rank == _FIRST_COMPOSITE:
        return (rank, tuple([sort_key(member) for member in value]))
    if type(value) is RegoSet:
        return (rank, tuple(sorted([sort_key(member) for member in value.items.values()])))
    pairs = sorted([(sort_key(unkey(key)), key) for key in value], key=_first)
    return (rank, tuple([part for key, k in pairs for part in (key, sort_key(value[k]))]))


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

    Parts that are plain already are shared, not copied.
    """
    kind = type(value)
    if kind is list:
        return [m if type(m) is str else to_json(m) for m in value]
    if kind is RegoSet:
        return [to_json(member) for member in sort_values(value.items.values())]
    if kind is dict:
        return {
            k if type(k) is str else json_text(unkey(k)): v if type(v) is str else to_json(v)
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
    """The text that OPA prints for a value: ``{"privileged": true}``, ``{1, 2}``, ``set()``."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is list:
        return "[" + ", ".join([render(member) for member in value]) + "]"
    if kind is dict:
        pairs = sorted_pairs(value)
        return "{" + ", ".join([f"{render(unkey(k))}: {render(v)}" for k, v in pairs]) + "}"
    if kind is RegoSet:
        if not value.items:
            return "set()"
        return "{" + ", ".join([render(m) for m in sort_values(value.items.values())]) + "}"
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
