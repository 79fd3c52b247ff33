"""GraphQL documents as the JSON of ``gqlparser``'s syntax tree, which OPA gives to policies.

Nulls, empty arrays and empty objects are left out, as OPA does; empty strings stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from graphql import DocumentNode
from graphql.language import ast

Json: TypeAlias = dict[str, Any]

_VALUE_KINDS: dict[type[ast.Node], int] = {
    ast.VariableNode: 0,
    ast.IntValueNode: 1,
    ast.FloatValueNode: 2,
    ast.StringValueNode: 3,
    ast.BooleanValueNode: 5,
    ast.NullValueNode: 6,
    ast.EnumValueNode: 7,
    ast.ListValueNode: 8,
    ast.ObjectValueNode: 9,
}
BLOCK_STRING = 4
_DEFINITIONS = {
    "scalar_type": "SCALAR",
    "object_type": "OBJECT",
    "interface_type": "INTERFACE",
    "union_type": "UNION",
    "enum_type": "ENUM",
    "input_object_type": "INPUT_OBJECT",
}


def _pruned(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def _all(convert: Callable[[Any], Json], nodes: Iterable[Any] | None) -> list[Json]:
    return [convert(node) for node in nodes or ()]


def _name(node: Any) -> str:
    return node.name.value if node.name is not None else ""


# What queries and schemas share -------------------------------------------------------------------


def _value(node: ast.ValueNode | None) -> Json | None:
    if node is None:
        return None
    kind, raw, children = _VALUE_KINDS[type(node)], "", []
    if isinstance(node, ast.VariableNode):
        raw = node.name.value
    elif isinstance(node, ast.ListValueNode):
        children = [{"Name": "", "Value": _value(value)} for value in node.values]
    elif isinstance(node, ast.ObjectValueNode):
        children = [
            {"Name": field.name.value, "Value": _value(field.value)} for field in node.fields
        ]
    elif isinstance(node, ast.NullValueNode):
        raw = "null"
    elif isinstance(node, ast.BooleanValueNode):
        raw = "true" if node.value else "false"
    else:
        raw = getattr(node, "value", "")
    if isinstance(node, ast.StringValueNode) and node.block:
        kind = BLOCK_STRING
    return _pruned({"Raw": raw, "Children": children, "Kind": kind})


def _type(node: Any) -> Json:
    required = isinstance(node, ast.NonNullTypeNode)
    inner = node.type if isinstance(node, ast.NonNullTypeNode) else node
    if isinstance(inner, ast.ListTypeNode):
        return {"NamedType": "", "Elem": _type(inner.type), "NonNull": required}
    return {"NamedType": _name(inner), "NonNull": required}


def _argument(node: Any) -> Json:
    return {"Name": _name(node), "Value": _value(node.value)}


def _directives(node: Any) -> list[Json]:
    return [
        _pruned(
            {"Name": _name(found), "Arguments": _all(_argument, found.arguments), "Location": ""}
        )
        for found in node.directives or ()
    ]


# Queries ----------------------------------------------------------------------------------------


def query_json(document: DocumentNode) -> Json:
    """The struct ``QueryDocument``."""
    operations, fragments = [], []
    for node in document.definitions:
        if isinstance(node, ast.OperationDefinitionNode):
            operations.append(_operation(node))
        elif isinstance(node, ast.FragmentDefinitionNode):
            fragments.append(_fragment(node))
    return _pruned({"Operations": operations, "Fragments": fragments})


def _operation(node: ast.OperationDefinitionNode) -> Json:
    return _pruned(
        {
            "Operation": node.operation.value,
            "Name": _name(node),
            "VariableDefinitions": _all(_variable, node.variable_definitions),
            "Directives": _directives(node),
            "SelectionSet": _selections(node),
        }
    )


def _variable(node: ast.VariableDefinitionNode) -> Json:
    return _pruned(
        {
            "Variable": node.variable.name.value,
            "Type": _type(node.type),
            "DefaultValue": _value(node.default_value),
            "Directives": _directives(node),
            "Used": False,
        }
    )


def _fragment(node: ast.FragmentDefinitionNode) -> Json:
    return _pruned(
        {
            "Name": _name(node),
            "TypeCondition": _name(node.type_condition),
            "Directives": _directives(node),
            "SelectionSet": _selections(node),
        }
    )


def _selections(node: Any) -> list[Json]:
    return _all(_selection, node.selection_set and node.selection_set.selections)


def _selection(node: ast.SelectionNode) -> Json:
    fields: Json = {"Directives": _directives(node)}
    if isinstance(node, ast.FragmentSpreadNode):
        return _pruned({"Name": _name(node), **fields})
    fields["SelectionSet"] = _selections(node)
    if isinstance(node, ast.InlineFragmentNode):
        condition = "" if node.type_condition is None else _name(node.type_condition)
        return _pruned({"TypeCondition": condition, **fields})
    assert isinstance(node, ast.FieldNode)
    alias = _name(node) if node.alias is None else node.alias.value
    arguments = _all(_argument, node.arguments)
    return _pruned({"Alias": alias, "Name": _name(node), "Arguments": arguments, **fields})


# Schemas ----------------------------------------------------------------------------------------


def schema_json(document: DocumentNode) -> Json:
    """The struct ``SchemaDocument``."""
    found: dict[str, list[Json]] = {
        "Schema": [],
        "SchemaExtension": [],
        "Directives": [],
        "Definitions": [],
        "Extensions": [],
    }
    for node in document.definitions:
        if isinstance(node, ast.SchemaDefinitionNode | ast.SchemaExtensionNode):
            extends = isinstance(node, ast.SchemaExtensionNode)
            found["SchemaExtension" if extends else "Schema"].append(_schema(node))
        elif isinstance(node, ast.DirectiveDefinitionNode):
            found["Directives"].append(_directive_definition(node))
        elif isinstance(node, ast.TypeExtensionNode):
            found["Extensions"].append(_definition(node))
        else:
            found["Definitions"].append(_definition(node))
    return _pruned({**found})


def _description(node: Any) -> str:
    text = getattr(node, "description", None)
    return "" if text is None else text.value


def _schema(node: Any) -> Json:
    roots = [
        {"Operation": root.operation.value, "Type": _name(root.type)}
        for root in node.operation_types or ()
    ]
    fields = {"Directives": _directives(node), "OperationTypes": roots}
    return _pruned({"Description": _description(node), **fields})


def _directive_definition(node: ast.DirectiveDefinitionNode) -> Json:
    return _pruned(
        {
            "Description": _description(node),
            "Name": _name(node),
            "Arguments": _all(_input, node.arguments),
            "Locations": [location.value for location in node.locations],
            "IsRepeatable": node.repeatable,
        }
    )


def _definition(node: Any) -> Json:
    kind = node.kind.removesuffix("_definition").removesuffix("_extension")
    is_input = kind == "input_object_type"
    return _pruned(
        {
            "Kind": _DEFINITIONS[kind],
            "Description": _description(node),
            "Name": _name(node),
            "Directives": _directives(node),
            "Interfaces": [_name(found) for found in getattr(node, "interfaces", None) or ()],
            "Fields": _all(_input if is_input else _field, getattr(node, "fields", None)),
            "Types": [_name(found) for found in getattr(node, "types", None) or ()],
            "EnumValues": _all(_enum_value, getattr(node, "values", None)),
            "BuiltIn": False,
        }
    )


def _field(node: ast.FieldDefinitionNode) -> Json:
    return _pruned(
        {
            "Description": _description(node),
            "Name": _name(node),
            "Arguments": _all(_input, node.arguments),
            "Type": _type(node.type),
            "Directives": _directives(node),
        }
    )


def _input(node: ast.InputValueDefinitionNode) -> Json:
    return _pruned(
        {
            "Description": _description(node),
            "Name": _name(node),
            "DefaultValue": _value(node.default_value),
            "Type": _type(node.type),
            "Directives": _directives(node),
        }
    )


def _enum_value(node: ast.EnumValueDefinitionNode) -> Json:
    fields = {"Name": _name(node), "Directives": _directives(node)}
    return _pruned({"Description": _description(node), **fields})
