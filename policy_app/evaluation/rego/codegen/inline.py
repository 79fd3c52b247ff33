"""Builtins that policies call all day, written out where the operands have the usual types.

Each template gives the answer for those types; for others the builtin itself is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policy_app.evaluation.rego.assembly import SIZED
from policy_app.evaluation.rego.codegen.emit import Pool, Writer
from policy_app.evaluation.rego.syntax import Array, Call, Scalar, Term

_SIZED_NAMES = frozenset(kind.__name__ for kind in SIZED)

TEMPLATES: dict[str, tuple[str, tuple[tuple[int, str], ...]]] = {
    "startswith": ("{0}.startswith({1})", ((0, "str"), (1, "str"))),
    "endswith": ("{0}.endswith({1})", ((0, "str"), (1, "str"))),
    "contains": ("{1} in {0}", ((0, "str"), (1, "str"))),
    "object.get": ("{0}.get({1}, {2})", ((0, "dict"), (1, "str"))),
    "trim_prefix": ("{0}.removeprefix({1})", ((0, "str"), (1, "str"))),
    "trim_suffix": ("{0}.removesuffix({1})", ((0, "str"), (1, "str"))),
    "plus": ("{0} + {1}", ((0, "int"), (1, "int"))),
    "minus": ("{0} - {1}", ((0, "int"), (1, "int"))),
    "internal.member_2": ("{0} in {1}", ((0, "str"), (1, "list"))),
}
"""Builtin → its answer, and the operands with the Python types that it needs."""

TYPE_TESTS = {"is_string": "str", "is_array": "list", "is_object": "dict", "is_set": "RegoSet"}

INLINED = (
    frozenset(TEMPLATES)
    | TYPE_TESTS.keys()
    | {
        "count",
        "lower",
        "sprintf",
        "equal",
        "neq",
        "lt",
        "lte",
        "gt",
        "gte",
    }
)
"""Builtins that take about as long as looking up an answer that was kept."""

RESULTS = {"string": "str", "boolean": "bool", "array": "list", "object": "dict", "set": "RegoSet"}
"""Declared result → the Python type of every value of it."""


def templated(pool: Pool, name: str, args: list[str], call: str) -> str:
    """The call with its usual case written out before it; alone where no other can be."""
    if name == "count":
        if pool.kind(args[0]) == "RegoSet":
            return f"len({args[0]}.items)"
        if pool.kind(args[0]) in _SIZED_NAMES:
            return f"len({args[0]})"
        return f"len({args[0]}) if type({args[0]}) in SIZED else {call}"
    if name == "is_number":
        return f"type({args[0]}) is int or type({args[0]}) is float"
    if name in TYPE_TESTS:
        return f"type({args[0]}) is {TYPE_TESTS[name]}"
    if name == "lower":
        return f"{args[0]}.lower() if type({args[0]}) is str and {args[0]}.isascii() else {call}"
    if name not in TEMPLATES:
        return call
    template, types = TEMPLATES[name]
    known = [(args[at], kind, pool.kind(args[at])) for at, kind in types]
    if any(found and found != kind for _, kind, found in known):
        return call
    checks = [f"type({arg}) is {kind}" for arg, kind, found in known if not found]
    answer = template.format(*args)
    return f"{answer} if {' and '.join(checks)} else {call}" if checks else answer


_VERB = re.compile(r"%(.)", re.DOTALL)


def sprintf_parts(call: Call) -> tuple[list[str], list[str], tuple[Term, ...]] | None:
    """The texts between the verbs, the verbs and the operands of a ``sprintf`` known by now.

    None where the layout is not constant, has more than plain ``%v`` and ``%s``, or does not
    fit the operands.
    """
    if call.name != ("sprintf",):
        return None
    layout, operands = call.args
    if not isinstance(layout, Scalar) or type(layout.value) is not str:
        return None
    if not isinstance(operands, Array):
        return None
    texts = _VERB.split(layout.value)
    verbs = texts[1::2]
    if len(verbs) != len(operands.items) or not {"v", "s"}.issuperset(verbs):
        return None
    return texts[::2], verbs, operands.items


def write_sprintf(
    w: Writer, parts: tuple[list[str], list[str], tuple[Term, ...]], value: Callable[..., str]
) -> str:
    """Write a ``sprintf`` as a concatenation; gives the name of the text."""
    texts, verbs, operands = parts
    pool = w.pool
    pieces: list[str] = [pool.constant(texts[0])] if texts[0] else []
    values = [value(w, operand) for operand in operands]
    shown = pool.bind("F", "shown")
    for name, verb, text in zip(values, verbs, texts[1:], strict=True):
        known = pool.constant(verb)
        if pool.kind(name) == "str":
            pieces.append(name)
        else:
            pieces.append(f"({name} if type({name}) is str else {shown}(B, {known}, {name}))")
        if text:
            pieces.append(pool.constant(text))
    w.ticking = True
    result = w.temp(" + ".join(pieces) or pool.constant(""))
    w.count_text(result)
    w.scope.defined.add(result)
    pool.kinds[result] = "str"
    return result
