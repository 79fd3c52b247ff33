"""Parameters: what a definition asks for, and whether the values given to it are acceptable.

Source: the Azure Policy definition structure; types are named in any case, values in the exact
case of ``allowedValues`` when assigning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast, get_args

from policy_app.evaluation.gatekeeper.json_schema import (
    InvalidSchemaError,
    check_schema,
    schema_faults,
)
from policy_app.evaluation.language.errors import (
    AssignmentError,
    DefinitionError,
    LanguageError,
    ParameterErrors,
    ParameterFault,
)
from policy_app.evaluation.language.reading import Reader, kind_of

ParameterType = Literal["String", "Array", "Object", "Boolean", "Integer", "Float", "DateTime"]

TYPES: tuple[ParameterType, ...] = get_args(ParameterType)
_TYPES: Mapping[str, ParameterType] = {name.lower(): name for name in TYPES}

MISSING = "MissingPolicyParameter"
UNDEFINED = "UndefinedPolicyParameter"
NOT_ALLOWED = "PolicyParameterValueNotAllowed"
INVALID = "InvalidPolicyParameters"

_DATE_TIME = (
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,7})?)?([Zz]|[+-]\d\d:?\d\d)?|\d{4}-\d\d-\d\d"
)


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter of a definition."""

    name: str
    type: ParameterType
    display_name: str = ""
    description: str = ""
    has_default: bool = False
    default: Any = None
    """Meaningful only where ``has_default``, since null is a value too."""
    allowed_values: tuple[Any, ...] = ()
    """Empty where any value of the type will do."""
    schema: Mapping[str, Any] | None = None
    """A JSON schema for the value; only arrays and objects have one."""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        """True where an assignment must give a value."""
        return not self.has_default

    @property
    def strong_type(self) -> str:
        """What the value names (``location``, ``resourceTypes``…); empty for plain values."""
        return str(self.metadata.get("strongType", ""))

    @classmethod
    def parse(cls, name: str, value: Any, path: str = "") -> ParameterSpec:
        """Read one entry of ``properties.parameters``.

        Raises ``DefinitionError`` with the path of the field at fault.
        """
        reader = Reader(value, path or f"properties.parameters.{name}", DefinitionError)
        metadata = reader.child("metadata")
        spec = cls(
            name=name,
            type=_parse_type(reader),
            display_name=metadata.text("displayName"),
            description=metadata.text("description"),
            has_default="defaultValue" in reader.fields,
            default=reader.fields.get("defaultValue"),
            allowed_values=tuple(reader.array("allowedValues")),
            schema=_parse_schema(reader),
            metadata=metadata.fields,
        )
        _check_default(spec, reader)
        return spec

    def to_object(self) -> dict[str, Any]:
        """The entry of ``properties.parameters`` that ``parse`` reads."""
        entry: dict[str, Any] = {"type": self.type, "metadata": dict(self.metadata)}
        if self.allowed_values:
            entry["allowedValues"] = list(self.allowed_values)
        if self.has_default:
            entry["defaultValue"] = self.default
        if self.schema is not None:
            entry["schema"] = dict(self.schema)
        return entry

    def faults(self, value: Any, *, ignore_case: bool = False) -> list[ParameterFault]:
        """What is wrong with a value for this parameter: type first, then the rest."""
        problem = _type_problem(self.type, value)
        if problem:
            return [self._fault(INVALID, f"{problem}.")]
        found = list(self._schema_faults(value))
        if self.allowed_values and not _is_allowed(self, value, ignore_case):
            allowed = ", ".join(repr(choice) for choice in self.allowed_values)
            found.append(self._fault(NOT_ALLOWED, f"is {value!r}, but must be one of {allowed}."))
        return found

    def _schema_faults(self, value: Any) -> Iterator[ParameterFault]:
        if self.schema is None:
            return
        try:
            faults = schema_faults(self.schema, value)
        except InvalidSchemaError as error:
            yield self._fault(INVALID, f"cannot be checked, since its schema is wrong: {error}.")
            return
        for fault in faults:
            place = f" at {fault.path}" if fault.path else ""
            yield self._fault(
                INVALID, f"does not fit its schema{place}: {fault.message}.", fault.path
            )

    def _fault(self, code: str, problem: str, path: str = "") -> ParameterFault:
        return ParameterFault(code, self.name, f"The parameter '{self.name}' {problem}", path)


def parse_parameters(value: Any, path: str = "properties.parameters") -> dict[str, ParameterSpec]:
    """Read ``properties.parameters`` of a definition; absent means none.

    Raises ``DefinitionError``; two names that differ only in case are one parameter to ARM.
    """
    reader = Reader({} if value is None else value, path, DefinitionError)
    specs: dict[str, ParameterSpec] = {}
    seen: dict[str, str] = {}
    for name, entry in reader.fields.items():
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            reader.refuse(name, f"is the same parameter as {twin!r}: ARM ignores case")
        specs[name] = ParameterSpec.parse(name, entry, reader.where(name))
    return specs


def parse_values(
    value: Any, path: str = "properties.parameters", error: type[LanguageError] = AssignmentError
) -> dict[str, Any]:
    """ARM's ``{"name": {"value": …}}`` as plain ``{"name": …}``.

    Raises ``error`` where an entry has no ``value``.
    """
    reader = Reader({} if value is None else value, path, error)
    values = {}
    for name, entry in reader.fields.items():
        if not isinstance(entry, Mapping) or "value" not in entry:
            reader.refuse(name, 'should be written as {"value": …}')
        values[name] = entry["value"]
    return values


def to_values(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Plain values in ARM's form: what ``parse_values`` reads."""
    return {name: {"value": value} for name, value in values.items()}


def resolve(
    specs: Mapping[str, ParameterSpec], given: Mapping[str, Any], *, ignore_case: bool = False
) -> dict[str, Any]:
    """A value for every parameter: the one given, else the default.

    ``ignore_case`` compares strings with ``allowedValues`` without regard to case, as the service
    does for the values that a policy set hands to its members.  Raises ``ParameterErrors`` with
    every fault: unknown names, missing values, values of a wrong type or outside what is allowed.
    """
    names = {name.lower(): name for name in specs}
    values: dict[str, Any] = {}
    faults: list[ParameterFault] = []
    for name, value in given.items():
        known = names.get(name.lower())
        if known is None:
            faults.append(_undefined(name, specs))
            continue
        values[known] = value
        faults.extend(specs[known].faults(value, ignore_case=ignore_case))
    for name, spec in specs.items():
        if name in values:
            continue
        if spec.required:
            faults.append(
                ParameterFault(MISSING, name, f"The parameter '{name}' has no default: give it one")
            )
        values[name] = spec.default
    if faults:
        raise ParameterErrors(faults)
    return {name: values[name] for name in specs}


def _undefined(name: str, specs: Mapping[str, ParameterSpec]) -> ParameterFault:
    known = ", ".join(specs) or "none"
    return ParameterFault(
        UNDEFINED, name, f"The definition has no parameter '{name}'; its parameters: {known}."
    )


def _parse_type(reader: Reader) -> ParameterType:
    text = reader.required_text("type")
    known = _TYPES.get(text.lower())
    if known is None:
        reader.refuse("type", f"is {text!r}, but must be one of {', '.join(_TYPES.values())}")
    return known


def _parse_schema(reader: Reader) -> Mapping[str, Any] | None:
    if reader.fields.get("schema") is None:
        return None
    schema = reader.object("schema")
    try:
        check_schema(schema)
    except InvalidSchemaError as error:
        reader.refuse("schema", f"is no JSON schema: {error}")
    return schema


def _check_default(spec: ParameterSpec, reader: Reader) -> None:
    if not spec.has_default:
        return
    for fault in spec.faults(spec.default):
        reader.refuse("defaultValue", f"is not acceptable: {fault.message.rstrip('.')}")


def _type_problem(kind: ParameterType, value: Any) -> str:
    """The rest of a sentence that begins with the parameter, or nothing where the type fits."""
    fits, word = _KINDS[kind]
    if fits(value):
        return ""
    shown = f"{value!r}" if isinstance(value, (str, int, float)) else kind_of(value)
    return f"must be {word}, but is {shown}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and value == int(value) if _is_finite(value) else False


def _is_finite(value: Any) -> bool:
    return _is_number(value) and value == value and abs(value) != float("inf")


def _is_date_time(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(_DATE_TIME, value):
        return False
    try:
        datetime.strptime(value[:10], "%Y-%m-%d")  # noqa: DTZ007 - only the calendar is checked
    except ValueError:
        return False
    return True


_KINDS: Mapping[ParameterType, tuple[Callable[[Any], bool], str]] = {
    "String": (lambda value: isinstance(value, str), "a string"),
    "Array": (lambda value: isinstance(value, list), "an array"),
    "Object": (lambda value: isinstance(value, Mapping), "an object"),
    "Boolean": (lambda value: isinstance(value, bool), "true or false"),
    "Integer": (_is_integer, "an integer"),
    "Float": (_is_number, "a number"),
    "DateTime": (_is_date_time, "an ISO 8601 date and time"),
}
"""What the values of each type are, and the word for them."""


def _is_allowed(spec: ParameterSpec, value: Any, ignore_case: bool) -> bool:
    """Each item of an array may be checked alone: ARM takes any subset of the allowed values."""
    if _among(value, spec.allowed_values, ignore_case):
        return True
    if spec.type != "Array":
        return False
    return all(_among(item, spec.allowed_values, ignore_case) for item in cast("list[Any]", value))


def _among(value: Any, choices: tuple[Any, ...], ignore_case: bool) -> bool:
    return any(_same(value, choice, ignore_case) for choice in choices)


def _same(left: Any, right: Any, ignore_case: bool) -> bool:
    # JSON tells true from 1; Python does not.
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if ignore_case and isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return bool(left == right)
