"""JSON Schema as both layers use it: no network, RE2 patterns, and faults with their place.

Schemas come from users (parameter schemas, constraint templates), so a ``$ref`` never leaves the
document and a pattern cannot take exponential time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from policy_app.evaluation.gatekeeper import plain_schema

# The library is imported when a schema or a value asks for more than ``plain_schema`` can say: a
# command that tests one manifest would spend a fifth of its time on that.
if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """One value that does not fit its schema; ``path`` is empty for the whole value."""

    path: str
    message: str


class InvalidSchemaError(ValueError):
    """A schema that is none; the message says where and why."""


def _pattern(_: Validator, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    import re2
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not re2.search(pattern, value):
        yield ValidationError(f"{value!r} does not match the pattern {pattern!r}")


@cache
def _validator() -> Any:
    from jsonschema import Draft7Validator, validators

    # The stubs leave it bare.
    return validators.extend(Draft7Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def field_path(parts: Iterator[Any] | list[Any] | tuple[Any, ...]) -> str:
    """``("spec", "containers", 0, "a.b")`` as ``spec.containers[0]["a.b"]``."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        elif "." in part or "[" in part:
            path += f"[{json.dumps(part)}]"
        else:
            path += f".{part}" if path else part
    return path


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise ``InvalidSchemaError`` unless the schema can be used to check values."""
    if plain_schema.is_plain(schema):
        return
    from jsonschema.exceptions import SchemaError

    try:
        _compiled(json.dumps(schema))
    except SchemaError as error:
        where = field_path(list(error.absolute_path))
        raise InvalidSchemaError(f"{where}: {error.message}" if where else error.message) from None


@lru_cache(maxsize=1024)
def _compiled(schema: str) -> Validator:
    from referencing import Registry

    parsed = json.loads(schema)
    kind = _validator()
    kind.check_schema(parsed)
    compiled: Validator = kind(parsed, registry=Registry())
    return compiled


def schema_faults(schema: Mapping[str, Any], value: Any) -> list[SchemaFault]:
    """Everything about ``value`` that the schema refuses, in the order of the value's fields.

    Raises ``InvalidSchemaError`` where the schema itself cannot be used.
    """
    if plain_schema.is_plain(schema) and plain_schema.fits(schema, value):
        return []
    check_schema(schema)
    import re2
    from referencing.exceptions import Unresolvable

    try:
        found = list(_compiled(json.dumps(schema)).iter_errors(value))
    except (Unresolvable, re2.error) as error:
        raise InvalidSchemaError(str(error)) from None
    found.sort(key=lambda error: [str(part) for part in error.absolute_path])
    return [SchemaFault(field_path(list(error.absolute_path)), error.message) for error in found]
