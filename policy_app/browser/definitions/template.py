"""The constraint template behind a definition: its kind and its Rego, to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from policy_app.browser import highlighting
from policy_app.catalog import sources
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
    rego: list[Code] = field(default_factory=list)
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
    spec = template.get("spec", {}) if isinstance(template, dict) else {}
    return TemplateView(
        source=source,
        kind=str(spec.get("crd", {}).get("spec", {}).get("names", {}).get("kind", "")),
        rego=[code for target in spec.get("targets", []) for code in _rego(target)],
        whole=[_file("The whole template (YAML)", text)],
    )


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


def _rego(target: dict[str, Any]) -> list[Code]:
    modules = [("Rego", target.get("rego", ""))]
    libraries = target.get("libs") or []
    modules += [(f"Library {number}", text) for number, text in enumerate(libraries, 1)]
    return [
        Code(label, highlighting.lines(text.rstrip("\n"), "rego"))
        for label, text in modules
        if text
    ]
