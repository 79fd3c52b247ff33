"""The constraint template behind a definition: its kind and its Rego or CEL, to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from policy_app.browser import highlighting
from policy_app.catalog import sources
from policy_app.evaluation.gatekeeper.drivers import CEL, REGO
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.errors import LanguageError


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of code under its own heading."""

    label: str
    lines: list[highlighting.Line]


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template as the page shows it; ``problem`` where it could not be read."""

    source: str
    kind: str = ""
    code: list[Code] = field(default_factory=list)
    """What it runs, and what it carries beside that, in the order in which it is written."""
    whole: list[Code] = field(default_factory=list)
    """The files themselves: the template, and the constraint where the definition names one."""
    problem: str = ""


def has_one(parsed: object) -> bool:
    """Does the definition name a constraint template?"""
    return isinstance(parsed, PolicyDefinition) and _source(parsed) is not None


def read(parsed: PolicyDefinition) -> TemplateView:
    """The template that the definition carries or names; only for definitions that have one."""
    source = _source(parsed)
    assert source is not None
    shown = source.url or "Base64 text in the definition"
    try:
        text = _text(source)
        if text is None:
            return TemplateView(shown, problem="The portal's store has no template of this name.")
        view = _view(shown, text, yaml.load(text, Loader=yaml.CSafeLoader))
        view.whole.extend(_constraint_file(parsed))
        return view
    except (LanguageError, yaml.YAMLError) as error:
        return TemplateView(shown, problem=f"The template cannot be read: {error}")


def _text(source: Source) -> str | None:
    return sources.text(source) if source.url else source.text()


def _source(parsed: PolicyDefinition) -> Source | None:
    details = parsed.kubernetes_details
    return details.template if details else None


def _view(source: str, text: str, template: Any) -> TemplateView:
    spec = _object(template, "spec")
    names = _object(_object(_object(spec, "crd"), "spec"), "names")
    return TemplateView(
        source=source,
        kind=str(names.get("kind", "")),
        code=[code for target in _objects(spec, "targets") for code in _code(target)],
        whole=[_file("The whole template (YAML)", text)],
    )


def _object(value: Any, name: str) -> Mapping[str, Any]:
    """A field of what may not be shaped as a template; empty where it is no object."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _objects(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = value.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _constraint_file(parsed: PolicyDefinition) -> list[Code]:
    """The constraint that a retired definition names beside its template."""
    details = parsed.kubernetes_details
    source = details.constraint if details else None
    if source is None:
        return []
    text = _text(source)
    return [] if text is None else [_file("The constraint file (YAML)", text)]


def _file(label: str, text: str) -> Code:
    return Code(label, highlighting.lines(text.rstrip("\n"), "yaml"))


def _code(target: Mapping[str, Any]) -> Iterator[Code]:
    """The code of a target in either layout; where Rego runs, CEL beside it is named as idle."""
    yield from _rego(target)
    entries = _objects(target, "code")
    engines = {str(entry.get("engine")) for entry in entries}
    has_rego = bool(target.get("rego")) or REGO in engines
    for entry in entries:
        source = _object(entry, "source")
        if entry.get("engine") == REGO:
            yield from _rego(source)
        elif entry.get("engine") == CEL:
            yield from _cel(source, ", not run here since there is Rego" if has_rego else "")


def _rego(source: Mapping[str, Any]) -> Iterator[Code]:
    yield from _block("Rego", source.get("rego"), "rego")
    libraries = source.get("libs")
    for number, text in enumerate(libraries if isinstance(libraries, list) else (), 1):
        yield from _block(f"Library {number}", text, "rego")


def _cel(source: Mapping[str, Any], note: str) -> Iterator[Code]:
    for one in _objects(source, "matchCondition"):
        yield from _block(f"CEL: condition {one.get('name')}{note}", one.get("expression"), "cel")
    for one in _objects(source, "variables"):
        yield from _block(f"CEL: variables.{one.get('name')}{note}", one.get("expression"), "cel")
    for number, one in enumerate(_objects(source, "validations"), 1):
        yield from _block(f"CEL: validation {number}{note}", one.get("expression"), "cel")
        message, text = one.get("messageExpression"), one.get("message")
        yield from _block(f"CEL: message of validation {number}{note}", message, "cel")
        yield from _block(f"Message of validation {number}{note}", text, "text")


def _block(label: str, text: Any, language: str) -> Iterator[Code]:
    if isinstance(text, str) and text.strip():
        yield Code(label, highlighting.lines(text.rstrip("\n"), language))
