"""Azure's template expressions: ``[parameters('effect')]``, nested calls, and all the rest.

A string is an expression where it begins with ``[`` and ends with ``]``; ``[[`` at the start
makes it plain text again.  Source: ARM template syntax, "Expressions".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from policy_app.evaluation.language import collection_functions, text_functions
from policy_app.evaluation.language.errors import nearest
from policy_app.evaluation.language.functions import FUNCTIONS, look_up
from policy_app.evaluation.language.reading import kind_of
from policy_app.evaluation.language.syntax import (
    Access,
    Call,
    ExpressionError,
    Literal,
    Node,
    parse,
    shorten,
)

__all__ = [
    "ExpressionError",
    "evaluate",
    "handed_on",
    "handing_on",
    "is_expression",
    "parameter_names",
    "resolve_value",
]

_NEEDS_RESOURCE = "reads the ARM resource, and policies for Kubernetes judge objects in a cluster"
_NEEDS_DEPLOYMENT = "belongs to template deployments, and nothing is deployed here"
_REFUSED: Mapping[str, str] = {
    "field": _NEEDS_RESOURCE,
    "current": _NEEDS_RESOURCE,
    "requestcontext": _NEEDS_RESOURCE,
    "policy": _NEEDS_RESOURCE,
    "resourcegroup": _NEEDS_RESOURCE,
    "subscription": _NEEDS_RESOURCE,
    "reference": _NEEDS_DEPLOYMENT,
    "resourceid": _NEEDS_DEPLOYMENT,
    "variables": _NEEDS_DEPLOYMENT,
    "deployment": _NEEDS_DEPLOYMENT,
    "uniquestring": _NEEDS_DEPLOYMENT,
    "guid": _NEEDS_DEPLOYMENT,
    "newguid": _NEEDS_DEPLOYMENT,
    "utcnow": "gives another answer each time, and a decision must not",
}

# Functions register themselves where they are defined.
_ = collection_functions, text_functions

_LAZY = ("parameters", "if", "coalesce")
FUNCTION_NAMES: Mapping[str, str] = {
    **{name.lower(): name for name in _LAZY},
    **{key: function.name for key, function in FUNCTIONS.items()},
}
"""Every function that there is, by its name in lower case."""

_parsed = lru_cache(maxsize=4096)(parse)


def is_expression(value: object) -> bool:
    """True for a string that ARM evaluates, rather than takes as it stands."""
    return (
        isinstance(value, str)
        and value.startswith("[")
        and value.endswith("]")
        and not value.startswith("[[")
    )


def evaluate(text: str, parameters: Mapping[str, Any]) -> Any:
    """The value of one string: an expression's result, or the text with its escape removed.

    Raises ``ExpressionError`` with the position of what is wrong.
    """
    if is_expression(text):
        try:
            return _Evaluation(text, parameters).value(_parsed(text))
        except RecursionError:
            raise ExpressionError("The values are nested too deep", text=text, position=1) from None
    if text.startswith("[[") and text.endswith("]"):
        return text[1:]
    return text


def resolve_value(value: Any, parameters: Mapping[str, Any]) -> Any:
    """A JSON value with every string in it evaluated; names of properties stay as they are.

    Raises ``ExpressionError``.
    """
    if isinstance(value, str):
        return evaluate(value, parameters)
    if isinstance(value, Mapping):
        return {name: resolve_value(inner, parameters) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve_value(item, parameters) for item in value]
    return value


def parameter_names(value: Any) -> frozenset[str]:
    """The parameters that a JSON value asks for anywhere, by the names it uses.

    Raises ``ExpressionError`` for an expression that cannot be read.
    """
    if isinstance(value, str):
        return frozenset(_asked_for(_parsed(value))) if is_expression(value) else frozenset()
    inner: Sequence[Any] = ()
    if isinstance(value, Mapping):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    return frozenset().union(*(parameter_names(item) for item in inner))


def handed_on(value: object) -> str | None:
    """The parameter that a value hands on as it is: ``[parameters('effect')]`` and no more."""
    if not isinstance(value, str) or not is_expression(value):
        return None
    try:
        node = _parsed(value)
    except ExpressionError:
        return None
    if not isinstance(node, Call) or node.name.lower() != "parameters" or len(node.arguments) != 1:
        return None
    (argument,) = node.arguments
    return str(argument.value) if isinstance(argument, Literal) else None


def handing_on(name: str) -> str:
    """The expression that hands a parameter on: what ``handed_on`` reads."""
    quoted = name.replace("'", "''")
    return f"[parameters('{quoted}')]"


def _asked_for(node: Node) -> set[str]:
    if isinstance(node, Access):
        return _asked_for(node.of) | _asked_for(node.key)
    if isinstance(node, Literal):
        return set()
    found = {name for argument in node.arguments for name in _asked_for(argument)}
    if node.name.lower() == "parameters" and len(node.arguments) == 1:
        (argument,) = node.arguments
        if isinstance(argument, Literal):
            found.add(str(argument.value))
    return found


class _Evaluation:
    """One expression and the parameters it may read."""

    def __init__(self, text: str, parameters: Mapping[str, Any]) -> None:
        self._text = text
        self._parameters = parameters
        # These look at some of their arguments only, or at names rather than values.
        self._special: Mapping[str, Callable[[Call], Any]] = {
            "parameters": self._parameter,
            "if": self._if,
            "coalesce": self._coalesce,
        }

    def value(self, node: Node) -> Any:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Access):
            return self._access(node)
        special = self._special.get(node.name.lower())
        return special(node) if special else self._call(node)

    def _error(self, message: str, node: Node) -> ExpressionError:
        return ExpressionError(message, text=self._text, position=node.position)

    def _call(self, node: Call) -> Any:
        function = FUNCTIONS.get(node.name.lower())
        if function is None:
            raise self._error(self._unknown(node.name), node)
        self._count(node, function.least, function.most)
        arguments = [self.value(argument) for argument in node.arguments]
        try:
            return function.run(*arguments)
        except ValueError as error:
            raise self._error(f"{function.name}() {error}", node) from None

    def _unknown(self, name: str) -> str:
        reason = _REFUSED.get(name.lower())
        if reason:
            return f"{name}() cannot be used here: it {reason}"
        near = nearest(name.lower(), FUNCTION_NAMES)
        hint = f"; did you mean {FUNCTION_NAMES[near]}()?" if near else ""
        return f"There is no function {name}(){hint}"

    def _count(self, node: Call, least: int, most: int | None) -> None:
        given = len(node.arguments)
        if given >= least and (most is None or given <= most):
            return
        wanted = f"{least}" if most == least else f"{least} or more"
        if most is not None and most != least:
            wanted = f"{least} to {most}"
        raise self._error(f"{node.name}() takes {wanted} arguments, but was given {given}", node)

    def _parameter(self, node: Call) -> Any:
        self._count(node, 1, 1)
        name = self.value(node.arguments[0])
        if not isinstance(name, str):
            raise self._error(f"parameters() needs a name, but was given {kind_of(name)}", node)
        found, value = look_up(self._parameters, name)
        if not found:
            near = nearest(name, self._parameters)
            hint = f"; did you mean {near!r}?" if near else ""
            raise self._error(f"There is no parameter {shorten(name)!r}{hint}", node)
        return value

    def _if(self, node: Call) -> Any:
        self._count(node, 3, 3)
        condition = self.value(node.arguments[0])
        if not isinstance(condition, bool):
            raise self._error(f"if() needs true or false, but was given {kind_of(condition)}", node)
        return self.value(node.arguments[1 if condition else 2])

    def _coalesce(self, node: Call) -> Any:
        self._count(node, 1, None)
        for argument in node.arguments:
            value = self.value(argument)
            if value is not None:
                return value
        return None

    def _access(self, node: Access) -> Any:
        container, key = self.value(node.of), self.value(node.key)
        if isinstance(container, Mapping) and isinstance(key, str):
            found, value = look_up(container, key)
            if not found:
                raise self._error(f"The object has no property {shorten(key)!r}", node)
            return value
        if isinstance(container, list) and isinstance(key, int) and not isinstance(key, bool):
            if not 0 <= key < len(container):
                raise self._error(f"The array has {len(container)} items, but none at {key}", node)
            return container[key]
        raise self._error(f"{kind_of(container)} has no item {key!r}".capitalize(), node)
