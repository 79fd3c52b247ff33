"""Reading templates in the language of Go's ``text/template`` into a tree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from policy_app.evaluation.rego.builtins.core import BuiltinError, limit_error

MAX_DEPTH = 50
MAX_LENGTH = 100_000

_PIECE = re.compile(
    r"/\*(?s:.*?)\*/|\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|'(?:\\.|[^'\\\n])+'|(?P<end>\}\})|[^/\"`'}]+|[/}]"
)
_TOKEN = re.compile(
    r"\s+|(?P<string>\"(?:\\.|[^\"\\])*\"|`[^`]*`)|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<field>\$?\w*(?:\.\w+)+|\$\w*|\.)|(?P<word>[A-Za-z_]\w*)|(?P<mark>:=|[|(),=])"
)


@dataclass(frozen=True, slots=True)
class Field:
    """``.a.b``, ``$x.a``: a variable (``""`` for the dot) and the fields to follow."""

    variable: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, a number, a boolean or nil."""

    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A function's name and its operands."""

    function: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each the last operand of the next; the result may be given to variables."""

    commands: tuple[Expression, ...]
    variables: tuple[str, ...] = ()
    assigns: bool = False


Expression = Field | Constant | Call | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between actions."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``range`` or ``with``, or (``print``) a pipeline by itself."""

    keyword: str
    pipeline: Pipeline
    body: list[Node] = field(default_factory=list)
    otherwise: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    keyword: str


@dataclass(frozen=True, slots=True)
class Include:
    """``template`` or ``block``: another template by name, with a value as its dot."""

    name: str
    pipeline: Pipeline | None


Node = Text | Block | Jump | Include


@dataclass(frozen=True, slots=True)
class Template:
    """A template's nodes, and those of the templates defined in it, by name."""

    nodes: list[Node]
    named: dict[str, list[Node]]


def _problem(text: str) -> BuiltinError:
    return BuiltinError(f"template: template: {text}")


def _actions(template: str) -> Iterator[tuple[str, str]]:
    """The template as pairs of text and the action behind it (``""`` at the end)."""
    end, trim = 0, False
    while (start := template.find("{{", end)) >= 0:
        text = template[end:start]
        text = text.lstrip() if trim else text
        end = _action_end(template, start + 2)
        body = template[start + 2 : end - 2]
        trim_before, trim = body[:1] == "-" and body[1:2].isspace(), body.endswith((" -", "\n-"))
        body = body[1 if trim_before else 0 : len(body) - 1 if trim else None].strip()
        yield (text.rstrip() if trim_before else text), body
    yield (template[end:].lstrip() if trim else template[end:]), ""


def _action_end(template: str, at: int) -> int:
    """The position behind the braces that close the action; those inside strings do not."""
    while (match := _PIECE.match(template, at)) is not None:
        at = match.end()
        if match["end"]:
            return at
    raise _problem("unclosed action")


@lru_cache(maxsize=64)
def parse(template: str) -> Template:
    """The template's tree; raises ``BuiltinError`` where it is malformed."""
    if len(template) > MAX_LENGTH:
        raise limit_error(f"a template is longer than {MAX_LENGTH} characters")
    root: list[Node] = []
    named: dict[str, list[Node]] = {}
    # Each entry: the nodes being filled, and how many `end` close at once (`else if` nests).
    stack: list[tuple[list[Node], Block | None]] = [(root, None)]
    for text, action in _actions(template):
        if text:
            stack[-1][0].append(Text(text))
        if action and not action.startswith("/*"):
            _place(stack, action, named)
            if len(stack) > MAX_DEPTH:
                raise limit_error("a template is nested too deeply")
    if len(stack) > 1:
        raise _problem("unexpected EOF")
    return Template(root, named)


Stack = list[tuple[list[Node], Block | None]]


def _place(stack: Stack, action: str, named: dict[str, list[Node]]) -> None:
    keyword, _, rest = action.partition(" ")
    if keyword in ("define", "block", "template"):
        _place_template(stack, keyword, rest, named)
    elif keyword in ("if", "range", "with"):
        block = Block(keyword, _Parser(rest).pipeline())
        stack[-1][0].append(block)
        stack.append((block.body, block))
    elif keyword == "else":
        _place_else(stack, rest.strip())
    elif keyword == "end":
        while stack[-1][1] is not None and stack[-1][1].keyword.startswith("else "):
            stack.pop()
        if len(stack) == 1:
            raise _problem("unexpected {{end}}")
        stack.pop()
    elif keyword in ("break", "continue"):
        stack[-1][0].append(Jump(keyword))
    else:
        stack[-1][0].append(Block("print", _Parser(action).pipeline()))


def _place_template(stack: Stack, keyword: str, rest: str, named: dict[str, list[Node]]) -> None:
    match = _TOKEN.match(rest.lstrip())
    if match is None or not match["string"]:
        raise _problem(f"missing or malformed name in {keyword} clause")
    name, value = _unquoted(match[0]), rest.lstrip()[match.end() :].strip()
    if keyword == "define" and (value or len(stack) > 1):
        raise _problem("unexpected {{define}}")
    if keyword == "block" and not value:
        raise _problem("missing value for block clause")
    if keyword != "define":
        pipeline = _Parser(value).pipeline() if value else None
        stack[-1][0].append(Include(name, pipeline))
    if keyword != "template":
        body = named[name] = []
        stack.append((body, None))


def _place_else(stack: Stack, rest: str) -> None:
    block = stack[-1][1]
    if block is None:
        raise _problem("unexpected {{else}}")
    stack[-1] = (block.otherwise, block)
    if rest:
        keyword, _, condition = rest.partition(" ")
        if keyword not in ("if", "with"):
            raise _problem(f"unexpected {rest!r} after else")
        nested = Block(f"else {keyword}", _Parser(condition).pipeline())
        block.otherwise.append(nested)
        stack.append((nested.body, nested))


class _Parser:
    """Reads one pipeline."""

    def __init__(self, text: str) -> None:
        self._tokens = list(self._read(text))
        self._at = 0
        self._depth = 0

    def _read(self, text: str) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise _problem(f"unexpected {text[at]!r} in {text!r}")
            if match.lastgroup:
                yield match.lastgroup, match[0]
            at = match.end()

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _accept(self, text: str) -> bool:
        if self._peek() != ("mark", text):
            return False
        self._at += 1
        return True

    def pipeline(self) -> Pipeline:
        variables, assigns = self._variables()
        pipeline = self._commands(variables, assigns)
        if self._at < len(self._tokens):
            raise _problem(f"unexpected {self._peek()[1]!r}")
        return pipeline

    def _variables(self) -> tuple[tuple[str, ...], bool]:
        start, names = self._at, []
        while self._peek()[1].startswith("$") and "." not in self._peek()[1]:
            names.append(self._peek()[1])
            self._at += 1
            if self._accept(":="):
                return tuple(names), False
            if self._accept("="):
                return tuple(names), True
            if not self._accept(","):
                break
        self._at = start
        return (), False

    def _commands(self, variables: tuple[str, ...] = (), assigns: bool = False) -> Pipeline:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise limit_error("a template is nested too deeply")
        commands = [self._command()]
        while self._accept("|"):
            commands.append(self._command())
        self._depth -= 1
        return Pipeline(tuple(commands), variables, assigns)

    def _command(self) -> Expression:
        kind, text = self._peek()
        if kind != "word" or text in _WORDS:
            return self._operand()
        self._at += 1
        operands = []
        while self._peek()[0] and self._peek()[1] not in ("|", ")"):
            operands.append(self._operand())
        return Call(text, tuple(operands))

    def _operand(self) -> Expression:
        kind, text = self._peek()
        self._at += 1
        if kind == "string":
            return Constant(_unquoted(text))
        if kind == "number":
            return Constant(json.loads(text.lstrip("+")))
        if kind == "field":
            variable, *names = text.split(".")
            return Field(variable, tuple(name for name in names if name))
        if kind == "word":
            return Constant(_WORDS[text]) if text in _WORDS else Call(text, ())
        if (kind, text) == ("mark", "("):
            inner = self._commands()
            if not self._accept(")"):
                raise _problem("unclosed left paren")
            return inner
        raise _problem(f"unexpected {text!r}" if text else "missing value for command")


_WORDS = {"true": True, "false": False, "nil": None}


def _unquoted(text: str) -> str:
    if text[0] == "`":
        return text[1:-1]
    try:
        return str(json.loads(text))
    except ValueError:
        raise _problem(f"invalid string {text}") from None
