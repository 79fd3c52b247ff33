"""GraphQL: reading queries and schemas, and checking the one against the other.

A document is text, or the object that ``graphql.parse_query`` or ``graphql.parse_schema`` gave.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    build_ast_schema,
    specified_rules,
    validate,
    validate_schema,
)
from graphql import parse as parse_document
from graphql.language import ast
from graphql.validation import ASTValidationRule, ValidationContext
from graphql.validation.validate import validate_sdl

from policy_app.evaluation.rego.builtins.core import BuiltinError, Context, Family, limit_error
from policy_app.evaluation.rego.builtins.graphql_json import query_json, schema_json
from policy_app.evaluation.rego.builtins.graphql_text import query_text, schema_text
from policy_app.evaluation.rego.builtins.text import well_formed
from policy_app.evaluation.rego.values import Value, to_json, weigh

FAMILY = Family("graphql")

MAX_QUERY_TOKENS = 2_000
MAX_SCHEMA_TOKENS = 20_000
MAX_CHARACTERS = 500_000
MAX_DEPTH = 100

_NOTHING = re.compile(r"(?:[\s,\ufeff]++|#[^\n\r]*+)*+")
_NOT_IN_GQLPARSER = ("Defer", "Stream", "MaxIntrospection")
_RULES = [rule for rule in specified_rules if not rule.__name__.startswith(_NOT_IN_GQLPARSER)]
_NO_ROOT = "Query root type must be provided."
_EXTENDED: dict[type[ast.Node], type[Any]] = {
    ast.ScalarTypeExtensionNode: ast.ScalarTypeDefinitionNode,
    ast.ObjectTypeExtensionNode: ast.ObjectTypeDefinitionNode,
    ast.InterfaceTypeExtensionNode: ast.InterfaceTypeDefinitionNode,
    ast.UnionTypeExtensionNode: ast.UnionTypeDefinitionNode,
    ast.EnumTypeExtensionNode: ast.EnumTypeDefinitionNode,
    ast.InputObjectTypeExtensionNode: ast.InputObjectTypeDefinitionNode,
}


def _problem(error: GraphQLError) -> BuiltinError:
    message = error.message.removesuffix(".")
    if not error.locations:
        return BuiltinError(f"GraphQL parse error: {message}")
    line, column = error.locations[0].line, error.locations[0].column
    return BuiltinError(f"{message} in GraphQL string at location {line}:{column}")


# Reading ----------------------------------------------------------------------------------------


def _parsed(context: Context, text: str, max_tokens: int) -> DocumentNode:
    if len(text) > MAX_CHARACTERS or _depth(text) > MAX_DEPTH:
        raise limit_error(
            f"a GraphQL document has more than {MAX_CHARACTERS} characters or {MAX_DEPTH} levels"
        )
    context.budget.check_deadline()
    context.budget.charge_elements(text.count(" ") + text.count("\n"))
    text = well_formed(text)
    if _NOTHING.fullmatch(text):
        return DocumentNode(definitions=())
    try:
        return parse_document(text, max_tokens=max_tokens, allow_empty_selection_sets=False)
    except GraphQLError as error:
        if "tokens" in error.message:
            raise limit_error(f"a GraphQL document has more than {max_tokens} tokens") from None
        raise _problem(error) from None


def _depth(text: str) -> int:
    """The most brackets that are open at once; those in strings and comments count too."""
    depth = most = 0
    for char in re.findall(r"[\[\](){}]", text):
        depth += 1 if char in "[({" else -1
        most = max(most, depth)
    return most


def _query(context: Context, value: Value) -> DocumentNode:
    text = value if type(value) is str else _written(query_text, value)
    document = _parsed(context, text, MAX_QUERY_TOKENS)
    return _only(document, ast.ExecutableDefinitionNode)


def _schema_document(context: Context, value: Value) -> DocumentNode:
    text = value if type(value) is str else _written(schema_text, value)
    document = _parsed(context, text, MAX_SCHEMA_TOKENS)
    kinds = (ast.TypeSystemDefinitionNode, ast.TypeExtensionNode, ast.SchemaExtensionNode)
    return _only(document, *kinds)


def _written(write: Callable[[dict[str, Any]], str], value: Value) -> str:
    """The text of a document that is given as an object."""
    weigh(value)
    try:
        return write(to_json(value))
    except RecursionError:
        raise limit_error("a GraphQL document is nested too deeply") from None


def _only(document: DocumentNode, *kinds: type[ast.Node]) -> DocumentNode:
    for node in document.definitions:
        if not isinstance(node, kinds):
            raise _problem(GraphQLError(f"Unexpected {node.kind.replace('_', ' ')}", node))
    return document


# Checking ---------------------------------------------------------------------------------------


def _checked_schema(document: DocumentNode) -> GraphQLSchema:
    """The schema; raises ``BuiltinError`` where it is not valid.

    As in ``gqlparser``, it needs no type for queries, and may extend types that nobody defined.
    """
    document = _with_extended(document)
    errors = validate_sdl(document)
    if not errors:
        schema = build_ast_schema(document, assume_valid_sdl=True)
        errors = [error for error in validate_schema(schema) if error.message != _NO_ROOT]
    if errors:
        raise _problem(errors[0])
    known: dict[str, Any] = {**schema.to_kwargs(), "assume_valid": True}
    return GraphQLSchema(**known)


def _with_extended(document: DocumentNode) -> DocumentNode:
    """The document where the first extension of a type without a definition is its definition."""
    defined = {
        node.name.value for node in document.definitions if isinstance(node, ast.TypeDefinitionNode)
    }
    definitions: list[ast.DefinitionNode] = []
    for node in document.definitions:
        kind = _EXTENDED.get(type(node))
        name = node.name.value if isinstance(node, ast.TypeExtensionNode) else ""
        if kind is None or name in defined:
            definitions.append(node)
        else:
            defined.add(name)
            parts = {key: getattr(node, key) for key in node.keys if key in kind.keys}
            definitions.append(kind(**parts))
    return DocumentNode(definitions=tuple(definitions))


def _check_query(context: Context, schema: GraphQLSchema, query: DocumentNode) -> None:
    class Deadline(ASTValidationRule):
        """Looks at the clock at each node."""

        def __init__(self, validation: ValidationContext) -> None:
            super().__init__(validation)

        def enter(self, *_: Any) -> None:
            context.budget.check_deadline()

    errors = validate(schema, query, [*_RULES, Deadline], max_errors=1)
    if errors:
        raise _problem(errors[0])


def _both(context: Context, query: Value, schema: Value) -> list[Value]:
    """Both documents as objects; raises ``BuiltinError`` unless the query fits the schema."""
    try:
        queried, described = _query(context, query), _schema_document(context, schema)
        _check_query(context, _checked_schema(described), queried)
        return [query_json(queried), schema_json(described)]
    except RecursionError:
        raise limit_error("a GraphQL document is nested too deeply") from None


# The builtins -----------------------------------------------------------------------------------

_DOCUMENT = "string|object[any:any]"


@FAMILY.builtin("graphql.parse_query", "string", result="object[any:any]", context=True)
def parse_query(context: Context, query: str) -> Value:
    """The query's syntax tree."""
    return query_json(_query(context, query))


@FAMILY.builtin("graphql.parse_schema", "string", result="object[any:any]", context=True)
def parse_schema(context: Context, schema: str) -> Value:
    """The schema's syntax tree."""
    return schema_json(_schema_document(context, schema))


@FAMILY.builtin("graphql.parse", _DOCUMENT, _DOCUMENT, result="array[object]", context=True)
def parse(context: Context, query: Value, schema: Value) -> list[Value]:
    """The syntax trees of a query and of the schema that it fits."""
    return _both(context, query, schema)


@FAMILY.builtin("graphql.parse_and_verify", _DOCUMENT, _DOCUMENT, result="array[any]", context=True)
def parse_and_verify(context: Context, query: Value, schema: Value) -> list[Value]:
    """Whether a query fits a schema, and both syntax trees, which are empty if not."""
    try:
        return [True, *_both(context, query, schema)]
    except BuiltinError:
        return [False, {}, {}]


@FAMILY.builtin("graphql.is_valid", _DOCUMENT, _DOCUMENT, result="boolean", context=True)
def is_valid(context: Context, query: Value, schema: Value) -> bool:
    """Whether a query fits a schema."""
    return parse_and_verify(context, query, schema)[0] is True


@FAMILY.builtin("graphql.schema_is_valid", _DOCUMENT, result="boolean", context=True)
def schema_is_valid(context: Context, schema: Value) -> bool:
    """Whether a document is a schema."""
    try:
        _checked_schema(_schema_document(context, schema))
    except BuiltinError:
        return False
    except RecursionError:
        raise limit_error("a GraphQL document is nested too deeply") from None
    return True
