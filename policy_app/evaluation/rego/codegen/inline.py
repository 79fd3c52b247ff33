"""Builtins that policies call all day, written out where the operands have the usual types.

Each template gives the answer for those types; for others the builtin itself is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policy_app.evaluation.rego.builtins.sprintf import format_text
from policy_app.evaluation.rego.codegen.emit import Pool, Writer
from policy_app.evaluation.rego.limits import Budget
from policy_app.evaluation.rego.syntax import Array, Call, Scalar, Term
from policy_app.evaluation.rego.values import RegoSet, Value, render

SIZED = frozenset({list, dict, str, RegoSet})

_STRINGS = ("{0}", "{1}")
TEMPLATES: dict[str, tuple[str, tuple[tuple[int, str], ...]]] = {
    "startswith": ("{0}.startswith({1})", ((0, "str"), (1, "str"))),
    "endswith": ("{0}.endswith({1})", ((0, "str"), (1, "str"))),
    "contains": ("{1} in {0}", ((0, "str"), (1, "str"))),
    "object.get": ("{0}.get({1}, {2})", ((0, "dict"), (1, "str"))),
    "plus": ("{0} + {1}", ((0, "int"), (1, "int"))),
    "minus": ("{0} - {1}", ((0, "int"), (1, "int"))),
    "internal.member_2": ("{0} in {1}", ((0, "str"), (1, "list"))),
}
"""Builtin → its answer, and the operands with the Python types that it needs."""


def templated(pool: Pool, name: str, args: list[str], call: str) -> str:
    """The call with its usual case written out before it."""
    if name == "count":
        sized = pool.bind("K", SIZED)
        return f"len({args[0]}) if type({args[0]}) in {sized} else {call}"
    if name not in TEMPLATES:
        return call
    template, types = TEMPLATES[name]
    checks = [
        f"type({args[at]}) is {kind}"
        for at, kind in types
        if args[at] not in pool.constants or type(pool.constants[args[at]]).__name__ != kind
    ]
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
    shown = pool.bind("F", show)
    for name, verb, text in zip(values, verbs, texts[1:], strict=True):
        known = pool.constant(verb)
        pieces.append(f"({name} if type({name}) is str else {shown}(B, {known}, {name}))")
        if text:
            pieces.append(pool.constant(text))
    w.ticking = True
    result = w.temp(" + ".join(pieces) or pool.constant(""))
    w.emit(f"B.charge_string(len({result}))")
    w.scope.defined.add(result)
    return result


def show(budget: Budget, verb: str, value: Value) -> str:
    """What one verb of ``sprintf`` prints for a value that is no string."""
    kind = type(value)
    if kind is int or kind is float:
        return str(value) if verb == "v" and kind is int else format_text(
            budget, f"%{verb}", [value]
        )
    text = render(value)
    budget.charge_string(len(text))
    return text
