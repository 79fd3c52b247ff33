"""Text into programs, with Google's own compiler for CEL.

The library parses, expands macros and checks types, with the messages that Kubernetes shows.  What
it checked is read from its interchange format and run here, since its own runtime knows no bound of
time or memory (docs/cel.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policy_app.evaluation.cel import declarations
from policy_app.evaluation.cel.errors import CelCompileError
from policy_app.evaluation.cel.program import VARIABLES, Program, link
from policy_app.evaluation.cel.syntax import Checked, Comprehension, Name, Node, Select, read, walk

BOOL, STRING = "bool", "string"
DYN = "DYN"
LONGEST_EXPRESSION = 100_000
"""Characters; cel-go has the same limit."""
_LONGEST_MESSAGE = 2_000
_AT = re.compile(r"<input>:(\d+):(\d+): ")
_STATUS = re.compile(r"^[A-Z_]+: (?=ERROR)|\s*\[[A-Z_]+\]$")
# The compiler takes the type of the variable for that of has() around it.
_ASKED_FOR = re.compile(r"\bhas\s*\(\s*variables\s*\.\s*\w+\s*\)")
_STDLIB = "name: kubernetes\nstdlib:\n  exclude_functions:\n" + "".join(
    f'  - name: "{name}"\n' for name in declarations.REPLACED
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that an expression may use."""

    names: tuple[str, ...]
    variables: Mapping[str, Any]
    """The types of ``variables.NAME``, as ``Compiled.type`` gives them."""
    fields: Mapping[str, frozenset[str]]
    """The fields of names that have no others, such as ``request``."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression that may be run, and the type of its value."""

    program: Program
    type: Any
    """The library's type."""
    is_guessed: bool = False
    """Whether the type might be a narrower one: ``DYN`` where variables were not looked at."""

    @property
    def type_name(self) -> str:
        """``bool``, ``string``, ``dyn``, ``list(string)``…"""
        return str(self.type.name()).lower().replace("<", "(").replace(">", ")")


def compile_expression(text: str, scope: Scope) -> Compiled:
    """Compile one expression.  Raises ``CelCompileError``."""
    if len(text) > LONGEST_EXPRESSION:
        raise CelCompileError(
            f"expression code point size exceeds limit: size: {len(text)}, "
            f"limit {LONGEST_EXPRESSION}"
        )
    known = {} if _ASKED_FOR.search(text) else scope.variables
    typed = tuple((name, kind) for name, kind in known.items() if kind.name() != DYN)
    try:
        compiled = _environment(scope.names, _Typed(typed)).compile(text)
        checked = read(compiled.serialize())
    except RuntimeError as error:  # the library's only one
        raise _refused(str(error)) from None
    _check_fields(checked, scope, text)
    try:
        program = link(checked)
    except ValueError as error:
        raise CelCompileError(str(error)) from None
    found = _type(compiled.return_type(), checked, scope)
    return Compiled(program, found, found.name() == DYN and known is not scope.variables)


def _type(found: Any, checked: Checked, scope: Scope) -> Any:
    """The type of an expression; one that is just a variable has that variable's."""
    root = checked.root
    if not isinstance(root, Select) or root.test_only or not _is(root.operand, VARIABLES):
        return found
    return scope.variables.get(root.field, found)


def _is(node: Node, name: str) -> bool:
    return isinstance(node, Name) and node.name == name


class _Typed(tuple[tuple[str, Any], ...]):
    """Variables with types, told apart by the names of both."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple((name, kind.name()) for name, kind in self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Typed) and self._names() == other._names()

    def _names(self) -> list[tuple[str, str]]:
        return [(name, kind.name()) for name, kind in self]


@lru_cache(maxsize=64)
def _environment(names: tuple[str, ...], typed: _Typed) -> Any:
    library = _library()
    types = library.types
    variables = dict.fromkeys(names, types["dyn"])
    variables[VARIABLES] = library.cel.Type.Map(types["string"], types["dyn"])
    variables |= {f"{VARIABLES}.{name}": kind for name, kind in typed}
    return library.cel.NewEnv(
        config=library.cel.NewEnvConfigFromYaml(_STDLIB),
        variables=variables,
        extensions=[library.optional],
        functions=library.functions,
    )


@dataclass(frozen=True, slots=True)
class _Library:
    cel: Any
    optional: Any
    types: Mapping[str, Any]
    functions: list[Any]


@lru_cache(maxsize=1)
def _library() -> _Library:
    """The library, which is only loaded where there is CEL: that takes tens of milliseconds."""
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_optional

    types = _types(cel.Type)
    overloads: dict[str, list[Any]] = {}
    for each in declarations.signatures():
        overloads.setdefault(each.name, []).append(
            cel.Overload(
                each.id,
                return_type=types[each.result],
                parameters=[types[name] for name in each.parameters],
                is_member=each.has_receiver,
            )
        )
    functions = [cel.FunctionDecl(name, found) for name, found in overloads.items()]
    return _Library(cel, ext_optional.ExtOptional(), types, functions)


def _types(kinds: Any) -> dict[str, Any]:
    strings = kinds.List(kinds.STRING)
    simple = ("bool", "bytes", "double", "duration", "dyn", "int", "list", "string", "timestamp")
    return {
        **{name: getattr(kinds, name.upper()) for name in (*simple, "uint")},
        "strings": strings,
        "query": kinds.Map(kinds.STRING, strings),
        "quantity": kinds.AbstractType("kubernetes.Quantity"),
        "url": kinds.AbstractType("kubernetes.URL"),
        "ip": kinds.AbstractType("net.IP"),
        "cidr": kinds.AbstractType("net.CIDR"),
    }


def _check_fields(checked: Checked, scope: Scope, text: str) -> None:
    """Refuse fields that a name does not have; the library takes its type for a map's."""
    nodes = list(walk(checked.root))
    known = {**scope.fields, VARIABLES: frozenset(scope.variables)}
    for hidden in (node.variable for node in nodes if isinstance(node, Comprehension)):
        known.pop(hidden, None)
    for node in nodes:
        if not isinstance(node, Select) or not isinstance(node.operand, Name):
            continue
        fields = known.get(node.operand.name)
        if fields is not None and node.field not in fields:
            line, column = _position(text, checked.offsets.get(node.id, 0))
            shown = text.split("\n")[line - 1]
            raise CelCompileError(
                f"ERROR: <input>:{line}:{column}: undefined field '{node.field}'\n"
                f" | {shown}\n | {'.' * (column - 1)}^",
                line=line,
                column=column,
            )


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _refused(message: str) -> CelCompileError:
    shown = _STATUS.sub("", _STATUS.sub("", message))
    if len(shown) > _LONGEST_MESSAGE:
        shown = f"{shown[:_LONGEST_MESSAGE]}…"
    at = _AT.search(shown)
    return CelCompileError(shown, line=int(at[1]) if at else 0, column=int(at[2]) if at else 0)
