"""Sets of fields: what ``fieldsV1`` of a managed fields entry says.

A set is a tree of path elements: ``f:<name>`` is a field, ``k:{"name":"web"}`` a list's element by
its keys, ``v:"x"`` an element by its value.  A place with ``.`` in it belongs to the set itself,
not only what lies below.  On the wire a place with nothing below is written ``{}``; here it is
``{".": {}}``, so that the operations need no special case.

Source: structured-merge-diff, ``fieldpath`` (serialization of sets and of path elements).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from typing import Any

FieldSet = dict[str, Any]
"""Path elements, each with the set of what lies below it."""

HERE = "."
_LEAF: FieldSet = {HERE: {}}
_PREFIXES = ("f:", "k:", "v:", "i:")


def leaf() -> FieldSet:
    """A place that is in a set, and nothing below it.  Not to be changed by anyone."""
    return _LEAF


def union(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in either set."""
    found = dict(one)
    for element, below in other.items():
        found[element] = union(found[element], below) if element in found else below
    return found


def intersection(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in both sets."""
    found: FieldSet = {}
    for element, below in one.items():
        if element not in other:
            continue
        if element == HERE:
            found[HERE] = {}
        elif both := intersection(below, other[element]):
            found[element] = both
    return found


def difference(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in the first set alone; the first set itself where they have nothing in common."""
    if one == other:
        return {}
    shared = one.keys() & other.keys()
    if not shared:
        return one
    found: FieldSet = {}
    for element, below in one.items():
        if element not in shared:
            found[element] = below
        elif element != HERE and (rest := difference(below, other[element])):
            found[element] = rest
    return found


def encoded(fields: FieldSet) -> FieldSet:
    """A set as the wire has it, in the order in which API servers write it."""
    if len(fields) == 1 and HERE in fields:
        return {}
    return {element: encoded(fields[element]) for element in sorted(fields)}


def decoded(given: Any) -> FieldSet | None:
    """The set that the wire has; None for what is none."""
    if not isinstance(given, dict):
        return None
    found: FieldSet = {}
    for element, below in given.items():
        if element == HERE:
            found[HERE] = {}
            continue
        if not element.startswith(_PREFIXES) or not isinstance(below, dict):
            return None
        inner = decoded(below) if below else _LEAF
        if inner is None:
            return None
        found[element] = inner
    return found


def paths(fields: FieldSet, prefix: str = "") -> Iterator[str]:
    """The places of a set as error messages name them, ``.spec.containers[name="web"].image``."""
    for element in sorted(fields):
        if element == HERE:
            yield prefix
        else:
            yield from paths(fields[element], prefix + _readable(element))


def keyed(keys: Mapping[str, Any]) -> str:
    """The path element of a list's element that these keys tell apart."""
    if len(keys) == 1:
        [(name, value)] = keys.items()
        if isinstance(value, str):
            # What nearly every list is keyed by, and so worth a shorter way.
            return f'k:{{"{name}":{encode_basestring(value)}}}'
    return f"k:{_compact(keys)}"


def valued(value: Any) -> str:
    """The path element of an element that is known by its value."""
    return f"v:{_compact(value)}"


def _readable(element: str) -> str:
    form, rest = element[:2], element[2:]
    if form == "f:":
        return f".{rest}"
    try:
        value = json.loads(rest)
    except ValueError:
        return f"[{rest}]"
    if form == "k:" and isinstance(value, dict):
        return f"[{','.join(f'{name}={_compact(one)}' for name, one in value.items())}]"
    return f"[{value}]" if form == "i:" else f"[={_compact(value)}]"


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def _compact(value: Any) -> str:
    return _ENCODE(value)
