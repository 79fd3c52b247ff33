"""Rules of CEL in the schemas of custom kinds: ``x-kubernetes-validations``.

They are asked once an object fits its schema.  A rule that speaks of ``oldSelf`` is asked about
changes alone, and one that does not is left out where its value stays as it was.  Source:
``apiextensions-apiserver/pkg/apiserver/schema/cel`` of Kubernetes.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from policy_app.apimachinery.errors import Cause
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.validation.reports import Report, mapping, members
from policy_app.evaluation.cel.budget import Budget
from policy_app.evaluation.cel.compiler import Compiled, Scope, compile_expression
from policy_app.evaluation.cel.errors import CelCompileError, CelError, CelLimitError
from policy_app.evaluation.cel.functions.conversions import (
    duration_of_string,
    timestamp_of_string,
)
from policy_app.evaluation.cel.values import OptionalValue

_RULES = "x-kubernetes-validations"
_WHOLE = "<nil>"
_COST = 10_000_000
"""What all rules may cost about one object, in the units of Kubernetes."""
_SPENT = "validation failed due to running out of cost budget, no further validation rules will run"
_SELF, _OLD_SELF = "self", "oldSelf"
_SPEAKS_OF_OLD = re.compile(r"\boldSelf\b")
_SCOPE = Scope((_SELF, _OLD_SELF), {}, {})
_HEAD = ("apiVersion", "kind")
_NAMES = ("name", "generateName")
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\['((?:[^'\\]|\\.)*)'\]")
_RESERVED = frozenset(
    [
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "if"),
        *("function", "import", "let", "loop", "package", "namespace", "return", "var", "void"),
        "while",
    ]
)
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))

Schema = Mapping[str, Any]


class _Absent:
    """No value: there was none before, or nobody can tell which one it was."""


_ABSENT = _Absent()


def faults(kind: Kind, thing: Object, old: Mapping[str, Any] | None) -> list[Cause]:
    """What the rules of a custom kind say about an object that fits its schema."""
    asking = _Asking()
    before = _ABSENT if old is None else old
    try:
        asking.value(thing, kind.schema or {}, "", before, root=True)
    except CelLimitError:
        asking.to.invalid(_WHOLE, "object", _SPENT)
    return asking.to.causes


def faults_of_definition(crd: Mapping[str, Any]) -> list[Cause]:
    """The rules of a definition that are no CEL."""
    report = Report()
    for index, version in enumerate(members(mapping(crd.get("spec")).get("versions"))):
        schema = mapping(mapping(version.get("schema")).get("openAPIV3Schema"))
        path = f"spec.versions[{index}].schema.openAPIV3Schema"
        for where, rule in _rules_in(schema, path):
            _check_rule(rule, where, report)
    return report.causes


def _check_rule(rule: Mapping[str, Any], path: str, to: Report) -> None:
    for name in ("rule", "messageExpression"):
        text = str(rule.get(name) or "")
        if name == "rule" and not text.strip():
            to.required(f"{path}.rule", "rule is not specified")
        found = _compiled(text) if text.strip() else None
        # What is well written, but unknown to this compiler, is let in and not run.
        if isinstance(found, CelCompileError) and "Syntax error" in found.message:
            to.invalid(f"{path}.{name}", text, f"compilation failed: {found.message}")


def _rules_in(schema: Schema, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, rule in enumerate(members(schema.get(_RULES))):
        yield f"{path}.{_RULES}[{index}]", rule
    for name, below in mapping(schema.get("properties")).items():
        yield from _rules_in(mapping(below), f"{path}.properties[{name}]")
    for name in {"items", "additionalProperties"} & set(schema):
        yield from _rules_in(mapping(schema.get(name)), f"{path}.{name}")


@dataclass(slots=True)
class _Asking:
    """Walks a value along its schema, with the value before it, and asks each rule."""

    to: Report = field(default_factory=Report)
    budget: Budget = field(default_factory=lambda: Budget(_COST))

    def value(self, value: Any, schema: Schema, path: str, old: Any, *, root: bool = False) -> None:
        """One value.  Raises ``CelLimitError``."""
        if value is None:
            return
        rules = members(schema.get(_RULES))
        if rules:
            self._ask(rules, value, schema, path, old, root=root)
        if isinstance(value, dict):
            self._object(value, schema, path, old)
        elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
            self._list(value, schema, path, old)

    def _object(self, value: Object, schema: Schema, path: str, old: Any) -> None:
        fields, others = mapping(schema.get("properties")), schema.get("additionalProperties")
        before = old if isinstance(old, Mapping) else {}
        for name, one in value.items():
            was = before.get(name, _ABSENT)
            if name in fields:
                self.value(one, fields[name], f"{path}.{name}" if path else name, was)
            elif isinstance(others, Mapping):
                self.value(one, others, f"{path}[{name}]", was)

    def _list(self, value: list[Any], schema: Schema, path: str, old: Any) -> None:
        known = _by_key(old, schema)
        for index, one in enumerate(value):
            was = known.get(_key(one, schema), _ABSENT)
            self.value(one, schema["items"], f"{path}[{index}]", was)

    def _ask(
        self,
        rules: list[dict[str, Any]],
        value: Any,
        schema: Schema,
        path: str,
        old: Any,
        *,
        root: bool,
    ) -> None:
        same = old is not _ABSENT and old == value
        has_old = old is not _ABSENT and old is not None
        names: dict[str, Any] = {_SELF: _typed(value, schema, root=root)}
        before = _typed(old, schema, root=root) if has_old else None
        for rule in rules:
            if not _SPEAKS_OF_OLD.search(str(rule.get("rule"))):
                if not same:
                    self._ask_one(rule, names, schema, path)
            elif rule.get("optionalOldSelf"):
                optional = OptionalValue(before, has_old)
                self._ask_one(rule, names | {_OLD_SELF: optional}, schema, path)
            elif has_old:
                self._ask_one(rule, names | {_OLD_SELF: before}, schema, path)

    def _ask_one(
        self, rule: Mapping[str, Any], names: Mapping[str, Any], schema: Schema, path: str
    ) -> None:
        compiled = _compiled(str(rule.get("rule")))
        if isinstance(compiled, CelCompileError):
            return
        type_, message = str(schema.get("type") or ""), str(rule.get("message") or "").strip()
        try:
            if compiled.program.evaluate(names, self.budget) is True:
                return
        except CelError as error:
            told = f"{error.message} evaluating rule: {message}"
            self.to.invalid(path or _WHOLE, type_, told)
            return
        self._tell(rule, self._message(rule, names), type_, _place(path, rule) or _WHOLE)

    def _message(self, rule: Mapping[str, Any], names: Mapping[str, Any]) -> str:
        """The rule's message: what its expression says, else its text, else the rule itself."""
        expression = str(rule.get("messageExpression") or "")
        compiled = _compiled(expression) if expression else None
        if isinstance(compiled, Compiled):
            try:
                found = compiled.program.evaluate(names, self.budget)
            except CelError:
                found = None
            if isinstance(found, str) and found.strip() and "\n" not in found:
                return found.strip()
        return (
            str(rule.get("message") or "").strip()
            or f"failed rule: {str(rule.get('rule')).strip()}"
        )

    def _tell(self, rule: Mapping[str, Any], message: str, type_: str, path: str) -> None:
        reason = rule.get("reason")
        if reason == "FieldValueForbidden":
            self.to.forbidden(path, message)
        elif reason == "FieldValueRequired":
            self.to.required(path, message)
        elif reason == "FieldValueDuplicate":
            self.to.duplicate(path, type_)
        else:
            self.to.invalid(path, type_, message)


def _place(path: str, rule: Mapping[str, Any]) -> str:
    """The field that a rule is about: its own place, or what ``fieldPath`` names below."""
    for match in _STEP.finditer(str(rule.get("fieldPath") or "")):
        name = match[1] or match[2]
        path = f"{path}.{name}" if path else name
    return path


def _by_key(old: Any, schema: Schema) -> dict[Any, Any]:
    """The elements before, by what tells them apart; none where nothing does."""
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return {}
    return {_key(one, schema): one for one in old}


def _key(one: Any, schema: Schema) -> tuple[str, ...]:
    names = schema.get("x-kubernetes-list-map-keys") or ()
    return tuple(repr(mapping(one).get(name)) for name in names)


@lru_cache(maxsize=2048)
def _compiled(text: str) -> Compiled | CelCompileError:
    try:
        return compile_expression(text, _SCOPE)
    except CelCompileError as error:
        return error


# Values as rules see them


def _typed(value: Any, schema: Schema, *, root: bool = False) -> Any:
    """A value with the types that its schema gives, and the names that CEL can write."""
    if isinstance(value, dict):
        return _typed_object(value, schema, root=root)
    if isinstance(value, list):
        items = mapping(schema.get("items"))
        return [_typed(one, items) for one in value]
    if isinstance(value, str):
        return _typed_text(value, schema)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole and schema.get("type") == "number" else value


def _typed_object(value: Object, schema: Schema, *, root: bool) -> Object:
    fields, others = mapping(schema.get("properties")), schema.get("additionalProperties")
    if isinstance(others, Mapping):
        return {name: _typed(one, others) for name, one in value.items()}
    if not fields and not root and schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    known = ((name, one) for name, one in value.items() if name in fields)
    found = {_escaped(name): _typed(one, fields[name]) for name, one in known}
    if root or schema.get("x-kubernetes-embedded-resource"):
        # Of what every object has, rules see what it is and what it is called.
        found |= {name: value[name] for name in _HEAD if name in value}
        metadata = mapping(value.get("metadata"))
        found["metadata"] = {name: metadata[name] for name in _NAMES if name in metadata}
    return found


def _typed_text(value: str, schema: Schema) -> Any:
    read = _FORMATS.get(str(schema.get("format")))
    if read is None or schema.get("x-kubernetes-int-or-string"):
        return value
    try:
        return read(value)
    except (CelError, ValueError, binascii.Error):
        return value


def _moment(text: str) -> Any:
    return timestamp_of_string(Budget(), text if "T" in text.upper() else f"{text}T00:00:00Z")


_FORMATS: Mapping[str, Callable[[str], Any]] = {
    "date-time": _moment,
    "date": _moment,
    "duration": lambda text: duration_of_string(Budget(), text),
    "byte": lambda text: base64.b64decode(text, validate=True),
}


def _escaped(name: str) -> str:
    """A field's name as CEL writes it."""
    if name in _RESERVED:
        return f"__{name}__"
    for plain, written in _ESCAPES:
        name = name.replace(plain, written)
    return name
