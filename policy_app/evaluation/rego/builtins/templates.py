"""``strings.render_template``: what of Go's ``text/template`` a text needs.

Fields (``.a.b``, ``$``), variables, ``if``, ``else``, ``range`` and ``with``, templates by name
(``define``, ``template``, ``block``), trimming (``{{-``), comments, pipelines, and Go's own
functions for comparing, counting and printing.  A field that is not there is an error.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote_plus

from policy_app.evaluation.rego.builtins.core import BuiltinError, Context, Family, limit_error
from policy_app.evaluation.rego.builtins.gotemplate import (
    MAX_DEPTH,
    Block,
    Constant,
    Expression,
    Field,
    Include,
    Jump,
    Node,
    Pipeline,
    Text,
    parse,
)
from policy_app.evaluation.rego.builtins.sprintf import format_text
from policy_app.evaluation.rego.builtins.text import TextSink
from policy_app.evaluation.rego.values import Value, compare, rego_equal, to_json, weigh

FAMILY = Family("templates")


@FAMILY.builtin(
    "strings.render_template", "string", "object[string:any]", result="string", context=True
)
def render_template(context: Context, template: str, values: dict[Value, Value]) -> str:
    """The template with its actions replaced by what they give for these values."""
    parsed = parse(template)
    renderer = _Renderer(context, to_json(values), parsed.named)
    renderer.run(parsed.nodes, renderer.root)
    return renderer.sink.text()


def _problem(text: str) -> BuiltinError:
    return BuiltinError(f"template: template: {text}")


class _Leave(Exception):  # noqa: N818 - how a loop is left, not an error
    """``break`` (true) or ``continue``."""


class _Renderer:
    """Runs a template's tree; variables live as long as the block they are made in."""

    def __init__(self, context: Context, root: Any, named: dict[str, list[Node]]) -> None:
        self.sink = TextSink(context.budget)
        self.root = root
        self._context = context
        self._named = named
        self._depth = 0
        self._variables: dict[str, Any] = {"$": root}
        self._functions: dict[str, Callable[..., Any]] = _FUNCTIONS | {"printf": self._printf}

    def _printf(self, layout: str, *values: Any) -> str:
        return format_text(self._context.budget, layout, list(values))

    def run(self, nodes: Iterable[Node], dot: Any) -> None:
        for node in nodes:
            self._context.budget.check_deadline()
            if isinstance(node, Text):
                self.sink.add(node.text)
            elif isinstance(node, Include):
                self._include(node, dot)
            elif isinstance(node, Jump):
                raise _Leave(node.keyword == "break")
            elif node.keyword == "print":
                self._print(node, dot)
            elif node.keyword == "range":
                self._range(node, dot)
            else:
                self._choose(node, dot)

    def _print(self, block: Block, dot: Any) -> None:
        value = self._pipeline(block.pipeline, dot)
        if not block.pipeline.variables:
            weigh(value)
            self.sink.add(_shown(value))

    def _include(self, include: Include, dot: Any) -> None:
        nodes = self._named.get(include.name)
        if nodes is None:
            raise _problem(f'template "{include.name}" not defined')
        if self._depth == MAX_DEPTH:
            raise limit_error(f"templates include each other more than {MAX_DEPTH} times")
        value = None if include.pipeline is None else self._pipeline(include.pipeline, dot)
        outer, self._variables = self._variables, {"$": value}
        self._depth += 1
        self.run(nodes, value)
        self._depth -= 1
        self._variables = outer

    def _choose(self, block: Block, dot: Any) -> None:
        outer = dict(self._variables)
        value = self._pipeline(block.pipeline, dot)
        inner = value if block.keyword.endswith("with") and _true(value) else dot
        self.run(block.body if _true(value) else block.otherwise, inner)
        self._leave_block(outer)

    def _range(self, block: Block, dot: Any) -> None:
        outer = dict(self._variables)
        value = self._evaluate(Pipeline(block.pipeline.commands), dot)
        pairs = _pairs(value)
        for key, member in pairs:
            names = block.pipeline.variables
            if names:
                self._variables |= dict(zip(names, (key, member)[2 - len(names) :], strict=True))
            try:
                self.run(block.body, member)
            except _Leave as leave:
                if leave.args[0]:
                    break
        if not pairs:
            self.run(block.otherwise, dot)
        self._leave_block(outer)

    def _leave_block(self, outer: dict[str, Any]) -> None:
        self._variables = {name: self._variables[name] for name in outer}

    def _pipeline(self, pipeline: Pipeline, dot: Any) -> Any:
        value = self._evaluate(Pipeline(pipeline.commands), dot)
        for name in pipeline.variables:
            if pipeline.assigns and name not in self._variables:
                raise _problem(f"undefined variable {name!r}")
            self._variables[name] = value
        return value

    def _evaluate(self, expression: Expression, dot: Any) -> Any:
        if isinstance(expression, Constant):
            return expression.value
        if isinstance(expression, Field):
            return self._field(expression, dot)
        if isinstance(expression, Pipeline):
            value = self._evaluate(expression.commands[0], dot)
            for command in expression.commands[1:]:
                value = self._evaluate_call(command, dot, (value,))
            return value
        return self._evaluate_call(expression, dot, ())

    def _evaluate_call(self, call: Expression, dot: Any, last: tuple[Any, ...]) -> Any:
        if isinstance(call, Constant | Field | Pipeline):
            raise _problem("can't give an argument to a value that is no function")
        if call.function in ("and", "or"):
            return self._shortcut(call.function, call.operands, dot, last)
        function = self._functions.get(call.function)
        if function is None:
            raise _problem(f'function "{call.function}" not defined')
        operands = [self._evaluate(operand, dot) for operand in call.operands]
        try:
            return function(*operands, *last)
        except (TypeError, IndexError, KeyError, AttributeError):
            raise _problem(f"error calling {call.function}") from None

    def _shortcut(
        self, name: str, operands: tuple[Expression, ...], dot: Any, last: tuple[Any, ...]
    ) -> Any:
        values = (*(Constant(value) for value in last),)
        value: Any = None
        for operand in (*operands, *values):
            value = self._evaluate(operand, dot)
            if _true(value) == (name == "or"):
                break
        return value

    def _field(self, found: Field, dot: Any) -> Any:
        if found.variable and found.variable not in self._variables:
            raise _problem(f"undefined variable {found.variable!r}")
        value = self._variables[found.variable] if found.variable else dot
        for name in found.names:
            if not isinstance(value, dict):
                raise _problem(f"can't evaluate field {name}")
            if name not in value:
                raise _problem(f'map has no entry for key "{name}"')
            value = value[name]
        return value


def _true(value: Any) -> bool:
    """What Go takes for true: neither zero nor empty nor nil."""
    return bool(value)


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return sorted(value.items())
    if isinstance(value, list):
        return list(enumerate(value))
    if value is None:
        return []
    raise _problem(f"range can't iterate over {_shown(value)}")


def _shown(value: Any) -> str:
    """A value as ``fmt.Print`` shows it."""
    if isinstance(value, dict):
        members = " ".join(f"{key}:{_shown(value[key])}" for key in sorted(value))
        return f"map[{members}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_shown, value))}]"
    if value is None:
        return "<no value>"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else value[key]
    return value


def _print_operands(*values: Any) -> str:
    """Spaces stand between two operands when neither is a string."""
    text = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            text += " "
        text += _shown(value)
    return text


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": lambda value: not _true(value),
    "eq": lambda first, *others: any(rego_equal(first, other) for other in others),
    "ne": lambda a, b: not rego_equal(a, b),
    "lt": lambda a, b: compare(a, b) < 0,
    "le": lambda a, b: compare(a, b) <= 0,
    "gt": lambda a, b: compare(a, b) > 0,
    "ge": lambda a, b: compare(a, b) >= 0,
    "len": len,
    "index": _index,
    "slice": lambda value, start=0, stop=None: value[start:stop],
    "print": _print_operands,
    "println": lambda *values: " ".join(map(_shown, values)) + "\n",
    "html": lambda value: (
        html.escape(_shown(value)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    ),
    "urlquery": lambda value: quote_plus(_shown(value)),
}
