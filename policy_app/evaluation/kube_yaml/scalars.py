"""Scalars: which plain words are numbers, true, false or null in the eyes of kubectl.

Source: sigs.k8s.io/yaml, which reads YAML 1.1 with go-yaml v2 and turns it into JSON: ``yes`` and
``on`` are true, ``017`` and ``0o17`` are 15, ``1_000`` is 1000, and a date stays a string.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from functools import lru_cache

import yaml

from policy_app.evaluation.kube_yaml.faults import YamlFault

Scalar = str | int | float | bool | None

_PREFIX = "tag:yaml.org,2002:"
_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _true in ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"):
    _WORDS[_true] = True
for _false in ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"):
    _WORDS[_false] = False
for _infinite in (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"):
    _WORDS[_infinite] = math.inf
_WORDS |= {"-.inf": -math.inf, "-.Inf": -math.inf, "-.INF": -math.inf}
_WORDS |= {".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan}

_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)"
    r"|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_LONGEST_NUMBER = 400


@lru_cache(maxsize=16_384)
def plain(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or len(text) > _LONGEST_NUMBER:
        return text
    # A number that begins with a point may not hold underscores.
    return _number(text if text[0] == "." else text.replace("_", ""), text)


def _number(digits: str, text: str) -> Scalar:
    found = _INTEGER.fullmatch(digits)
    if found:
        base = str(found.lastgroup)
        value = int(found[base], _BASES[base])
        return -value if found["sign"] == "-" else value
    if not _FLOAT.fullmatch(digits):
        return text
    number = float(digits)
    return whole(number) if math.isfinite(number) else text


def whole(number: float) -> int | float:
    """``1.0`` as ``1``: JSON from Go does not tell them apart."""
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def refuse_infinite(event: yaml.ScalarEvent, number: float) -> None:
    """Raise ``YamlFault`` for what JSON cannot hold."""
    if not math.isfinite(number):
        raise YamlFault.at(event, f"{event.value!r} is no number that JSON can hold")


def tagged(event: yaml.ScalarEvent) -> Scalar:
    """The value of a scalar that says its type.  Raises ``YamlFault`` where it is none of it."""
    tag = str(event.tag)
    text: str = event.value
    kind = tag.removeprefix(_PREFIX)
    if tag == "!" or kind in ("str", "timestamp"):
        return text
    if kind == "binary":
        return _binary(event)
    types: dict[str, type | tuple[type, ...]] = {
        "int": int,
        "float": (int, float),
        "bool": bool,
        "null": type(None),
    }
    if kind not in types or kind == tag:
        raise unknown_tag(event, tag)
    value: Scalar = plain(text)
    fits = isinstance(value, types[kind]) and (kind == "bool" or not isinstance(value, bool))
    if not fits:
        raise YamlFault.at(event, f"{text!r} is tagged !!{kind}, but is none")
    return value


def _binary(event: yaml.ScalarEvent) -> str:
    try:
        return base64.b64decode(event.value).decode()
    except (binascii.Error, ValueError):
        raise YamlFault.at(event, "A !!binary value is not UTF-8 text in Base64") from None


def unknown_tag(event: yaml.Event, tag: str) -> YamlFault:
    """The fault for a tag that Kubernetes does not know."""
    shown = f"!!{tag.removeprefix(_PREFIX)}" if tag.startswith(_PREFIX) else tag
    return YamlFault.at(
        event, f"The tag {shown} is not allowed", "Kubernetes objects are plain YAML: remove it."
    )
