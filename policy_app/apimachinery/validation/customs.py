"""Custom resources, by the schema of their definition.

Sources: OpenAPI v3 as structural schemas use it; ``kube-openapi/pkg/validation/errors`` for what
each fault says.  Rules of CEL (``x-kubernetes-validations``) are asked by ``services.cluster``.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, moment
from policy_app.apimachinery.validation import metadata
from policy_app.apimachinery.validation.reports import Report

_DURATION = re.compile(r"[-+]?(?:0|(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.?)+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}")
_BITS = {"int32": 31, "int64": 63}
_WHOLE = "<nil>"
_HEAD = ("apiVersion", "kind", "metadata")

Schema = Mapping[str, Any]


def check(kind: Kind, thing: Object, to: Report) -> None:
    """A custom resource; its metadata have been looked at already."""
    _Checker(to).value(thing, kind.schema or {}, "", root=True)


@dataclass(slots=True)
class _Checker:
    """Walks a value along its schema, and tells each fault at its path."""

    to: Report

    def value(self, value: Any, schema: Schema, path: str, *, root: bool = False) -> None:
        """One value."""
        if value is None and schema.get("nullable"):
            return
        if not self._has_type(value, schema, path):
            return
        self._check_format(value, schema, path)
        self._check_words(value, schema, path)
        if isinstance(value, str):
            self._check_text(value, schema, path)
        elif isinstance(value, list):
            self._check_list(value, schema, path)
        elif isinstance(value, dict):
            self._check_object(value, schema, path, root=root)
        elif value is not None and not isinstance(value, bool):
            self._check_number(value, schema, path)
        self._check_logic(value, schema, path)

    def _has_type(self, value: Any, schema: Schema, path: str) -> bool:
        given = _json_type(value)
        if schema.get("x-kubernetes-int-or-string"):
            if given in ("integer", "string"):
                return True
            self._wrong_type(path, "integer,string", given)
            return False
        wanted = schema.get("type")
        if not wanted or given == wanted or (wanted, given) == ("number", "integer"):
            return True
        if wanted == "integer" and isinstance(value, float) and value.is_integer():
            return True
        self._wrong_type(path, str(wanted), given)
        return False

    def _wrong_type(self, path: str, wanted: str, given: str) -> None:
        text = f'{_in_body(path)} must be of type {wanted}: "{given}"'
        self.to.wrong_type(path or _WHOLE, given, text)

    def _check_format(self, value: Any, schema: Schema, path: str) -> None:
        name = schema.get("format")
        if isinstance(value, str) and schema.get("type") == "string":
            fits = _FORMATS.get(str(name))
            if fits is not None and not fits(value):
                shown = json.dumps(value, ensure_ascii=False)
                text = f"{_in_body(path)} must be of type {name}: {shown}"
                self.to.wrong_type(path, value, text)
        bits = _BITS.get(str(name))
        if bits and isinstance(value, int) and not -(2**bits) <= value < 2**bits:
            text = f"{_in_body(path)} must be of type {name}: {value}"
            self.to.invalid(path, value, text)

    def _check_words(self, value: Any, schema: Schema, path: str) -> None:
        words = schema.get("enum")
        if words is not None and not any(_same(value, one) for one in words):
            told = [one if isinstance(one, str) else _compact(one) for one in words]
            shown = value if isinstance(value, (str, int, float, bool)) else _compact(value)
            self.to.unsupported(path, shown, told)

    def _check_text(self, value: str, schema: Schema, path: str) -> None:
        here, least, most = _in_body(path), schema.get("minLength"), schema.get("maxLength")
        if least is not None and len(value) < least:
            text = f"{here} should be at least {least} chars long"
            self.to.invalid(path, value, text)
        if most is not None and len(value) > most:
            self.to.too_long(path, most)
        pattern = schema.get("pattern")
        if pattern and not _matches(str(pattern), value):
            self.to.invalid(path, value, f"{here} should match '{pattern}'")

    def _check_number(self, value: float, schema: Schema, path: str) -> None:
        here = _in_body(path)
        least, most = schema.get("minimum"), schema.get("maximum")
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        if least is not None and (value <= least if above else value < least):
            words = "should be greater than" if above else "should be greater than or equal to"
            self.to.invalid(path, value, f"{here} {words} {least}")
        if most is not None and (value >= most if below else value > most):
            words = "should be less than" if below else "should be less than or equal to"
            self.to.invalid(path, value, f"{here} {words} {most}")
        factor = schema.get("multipleOf")
        if factor and value % factor:
            self.to.invalid(path, value, f"{here} should be a multiple of {factor}")

    def _check_list(self, value: list[Any], schema: Schema, path: str) -> None:
        least, most = schema.get("minItems"), schema.get("maxItems")
        if least is not None and len(value) < least:
            text = f"{_in_body(path)} should have at least {least} items"
            self.to.invalid(path, len(value), text)
        if most is not None and len(value) > most:
            self.to.too_many(path, len(value), most)
        items = schema.get("items")
        if isinstance(items, Mapping):
            for index, one in enumerate(value):
                self.value(one, items, f"{path}[{index}]")
        self._check_unique(value, schema, path)

    def _check_unique(self, value: list[Any], schema: Schema, path: str) -> None:
        form = schema.get("x-kubernetes-list-type")
        if form not in ("set", "map"):
            return
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        seen: set[str] = set()
        for index, one in enumerate(value):
            known = {key: one[key] for key in keys if key in one} if _is_entry(form, one) else one
            mark = _compact(known)
            if mark in seen:
                shown = known if isinstance(known, (str, int)) else mark
                self.to.duplicate(f"{path}[{index}]", shown)
            seen.add(mark)

    def _check_object(
        self, value: Object, schema: Schema, path: str, *, root: bool = False
    ) -> None:
        embedded = schema.get("x-kubernetes-embedded-resource")
        if embedded:
            self._check_embedded(value, path)
        for name in schema.get("required") or ():
            if name not in value:
                self.to.required(_below(path, name))
        least, most = schema.get("minProperties"), schema.get("maxProperties")
        if least is not None and len(value) < least:
            text = f"{_in_body(path)} should have at least {least} properties"
            self.to.invalid(path, len(value), text)
        if most is not None and len(value) > most:
            self.to.too_many(path, len(value), most)
        fields = schema.get("properties") or {}
        others = schema.get("additionalProperties")
        for name, one in value.items():
            if (root or embedded) and name in _HEAD:
                self._check_head(name, one, fields.get(name), path)
            elif name in fields:
                self.value(one, fields[name], _below(path, name))
            elif isinstance(others, Mapping):
                self.value(one, others, _below(path, name))

    def _check_head(self, name: str, value: Any, schema: Any, path: str) -> None:
        """Of metadata a definition may restrict the name alone; kind and version are given."""
        if name == "metadata" and isinstance(schema, Mapping) and isinstance(value, dict):
            rule = (schema.get("properties") or {}).get("name")
            if isinstance(rule, Mapping) and "name" in value:
                self.value(value["name"], rule, _below(path, "metadata.name"))

    def _check_embedded(self, value: Object, path: str) -> None:
        for name in ("apiVersion", "kind"):
            if not value.get(name):
                self.to.required(_below(path, name), "must not be empty")
        labels = value.get("metadata") or {}
        metadata.check_labels(labels.get("labels"), _below(path, "metadata.labels"), self.to)

    def _check_logic(self, value: Any, schema: Schema, path: str) -> None:
        shown = json.dumps(path)
        for one in schema.get("allOf") or ():
            self.value(value, one, path)
        if (several := schema.get("anyOf")) and not any(_fits(value, one, path) for one in several):
            self.to.invalid(_WHOLE, "", f"{shown} must validate at least one schema (anyOf)")
        if several := schema.get("oneOf"):
            count = sum(1 for one in several if _fits(value, one, path))
            found = "none valid" if count == 0 else f"{count} valid alternatives"
            text = f"{shown} must validate one and only one schema (oneOf). Found {found}"
            if count != 1:
                self.to.invalid(_WHOLE, "", text)
        refused = schema.get("not")
        if isinstance(refused, Mapping) and _fits(value, refused, path):
            self.to.invalid(_WHOLE, "", f"{shown} must not validate the schema (not)")


def _fits(value: Any, schema: Schema, path: str) -> bool:
    report = Report()
    _Checker(report).value(value, schema, path)
    return not report.causes


def _is_entry(form: Any, value: Any) -> bool:
    return form == "map" and isinstance(value, dict)


def _json_type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names: tuple[tuple[type, str], ...] = (
        (str, "string"),
        (int, "integer"),
        (float, "number"),
        (list, "array"),
    )
    return next((name for type_, name in names if isinstance(value, type_)), "object")


def _in_body(path: str) -> str:
    return f"{path} in body"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _matches(pattern: str, value: str) -> bool:
    """Whether a text has a match; a pattern that cannot be read here refuses nothing."""
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(value) is not None


def _parses(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            read(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return fits


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date-time": lambda text: "T" in text.upper() and moment(text) is not None,
    "date": lambda text: len(text) == 10 and moment(text) is not None,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "byte": _parses(lambda text: base64.b64decode(text, validate=True)),
    "ipv4": _parses(IPv4Address),
    "ipv6": _parses(IPv6Address),
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "hostname": lambda text: len(text) < 256 and _HOST.fullmatch(text) is not None,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
    "uri": lambda text: bool(urlsplit(text).scheme or text.startswith("/")),
}
