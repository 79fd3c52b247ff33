"""JSON and YAML as text: reading and writing them."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

import yaml

from policy_app.evaluation.rego.builtins.core import (
    Budget,
    BuiltinError,
    Context,
    Family,
    limit_error,
    operand_error,
)
from policy_app.evaluation.rego.builtins.numbers import Number, from_decimal
from policy_app.evaluation.rego.builtins.text import well_formed
from policy_app.evaluation.rego.model import MAX_WEIGHT
from policy_app.evaluation.rego.values import Value, sorted_pairs, to_json, unkey, weigh

FAMILY = Family("documents")

MAX_YAML = 50_000
"""Characters or members of a YAML text; reading it takes some ten microseconds a member."""


# JSON -------------------------------------------------------------------------------------------

_GO_ESCAPES = str.maketrans(
    {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
)


def go_json(value: Value, indent: str | None = None) -> str:
    """The value as Go's ``json.Marshal`` writes it: keys in order, ``<`` ``>`` ``&`` escaped."""
    text = json.dumps(
        to_json(value),
        ensure_ascii=False,
        separators=(",", ":" if indent is None else ": "),
        sort_keys=True,
        indent=indent,
    )
    return text.translate(_GO_ESCAPES)


@FAMILY.builtin("json.marshal", "any", result="string", context=True)
def marshal(context: Context, value: Value) -> str:
    """The value as JSON text."""
    context.budget.charge_string(weigh(value))
    return go_json(value)


@FAMILY.builtin(
    "json.marshal_with_options",
    "any",
    "object[string:string|boolean]",
    result="string",
    context=True,
)
def marshal_with_options(context: Context, value: Value, options: dict[Value, Value]) -> str:
    """The value as JSON text; ``indent`` and ``prefix`` or ``pretty`` spread it over lines."""
    pretty, prefix, indent = _layout(options)
    if not pretty:
        return marshal(context, value)
    context.budget.charge_string(weigh(value))
    lines = go_json(value, indent="\t").split("\n")
    # A tab inside a JSON string is written \t, so leading tabs are all indentation.
    depths = [len(line) - len(line.lstrip("\t")) for line in lines]
    length = sum(map(len, lines)) + len(prefix) * len(lines) + len(indent) * sum(depths)
    context.budget.charge_string(length)
    return "\n".join(
        f"{prefix}{indent * depth}{line[depth:]}" for line, depth in zip(lines, depths, strict=True)
    )


def _layout(options: dict[Value, Value]) -> tuple[bool, str, str]:
    texts = {"prefix": "", "indent": "\t"}
    pretty: bool | None = None
    for hashed, value in sorted_pairs(options):
        key = unkey(hashed)
        if key == "pretty":
            if type(value) is not bool:
                raise operand_error(2, f"key {key} failed cast to bool")
            pretty = value
        elif key in ("prefix", "indent") and type(key) is str:
            if type(value) is not str:
                raise operand_error(2, f"key {key} failed cast to string")
            texts[key] = value
        else:
            raise operand_error(2, f"object contained unknown key {key}")
    implied = "prefix" in options or "indent" in options
    return (implied if pretty is None else pretty), texts["prefix"], texts["indent"]


def _read_float(text: str) -> Number:
    number = float(text)
    return from_decimal(Decimal(text)) if math.isinf(number) else number


def _refuse_constant(name: str) -> Value:
    raise BuiltinError(f"invalid character '{name[0]}' looking for beginning of value")


_DECODER = json.JSONDecoder(parse_float=_read_float, parse_constant=_refuse_constant)

SHALLOW = 200
"""Arrays and objects in a text that cannot be nested too deeply for whatever comes after it."""


def read_json(budget: Budget, text: str) -> Value:
    """The value behind JSON text; raises ``BuiltinError`` where it is malformed."""
    nested = text.count("[") + text.count("{")
    budget.charge_elements(text.count(",") + nested)
    try:
        value: Value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BuiltinError(f"invalid JSON: {error.msg} ({where})") from None
    except (RecursionError, ValueError):
        raise limit_error("a JSON text is nested too deeply or has too long a number") from None
    # A value weighs no more than its text; going through it takes as long as reading it.
    if nested > SHALLOW or len(text) > MAX_WEIGHT:
        weigh(value)
    return value


@FAMILY.builtin("json.unmarshal", "string", result="any", context=True)
def unmarshal(context: Context, text: str) -> Value:
    """The value that a JSON text stands for."""
    return read_json(context.budget, text)


@FAMILY.builtin("json.is_valid", "string", result="boolean", context=True, checked=False)
def is_valid(context: Context, value: Value) -> bool:
    """Whether the value is JSON text."""
    if type(value) is not str:
        return False
    try:
        read_json(context.budget, value)
    except BuiltinError:
        return False
    return True


# YAML -------------------------------------------------------------------------------------------


class _Loader(yaml.CSafeLoader):
    """YAML as Kubernetes' tools read it: version 1.1 without dates and base-60 numbers."""


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    dropped = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:float", "tag:yaml.org,2002:int"}
    kept = yaml.SafeLoader.yaml_implicit_resolvers.items()
    return {
        char: [(tag, pattern) for tag, pattern in pairs if tag not in dropped]
        for char, pairs in kept
    }


_Loader.yaml_implicit_resolvers = _resolvers()
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"
        r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]$"), list("yYnN"))


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    return int(text, 8) if octal else int(text, 0)


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> Number:
    text = str(loader.construct_scalar(node)).lower()
    if text.endswith(("inf", "nan")):
        raise BuiltinError(f"error converting YAML to JSON: unsupported value: {text}")
    return _read_float(text)


def _construct_bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() in ("true", "yes", "on", "y")


def _construct_map(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    """A mapping with the keys that JSON has: ``1`` and ``true`` would be one key in Python."""
    loader.flatten_mapping(node)
    return {
        _key_text(loader.construct_object(key, deep=True)): loader.construct_object(
            value, deep=True
        )
        for key, value in node.value
    }


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_map)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Loader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)


def read_yaml(budget: Budget, text: str) -> Value:
    """The value behind a YAML text; raises ``BuiltinError`` where it is malformed."""
    if len(text) > MAX_YAML:
        raise limit_error(f"a YAML text is longer than {MAX_YAML} characters")
    budget.charge_elements(text.count("\n") + text.count(",") + 1)
    loader = _Loader(well_formed(text))
    try:
        value = loader.get_single_data()
        # An alias inside its own anchor makes a value without end, which weighing finds.
        weigh(value)
        return _plain(value)
    except yaml.YAMLError as error:
        raise BuiltinError(f"yaml: {str(error).splitlines()[0]}") from None
    except (RecursionError, ValueError, OverflowError):
        raise limit_error("a YAML text is nested too deeply or has too long a number") from None
    finally:
        loader.dispose()


def _plain(value: Any) -> Value:
    """What YAML read, with the keys that JSON has and nothing but JSON's types."""
    if isinstance(value, dict):
        return {_key_text(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise BuiltinError(f"yaml: a {type(value).__name__} is no JSON value")


def _key_text(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int | float):
        return str(key)
    raise BuiltinError("yaml: a key is neither a string nor a number nor a boolean")


class _Dumper(yaml.CSafeDumper):
    """Writes YAML as Go's library does: double quotes where quotes are needed, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _needs_quotes(dumper: _Dumper, text: str) -> bool:
    tag = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it out
    return bool(tag != "tag:yaml.org,2002:str")


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    text, style = well_formed(text), None
    if "\n" in text:
        style = "|"
    elif _needs_quotes(dumper, text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_NEVER_FOLD = (1 << 31) - 1


@FAMILY.builtin("yaml.marshal", "any", result="string", context=True)
def yaml_marshal(context: Context, value: Value) -> str:
    """The value as YAML text."""
    weight = weigh(value)
    if weight > MAX_YAML:
        raise limit_error(f"a value is larger than {MAX_YAML} members and characters")
    context.budget.charge_string(weight)
    text: str = yaml.dump(
        to_json(value),
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=True,
        allow_unicode=True,
        width=_NEVER_FOLD,
    )
    return text.removesuffix("...\n")


@FAMILY.builtin("yaml.unmarshal", "string", result="any", context=True)
def yaml_unmarshal(context: Context, text: str) -> Value:
    """The value that a YAML text stands for."""
    return read_yaml(context.budget, text)


@FAMILY.builtin("yaml.is_valid", "string", result="boolean", context=True, checked=False)
def yaml_is_valid(context: Context, value: Value) -> bool:
    """Whether the value is YAML text."""
    if type(value) is not str:
        return False
    try:
        read_yaml(context.budget, value)
    except BuiltinError:
        return False
    return True
