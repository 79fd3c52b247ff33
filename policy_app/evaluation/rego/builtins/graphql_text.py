"""GraphQL text from the JSON of a syntax tree: the way back from ``graphql_json``.

What is written is parsed anew, so that nothing in it is taken for well-formed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from policy_app.evaluation.rego.builtins.core import BuiltinError

Json: TypeAlias = dict[Any, Any]

_STRINGS = (3, 4)
_VARIABLE, _LIST, _OBJECT = 0, 8, 9
_KEYWORDS = {
    "SCALAR": "scalar",
    "OBJECT": "type",
    "INTERFACE": "interface",
    "UNION": "union",
    "ENUM": "enum",
    "INPUT_OBJECT": "input",
}


def _text(node: Json, field: str) -> str:
    value = node.get(field, "")
    if type(value) is not str:
        raise BuiltinError(f"GraphQL AST: {field} must be a string")
    return value


def _list(node: Json, field: str) -> list[Any]:
    value = node.get(field)
    if value is None:
        return []
    if type(value) is not list:
        raise BuiltinError(f"GraphQL AST: {field} must be an array")
    return value


def _objects(node: Json, field: str) -> list[Json]:
    found = _list(node, field)
    if not all(type(value) is dict for value in found):
        raise BuiltinError(f"GraphQL AST: {field} must be an array of objects")
    return found


def _object(node: Json, field: str) -> Json:
    value = node.get(field)
    if type(value) is not dict:
        raise BuiltinError(f"GraphQL AST: {field} must be an object")
    return value


def _joined(
    node: Json, field: str, write: Callable[[Json], str], brackets: str = "  ", separator: str = " "
) -> str:
    """The parts of a list between brackets; nothing for none."""
    found = separator.join(map(write, _objects(node, field)))
    return f"{brackets[0]}{found}{brackets[1]}" if found else ""


# What queries and schemas share -----------------------------------------------------------------


def _value(node: Json) -> str:
    kind = node.get("Kind", _VARIABLE)
    if kind == _LIST:
        return f"[{' '.join(_value(_object(c, 'Value')) for c in _objects(node, 'Children'))}]"
    if kind == _OBJECT:
        pairs = (
            f"{_text(c, 'Name')}: {_value(_object(c, 'Value'))}" for c in _objects(node, "Children")
        )
        return f"{{{' '.join(pairs)}}}"
    raw = _text(node, "Raw")
    if kind in _STRINGS:
        return json.dumps(raw)
    return f"${raw}" if kind == _VARIABLE else raw


def _type(node: Json) -> str:
    name = _text(node, "NamedType") or f"[{_type(_object(node, 'Elem'))}]"
    return f"{name}!" if node.get("NonNull") else name


def _argument(node: Json) -> str:
    return f"{_text(node, 'Name')}: {_value(_object(node, 'Value'))}"


def _directives(node: Json) -> str:
    return _joined(node, "Directives", _directive)


def _directive(node: Json) -> str:
    return f"@{_text(node, 'Name')}{_joined(node, 'Arguments', _argument, '()')}"


def _default(node: Json) -> str:
    return f" = {_value(_object(node, 'DefaultValue'))}" if node.get("DefaultValue") else ""


# Queries ----------------------------------------------------------------------------------------


def query_text(document: Json) -> str:
    """A ``QueryDocument`` as text; raises ``BuiltinError`` where it is none."""
    operations = _joined(document, "Operations", _operation)
    return operations + _joined(document, "Fragments", _fragment)


def _operation(node: Json) -> str:
    variables = _joined(node, "VariableDefinitions", _variable, "()")
    start = f"{_text(node, 'Operation') or 'query'} {_text(node, 'Name')}{variables}"
    return f"{start}{_directives(node)}{_selections(node)}"


def _variable(node: Json) -> str:
    typed = f"${_text(node, 'Variable')}: {_type(_object(node, 'Type'))}"
    return f"{typed}{_default(node)}{_directives(node)}"


def _fragment(node: Json) -> str:
    start = f"fragment {_text(node, 'Name')} on {_text(node, 'TypeCondition')}"
    return f"{start}{_directives(node)}{_selections(node)}"


def _selections(node: Json) -> str:
    return _joined(node, "SelectionSet", _selection, "{}")


def _selection(node: Json) -> str:
    rest = f"{_directives(node)}{_selections(node)}"
    if "Alias" in node:
        arguments = _joined(node, "Arguments", _argument, "()")
        return f"{_text(node, 'Alias')}: {_text(node, 'Name')}{arguments}{rest}"
    if "Name" in node:
        return f"...{_text(node, 'Name')}{rest}"
    condition = _text(node, "TypeCondition")
    return f"...{f' on {condition}' if condition else ''}{rest}"


# Schemas ----------------------------------------------------------------------------------------


def schema_text(document: Json) -> str:
    """A ``SchemaDocument`` as text; raises ``BuiltinError`` where it is none."""
    return "".join(
        [
            _joined(document, "Schema", _schema),
            _joined(document, "SchemaExtension", lambda node: f"extend {_schema(node)}"),
            _joined(document, "Directives", _directive_definition),
            _joined(document, "Definitions", _definition),
            _joined(document, "Extensions", lambda node: f"extend {_definition(node)}"),
        ]
    )


def _description(node: Json) -> str:
    text = _text(node, "Description")
    return f"{json.dumps(text)} " if text else ""


def _schema(node: Json) -> str:
    roots = _joined(node, "OperationTypes", _root, "{}")
    return f"{_description(node)}schema{_directives(node)}{roots}"


def _root(node: Json) -> str:
    return f"{_text(node, 'Operation')}: {_text(node, 'Type')}"


def _directive_definition(node: Json) -> str:
    repeatable = " repeatable" if node.get("IsRepeatable") else ""
    places = " | ".join(map(str, _list(node, "Locations")))
    arguments = _joined(node, "Arguments", _field, "()")
    return (
        f"{_description(node)}directive @{_text(node, 'Name')}{arguments}{repeatable} on {places}"
    )


def _definition(node: Json) -> str:
    keyword = _KEYWORDS.get(_text(node, "Kind"), "")
    interfaces = " & ".join(map(str, _list(node, "Interfaces")))
    types = " | ".join(map(str, _list(node, "Types")))
    return "".join(
        [
            f"{_description(node)}{keyword} {_text(node, 'Name')}",
            f" implements {interfaces}" if interfaces else "",
            _directives(node),
            f" = {types}" if types else "",
            _joined(node, "Fields", _field, "{}"),
            _joined(node, "EnumValues", _enum_value, "{}"),
        ]
    )


def _field(node: Json) -> str:
    arguments = _joined(node, "Arguments", _field, "()")
    typed = f"{_text(node, 'Name')}{arguments}: {_type(_object(node, 'Type'))}"
    return f"{_description(node)}{typed}{_default(node)}{_directives(node)}"


def _enum_value(node: Json) -> str:
    return f"{_description(node)}{_text(node, 'Name')}{_directives(node)}"
