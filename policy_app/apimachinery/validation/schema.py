"""What the published schema alone demands: fields that are required, words of a list.

Kinds' own rules come first; what they have told is not told again.
"""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery import enums
from policy_app.apimachinery.schemas import Node
from policy_app.apimachinery.validation.reports import Report

# Structs whose ``required`` says that Go always writes the field, not that it must be given.
_ALWAYS_WRITTEN = {
    ("StatefulSetSpec", "serviceName"),
    ("Role", "rules"),
    ("ClusterRole", "rules"),
    ("EndpointSlice", "endpoints"),
    ("PolicyRule", "verbs"),
}
_IGNORED = {"status", "apiVersion", "kind"}


def check(thing: dict[str, Any], node: Node, to: Report) -> None:
    """A whole object.  Its status is the controllers' affair."""
    told = {one.field for one in to.causes}
    for name, place in node.fields.items():
        if name in thing and name not in _IGNORED and name != "metadata":
            _check(thing[name], place, name, told, to)
    _check_fields(thing, node, "", told, to)


def _check(value: Any, node: Node, path: str, told: set[str], to: Report) -> None:
    if isinstance(value, list):
        items = node.items
        if items is not None and items.fields:
            for index, one in enumerate(value):
                _check(one, items, f"{path}[{index}]", told, to)
    elif isinstance(value, dict) and node.fields:
        _check_fields(value, node, path, told, to)
        for name, one in value.items():
            place = node.fields.get(name) if type(one) in (dict, list) else None
            if place is not None:
                _check(one, place, f"{path}.{name}", told, to)
    elif isinstance(value, dict) and node.values is not None and node.values.fields:
        for key, one in value.items():
            _check(one, node.values, f"{path}[{key}]", told, to)


def _check_fields(value: dict[str, Any], node: Node, path: str, told: set[str], to: Report) -> None:
    struct = node.short_name
    for name in node.required:
        if value.get(name) in (None, "") and (struct, name) not in _ALWAYS_WRITTEN:
            _tell_required(f"{path}.{name}" if path else name, told, to)
    for name in enums.fields_of(struct):
        given = value.get(name)
        if given is not None and given not in enums.values(struct, name):
            below = f"{path}.{name}" if path else name
            if below not in told:
                to.unsupported(below, given, enums.values(struct, name))


def _tell_required(path: str, told: set[str], to: Report) -> None:
    """A field is told once, and a rule that told one of its fields knew better."""
    if not any(one == path or one.startswith((f"{path}.", f"{path}[")) for one in told):
        to.required(path)
