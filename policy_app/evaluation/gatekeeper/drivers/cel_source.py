"""A template's CEL as it is written, and what Gatekeeper refuses before it compiles.

Source: ``pkg/drivers/k8scel/schema`` of Gatekeeper.  The compiler is only loaded when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy_app.evaluation.gatekeeper.drivers.interface import CEL, World
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.gatekeeper.reading import Fields

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.drivers.cel import CelDriver

PARAMS, ANY_OBJECT = "params", "anyObject"
"""Variables that Gatekeeper adds to those of a template."""
FAIL, IGNORE = "Fail", "Ignore"
_MOST, _MOST_CHARACTERS = 250, 200_000
_RESERVED_PREFIX = "gatekeeper_internal_"


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, where in the template it stands, and its name where it has one."""

    text: str
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """What must be true of an object, and what is said where it is not."""

    expression: Expression
    message: str = ""
    message_expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class CelCode:
    """The ``source`` of a template in CEL; compiled when it is first needed."""

    validations: tuple[Validation, ...] = ()
    variables: tuple[Expression, ...] = ()
    match_conditions: tuple[Expression, ...] = ()
    failure_policy: str = FAIL

    @classmethod
    def parse(cls, source: Fields) -> CelCode:
        """Read a ``source``.  Raises ``TemplateError``; see ``compile`` for its expressions."""
        code = cls(
            validations=tuple(map(_validation, source.children("validations"))),
            variables=tuple(_named(each) for each in source.children("variables")),
            match_conditions=tuple(_named(each) for each in source.children("matchCondition")),
            failure_policy=source.text("failurePolicy") or FAIL,
        )
        code._check(source)
        return code

    @property
    def engine(self) -> str:
        """The name of the language, as templates give it."""
        return CEL

    @property
    def uses_inventory(self) -> bool:
        """CEL sees nothing of other objects."""
        return False

    @property
    def inventory_kinds(self) -> frozenset[str] | None:
        """None of any kind."""
        return frozenset()

    def compile(self) -> None:
        """Raises ``TemplateError`` where an expression does not compile."""
        self.driver(World())

    def driver(self, world: World) -> CelDriver:
        """The code, compiled; the same source is compiled once.  Raises ``TemplateError``."""
        from policy_app.evaluation.gatekeeper.drivers.cel import compile_code

        return compile_code(self)

    def _expressions(self) -> Iterator[Expression]:
        yield from (*self.variables, *self.match_conditions)
        for validation in self.validations:
            yield validation.expression
            if validation.message_expression is not None:
                yield validation.message_expression

    def _check(self, source: Fields) -> None:
        for name in ("validations", "variables", "matchCondition"):
            if len(source.items(name)) > _MOST:
                source.refuse(name, f"has more than {_MOST} entries, which are not compiled here")
        if sum(len(each.text) for each in self._expressions()) > _MOST_CHARACTERS:
            raise TemplateError(
                f"{source.path} has more than {_MOST_CHARACTERS} characters of expressions, "
                "which are not compiled here",
                path=source.path,
            )
        for condition in self.match_conditions:
            if condition.name.startswith(_RESERVED_PREFIX):
                raise TemplateError(
                    f"invalid match condition: {condition.name} is not a valid match condition; "
                    f'cannot have "{_RESERVED_PREFIX}" as a prefix',
                    path=condition.path,
                )
        for variable in self.variables:
            _check_variable(variable)
        if self.failure_policy not in (FAIL, IGNORE):
            raise TemplateError(
                f"invalid failure policy: unrecognized failure policy: {self.failure_policy}",
                path=source.at("failurePolicy"),
            )


def _check_variable(variable: Expression) -> None:
    name, problem = variable.name, ""
    if name.startswith(_RESERVED_PREFIX):
        problem = f'is not a valid variable; cannot have "{_RESERVED_PREFIX}" as a prefix'
    elif name in (PARAMS, ANY_OBJECT):
        problem = f'an invalid variable name, "{name}" is a reserved keyword'
    if problem:
        raise TemplateError(f"invalid variable definition: {name} {problem}", path=variable.path)


def _validation(fields: Fields) -> Validation:
    message = _expression(fields, "messageExpression")
    return Validation(
        _expression(fields, "expression"),
        fields.text("message"),
        message if message.text else None,
    )


def _named(fields: Fields) -> Expression:
    found = _expression(fields, "expression")
    return Expression(found.text, found.path, fields.text("name"))


def _expression(fields: Fields, name: str) -> Expression:
    return Expression(fields.text(name), fields.at(name))
