"""Annotations: what ``# METADATA`` comments tell of packages and rules.

They are read for modules that ask for them with ``rego.metadata.chain()`` or ``.rule()``, and each
call becomes the constant that it stands for.  Elsewhere they are comments like any other, which
a policy cannot break.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.rego.errors import RegoError
from policy_app.evaluation.rego.limits import Budget
from policy_app.evaluation.rego.model import unkey
from policy_app.evaluation.rego.source import Pos, Source
from policy_app.evaluation.rego.syntax import Array, Module, Object, Rule, Scalar, Term

CHAIN, RULE = ("rego", "metadata", "chain"), ("rego", "metadata", "rule")

_PACKAGE_SCOPES = ("package", "subpackages")
_RULE_SCOPES = ("rule", "document")
_PACKAGE = re.compile(r"\s*package\b")

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Annotation:
    """``path`` is the package, followed by the rule's name where it is one of a rule."""

    scope: str
    path: tuple[str, ...]
    fields: Fields
    line: int
    file: str


class Annotations:
    """The annotations of all modules of one program."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self._found = [found for module in modules for found in _annotations(module)]

    def constants(self, module: Module, rule: Rule) -> dict[tuple[str, ...], Term]:
        """What the calls in this rule stand for, by the called name."""
        own = [
            found.fields
            for found in self._found
            if found.scope == "rule" and (found.file, found.line) == (module.file, rule.pos.line)
        ]
        chain = [{"annotations": fields, "path": _path(module, rule)} for fields in own]
        chain = chain or [{"path": _path(module, rule)}]
        for scope, path in _around(module, rule):
            chain += [
                {"annotations": found.fields, "path": list(found.path)}
                for found in self._found
                if (found.scope, found.path) == (scope, path)
            ]
        return {
            CHAIN: _term(chain, rule.pos),
            RULE: _term(own[-1] if own else {}, rule.pos),
        }


def asked_for(modules: Sequence[Module]) -> Annotations | None:
    """The annotations, if a module asks for any."""
    if any("rego.metadata" in line for module in modules for line in module.lines):
        return Annotations(modules)
    return None


def _path(module: Module, rule: Rule) -> list[str]:
    names = [part.value for part in rule.ref[1:] if isinstance(part, Scalar)]
    return [*module.package, rule.name, *map(str, names)]


def _around(module: Module, rule: Rule) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The scopes and paths whose annotations hold for a rule, from the inside to the outside."""
    yield "document", tuple(_path(module, rule))
    yield "package", module.package
    for length in range(len(module.package), 0, -1):
        yield "subpackages", module.package[:length]


def _term(value: Any, pos: Pos) -> Term:
    if isinstance(value, dict):
        pairs = [(_term(unkey(key), pos), _term(part, pos)) for key, part in value.items()]
        return Object(tuple(pairs), pos)
    if isinstance(value, list):
        return Array(tuple([_term(part, pos) for part in value]), pos)
    return Scalar(value, pos)


# Reading ----------------------------------------------------------------------------------------


def _annotations(module: Module) -> Iterator[_Annotation]:
    """The module's annotations; raises ``RegoError`` for one that is malformed."""
    source = Source(module.file, module.lines)
    package = next((n for n, line in enumerate(module.lines, 1) if _PACKAGE.match(line)), 0)
    rules = {rule.pos.line: rule for rule in reversed(module.rules)}
    others = {item.pos.line for item in module.imports}
    statements = sorted({package, *rules, *others})
    for start, text in _blocks(module.lines):
        at = next((line for line in statements if line > start), 0)
        rule = rules.get(at)
        if rule is None and at != package:
            continue
        fields = _fields(text, source, Pos(start, 1))
        scope = _scope(fields, rule, source, Pos(start, 1))
        path = list(module.package) if rule is None else _path(module, rule)
        yield _Annotation(scope, tuple(path), {**fields, "scope": scope}, at, module.file)


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each block's first line, counted from 1, and its text without the comment signs."""
    at = 0
    while at < len(lines):
        if lines[at].rstrip() in ("# METADATA", "#METADATA"):
            start, at = at, at + 1
            text = []
            while at < len(lines) and lines[at].startswith("#"):
                text.append(lines[at][1:].removeprefix(" ").rstrip("\r"))
                at += 1
            yield start + 1, "\n".join(text)
        else:
            at += 1


def _scope(fields: Fields, rule: Rule | None, source: Source, pos: Pos) -> str:
    what, fitting = ("package", _PACKAGE_SCOPES) if rule is None else ("rule", _RULE_SCOPES)
    usual = "document" if rule is not None and fields.get("entrypoint") else fitting[0]
    scope = fields.get("scope", usual)
    if scope not in fitting:
        wanted = " or ".join(fitting)
        message = f"annotation scope {scope!r} does not fit a {what}: expected {wanted}"
        raise source.error(message, pos, "rego_parse_error")
    return str(scope)


def _fields(text: str, source: Source, pos: Pos) -> Fields:
    from policy_app.evaluation.rego.builtins.core import BuiltinError
    from policy_app.evaluation.rego.builtins.documents import read_yaml

    try:
        given = read_yaml(Budget(), text)
    except (BuiltinError, RegoError) as error:
        raise source.error(f"metadata: {error.message}", pos, "rego_parse_error") from None
    if not isinstance(given, dict):
        message = "metadata: expected a mapping such as `title: …` behind METADATA"
        raise source.error(message, pos, "rego_parse_error")
    fields = {}
    for name, (kind, read) in _FIELDS.items():
        value: Any = given.get(name)
        if value is not None and not isinstance(value, kind):
            message = f"metadata: {name} must be a {kind.__name__}"
            raise source.error(message, pos, "rego_parse_error")
        if value and read is not None:
            value = [read(part) for part in given[name]]
            if None in value:
                message = f"metadata: an entry of {name} is malformed"
                raise source.error(message, pos, "rego_parse_error")
        if value:
            fields[name] = value
    return fields


def _author(value: Any) -> Fields | None:
    if type(value) is str and value.strip():
        # `John Doe <john@example.com>`, with either part left out.
        name, bracket, email = value.strip().rpartition("<")
        closed = bracket and email.endswith(">") and " " not in email
        parts = {"name": name.strip(), "email": email[:-1]} if closed else {"name": value.strip()}
    elif type(value) is dict:
        parts = {name: str(value.get(name, "")).strip() for name in ("name", "email")}
    else:
        return None
    return {name: part for name, part in parts.items() if part} or None


def _resource(value: Any) -> Fields | None:
    if type(value) is str:
        return {"ref": value} if value else None
    if type(value) is not dict or type(value.get("ref")) is not str:
        return None
    parts = {name: str(value.get(name, "")).strip() for name in ("ref", "description")}
    return {name: part for name, part in parts.items() if part} if parts["ref"] else None


def _schema(value: Any) -> Fields | None:
    if type(value) is not dict or len(value) != 1:
        return None
    ((path, schema),) = value.items()
    if type(path) is not str or type(schema) not in (str, dict):
        return None
    described = {"schema": schema.split(".")} if type(schema) is str else {"definition": schema}
    return {"path": path.split("."), **described}


_FIELDS: dict[str, tuple[type, Callable[[Any], Fields | None] | None]] = {
    "scope": (str, None),
    "title": (str, None),
    "description": (str, None),
    "entrypoint": (bool, None),
    "organizations": (list, None),
    "related_resources": (list, _resource),
    "authors": (list, _author),
    "schemas": (list, _schema),
    "custom": (dict, None),
}
