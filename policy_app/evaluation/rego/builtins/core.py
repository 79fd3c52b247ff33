"""What a builtin is: its declaration, its errors, and what a query lends it.

A builtin is a plain function over values (``values.py``).  It answers with a value or raises
``BuiltinError``; the engine makes that undefined, or an error where it runs strictly.  Wording
and codes are those of OPA's ``topdown/builtins``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import RegoSet, Value, type_name

TYPE_ERROR = "eval_type_error"
BUILTIN_ERROR = "eval_builtin_error"

Function = Callable[..., Value]
F = TypeVar("F", bound=Function)


class BuiltinError(Exception):
    """A builtin that has no answer for its operands; ``message`` leaves out its name."""

    def __init__(self, message: str, code: str = BUILTIN_ERROR) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class NoResult(BuiltinError):  # noqa: N818 - not an error in itself
    """The builtin is undefined for these operands, also where errors are strict."""

    def __init__(self) -> None:
        super().__init__("undefined")


class Budget(Protocol):
    """A query's limits; each method raises ``RegoLimitError`` past its bound."""

    def charge_elements(self, count: int) -> None:
        """Count members about to be produced."""

    def charge_string(self, length: int) -> None:
        """Count a string of that many characters about to be produced."""

    def check_deadline(self) -> None:
        """Look at the clock."""

    def forgive(self, seconds: float) -> None:
        """Leave time out of the account that others took."""


class Context(Protocol):
    """What a query lends to builtins that need more than their operands.

    ``now_ns`` is the query's one point in time, in nanoseconds since 1970; ``seed`` makes
    ``uuid.rfc4122`` repeatable.
    """

    @property
    def budget(self) -> Budget: ...
    @property
    def now_ns(self) -> int: ...
    @property
    def seed(self) -> str: ...
    @property
    def external_data(self) -> Callable[[Value], Value] | None: ...

    def note(self, message: str) -> None:
        """Take a line of ``print`` or ``trace``."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin's declaration.

    ``args`` and ``result`` are types as in ``string``, ``array[string]|set[string]``, ``any``.
    ``fn`` takes the operands, after the query's ``Context`` where ``needs_context``;
    ``names`` are those of its operands and ``summary`` says in a sentence what it does.  A
    ``relation`` answers with an iterable of values, each of them a result.  A ``variadic`` one
    takes any number of operands.
    """

    name: str
    args: tuple[str, ...]
    result: str
    fn: Function
    family: str
    names: tuple[str, ...] = ()
    summary: str = ""
    needs_context: bool = False
    relation: bool = False
    variadic: bool = False
    deprecated: bool = False
    infix: str = ""

    @property
    def arity(self) -> int:
        """How many operands it takes, its result not counted."""
        return len(self.args)

    def kinds(self, position: int) -> frozenset[str]:
        """The type names that the operand at this position (from 0) may have."""
        return frozenset(split_type(self.args[position]))


_TYPES: dict[str, frozenset[type]] = {
    "null": frozenset({type(None)}),
    "boolean": frozenset({bool}),
    "number": frozenset({int, float}),
    "string": frozenset({str}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
    "set": frozenset({RegoSet}),
}
_ANY = frozenset[type]().union(*_TYPES.values())


def split_type(declared: str) -> tuple[str, ...]:
    """The outermost type names of a declared type, in order; every name for ``any``."""
    if declared == "any":
        return tuple(_TYPES)
    names, depth, start = [], 0, 0
    for index, char in enumerate(declared + "|"):
        depth += (char == "[") - (char == "]")
        if char == "|" and depth == 0:
            names.append(declared[start:index].split("[", 1)[0])
            start = index + 1
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of builtins, filled by the decorator ``builtin``."""

    name: str
    builtins: dict[str, Builtin] = field(default_factory=dict)

    def builtin(
        self,
        name: str,
        *args: str,
        result: str,
        context: bool = False,
        checked: bool = True,
        relation: bool = False,
        variadic: bool = False,
        deprecated: bool = False,
        infix: str = "",
        summary: str = "",
    ) -> Callable[[F], F]:
        """Declare the decorated function as a builtin.

        Operands of other types than declared are refused before the function sees them, unless
        ``checked`` is false: then the function does it itself, because it is called so often
        that a second call would show, or because it has an answer for them.  The summary is the
        function's docstring unless it is given.
        """

        def declare(fn: F) -> F:
            self.builtins[name] = Builtin(
                name,
                args,
                result,
                _guarded(fn, args, context) if checked else fn,
                self.name,
                names=_operand_names(fn, context),
                summary=summary or (fn.__doc__ or "").strip().split("\n")[0],
                needs_context=context,
                relation=relation,
                variadic=variadic,
                deprecated=deprecated,
                infix=infix,
            )
            return fn

        return declare


def _operand_names(fn: Function, context: bool) -> tuple[str, ...]:
    code = fn.__code__
    return code.co_varnames[int(context) : code.co_argcount]


def _guarded(fn: Function, args: Sequence[str], context: bool) -> Function:
    names = [split_type(declared) for declared in args]
    allowed = [frozenset[type]().union(*(_TYPES[name] for name in part)) for part in names]
    if all(types == _ANY for types in allowed):
        return fn

    def mismatch(values: Sequence[Value]) -> BuiltinError:
        for position, value in enumerate(values):
            if type(value) not in allowed[position]:
                return operand_type_error(position + 1, value, *names[position])
        raise AssertionError("every operand has its declared type")

    guards = _CONTEXT_GUARDS if context else _GUARDS
    return guards.get(len(args), guards[0])(fn, allowed, mismatch)


Mismatch = Callable[[Sequence[Value]], BuiltinError]
Allowed = Sequence[frozenset[type]]


def _guarded_one(fn: Function, allowed: Allowed, mismatch: Mismatch) -> Function:
    types = allowed[0]

    def call(a: Value) -> Value:
        if type(a) in types:
            return fn(a)
        raise mismatch((a,))

    return call


def _guarded_two(fn: Function, allowed: Allowed, mismatch: Mismatch) -> Function:
    first, second = allowed

    def call(a: Value, b: Value) -> Value:
        if type(a) in first and type(b) in second:
            return fn(a, b)
        raise mismatch((a, b))

    return call


def _guarded_many(fn: Function, allowed: Allowed, mismatch: Mismatch) -> Function:
    def call(*values: Value) -> Value:
        if all(type(value) in types for value, types in zip(values, allowed, strict=True)):
            return fn(*values)
        raise mismatch(values)

    return call


def _lent_many(fn: Function, allowed: Allowed, mismatch: Mismatch) -> Function:
    def call(context: Context, *values: Value) -> Value:
        if all(type(value) in types for value, types in zip(values, allowed, strict=True)):
            return fn(context, *values)
        raise mismatch(values)

    return call


def _lent_one(fn: Function, allowed: Allowed, mismatch: Mismatch) -> Function:
    types = allowed[0]

    def call(context: Context, a: Value) -> Value:
        if type(a) in types:
            return fn(context, a)
        raise mismatch((a,))

    return call


def _lent_two(fn: Function, allowed: Allowed, mismatch: Mismatch) -> Function:
    first, second = allowed

    def call(context: Context, a: Value, b: Value) -> Value:
        if type(a) in first and type(b) in second:
            return fn(context, a, b)
        raise mismatch((a, b))

    return call


# A guard for each number of operands, and at 0 the one for any number: a loop over the operands
# would cost more than many a builtin.
_GUARDS = {0: _guarded_many, 1: _guarded_one, 2: _guarded_two}
_CONTEXT_GUARDS = {0: _lent_many, 1: _lent_one, 2: _lent_two}


def operand_error(position: int, problem: str) -> BuiltinError:
    """``operand 2 must be …``: a type error of one operand, counted from 1."""
    return BuiltinError(f"operand {position} {problem}", TYPE_ERROR)


def operand_type_error(position: int, got: Value, *expected: str) -> BuiltinError:
    """``operand 2 must be array but got number``."""
    wanted = expected[0] if len(expected) == 1 else f"one of {{{', '.join(expected)}}}"
    return operand_error(position, f"must be {wanted} but got {type_name(got)}")


def element_error(position: int, composite: Value, got: Value, expected: str) -> BuiltinError:
    """``operand 2 must be array of strings but got array containing number``."""
    kind = type_name(composite)
    return operand_error(
        position, f"must be {kind} of {expected}s but got {kind} containing {type_name(got)}"
    )


def integer(value: Value, position: int) -> int:
    """The operand as an integer, or the type error that OPA has for it."""
    if type(value) is int:
        return value
    if type(value) is float:
        raise operand_error(position, "must be integer number but got floating-point number")
    raise operand_type_error(position, value, "number")


def strings(value: Value, position: int) -> list[str]:
    """The operand, an array or a set of strings, as a list in its own order."""
    members: Iterable[Value] = value.items.values() if type(value) is RegoSet else value
    found = list(members)
    for member in found:
        if type(member) is not str:
            raise element_error(position, value, member, "string")
    return found


def limit_error(message: str) -> RegoLimitError:
    """A bound that belongs to a builtin rather than to the query."""
    return RegoLimitError(message, code="rego_limit_error")
