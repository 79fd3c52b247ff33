"""The driver for CEL: judges a request as a ``ValidatingAdmissionPolicy`` of the template would.

Source: ``pkg/drivers/k8scel`` of Gatekeeper and ``admission/plugin/policy/validating`` of
Kubernetes, whose texts are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policy_app.evaluation.cel.budget import PER_POLICY, Budget
from policy_app.evaluation.cel.compiler import (
    BOOL,
    STRING,
    Compiled,
    Scope,
    compile_expression,
)
from policy_app.evaluation.cel.errors import CelCompileError, CelError, CelLimitError
from policy_app.evaluation.cel.program import VARIABLES
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers import cel_request
from policy_app.evaluation.gatekeeper.drivers.cel_source import (
    ANY_OBJECT,
    IGNORE,
    PARAMS,
    CelCode,
    Expression,
    Validation,
)
from policy_app.evaluation.gatekeeper.drivers.interface import Finding, Query
from policy_app.evaluation.gatekeeper.errors import TemplateError

_FOR_CONDITIONS = PER_POLICY * 5 // 2
"""What match conditions may cost together, as in Kubernetes."""
_LONGEST_MESSAGE = 5 * 1024
"""Bytes of what a ``messageExpression`` gives."""
_OUT_OF_BUDGET = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
_NOTHING = "CEL expression is required"


@dataclass(frozen=True, slots=True)
class _Check:
    """A validation, compiled."""

    written: Validation
    expression: Compiled
    message: Compiled | None


@dataclass(frozen=True, slots=True)
class CelDriver:
    """A template's CEL, compiled."""

    code: CelCode
    variables: Mapping[str, Compiled]
    conditions: tuple[Compiled, ...]
    checks: tuple[_Check, ...]

    def query(self, constraint: Constraint, query: Query) -> list[Finding]:
        """A finding for each validation that is not true; errors are findings too, unless the
        template's ``failurePolicy`` is ``Ignore``."""
        names = cel_request.names(constraint, query)
        try:
            if not self._applies(names):
                return []
        except (CelError, CelLimitError) as error:
            return self._failed(error.message)
        return self._validated(_Names(names, self.variables, Budget()))

    def _applies(self, given: Mapping[str, Any]) -> bool:
        """Whether every match condition is true; one that is false outdoes errors of others."""
        names = _Names(given, self.variables, Budget(_FOR_CONDITIONS))
        errors = []
        for condition, written in zip(self.conditions, self.code.match_conditions, strict=True):
            try:
                if condition.program.evaluate(names, names.budget) is not True:
                    return False
            except CelError as error:
                errors.append(_resulted(written, error))
        if errors and self.code.failure_policy != IGNORE:
            raise CelError(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
        return not errors

    def _validated(self, names: _Names) -> list[Finding]:
        findings: list[Finding] = []
        try:
            for check in self.checks:
                findings += self._judged(check, names)
        except CelLimitError as error:
            cost = "cost limit" in error.message
            return self._failed(_OUT_OF_BUDGET if cost else error.message)
        return findings

    def _judged(self, check: _Check, names: _Names) -> list[Finding]:
        try:
            if check.expression.program.evaluate(names, names.budget) is True:
                return []
        except CelError as error:
            return self._failed(_resulted(check.written.expression, error))
        return [Finding(_message(check, names))]

    def _failed(self, message: str) -> list[Finding]:
        return [] if self.code.failure_policy == IGNORE else [Finding(message)]


class _Names(Mapping[str, Any]):
    """What expressions may name: what the request gives, and variables as they are asked for."""

    def __init__(
        self, given: Mapping[str, Any], variables: Mapping[str, Compiled], budget: Budget
    ) -> None:
        self._given = given
        self._variables = variables
        self._known: dict[str, Any] = {}
        self.budget = budget

    def __getitem__(self, name: str) -> Any:
        if name in self._given:
            return self._given[name]
        if name in self._known:
            return self._known[name]
        if name == VARIABLES:
            return {each: self[f"{VARIABLES}.{each}"] for each in self._variables}
        short = name.removeprefix(f"{VARIABLES}.")
        variable = self._variables[short]
        try:
            found = variable.program.evaluate(self, self.budget)
        except CelError as error:
            raise CelError(
                f'composited variable "{short}" fails to evaluate: {error.message}'
            ) from None
        self._known[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


@lru_cache(maxsize=256)
def compile_code(code: CelCode) -> CelDriver:
    """Compile every expression of a source.  Raises ``TemplateError`` for the first at fault."""
    names, fields = cel_request.NAMES, cel_request.FIELDS
    variables: dict[str, Compiled] = {}
    types: dict[str, Any] = dict.fromkeys((PARAMS, ANY_OBJECT), _dyn())
    # Parameters have no schema here, so that only variables may reach the whole constraint.
    for written in code.variables:
        scope = Scope((*names, cel_request.CONSTRAINT), dict(types), fields)
        variables[written.name] = _compiled(written, scope)
        types[written.name] = variables[written.name].type
    scope = Scope(names, types, fields)
    return CelDriver(
        code,
        variables,
        tuple(_compiled(each, scope, BOOL) for each in code.match_conditions),
        tuple(_check(each, scope) for each in code.validations),
    )


@lru_cache(maxsize=1)
def _dyn() -> Any:
    return compile_expression("dyn(null)", Scope((), {}, {})).type


def _check(written: Validation, scope: Scope) -> _Check:
    message = written.message_expression
    return _Check(
        written,
        _compiled(written.expression, scope, BOOL),
        None if message is None else _compiled(message, scope, STRING),
    )


def _compiled(written: Expression, scope: Scope, wanted: str = "") -> Compiled:
    problem, line, column = "", 0, 0
    try:
        compiled = compile_expression(written.text, scope)
        if not wanted or compiled.type_name == wanted or compiled.is_guessed:
            return compiled
        problem = f"must evaluate to {wanted} but got {compiled.type_name}"
    except CelCompileError as error:
        line, column = error.line, error.column
        problem = f"compilation failed: {error.message}" if written.text.strip() else _NOTHING
    raise TemplateError(
        f"invalid ConstraintTemplate: {written.path}: {problem}",
        path=written.path,
        line=line,
        column=column,
        code="cel_compile_error",
    )


def _resulted(written: Expression, error: CelError) -> str:
    return f"expression '{written.text}' resulted in error: {error.message}"


def _message(check: _Check, names: _Names) -> str:
    """The message's expression, else the message, else the expression that is not true."""
    written = check.written
    return (
        _evaluated(check.message, names)
        or written.message.strip()
        or f"failed expression: {written.expression.text.strip()}"
    )


def _evaluated(message: Compiled | None, names: _Names) -> str:
    """What a message's expression gives; empty where Kubernetes would not show it."""
    if message is None:
        return ""
    try:
        found = message.program.evaluate(names, names.budget)
    except CelError:
        return ""
    text = found.strip() if isinstance(found, str) else ""
    too_long = len(text.encode("utf-8", "surrogatepass")) > _LONGEST_MESSAGE
    return "" if too_long or "\n" in text else text
