"""The constraint template behind a definition: its kind and its Rego, to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from policy_app.browser import highlighting
from policy_app.catalog import templates as store
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
    whole: Code | None = None
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
        text = store.text(source.url) if source.url else source.text()
        if text is None:
            return TemplateView(shown, problem="The portal's store has no template of this name.")
        return _view(shown, text, yaml.load(text, Loader=yaml.CSafeLoader))
    except (LanguageError, yaml.YAMLError) as error:
        return TemplateView(shown, problem=f"The template cannot be read: {error}")


def _source(parsed: PolicyDefinition) -> Source | None:
    details = parsed.kubernetes_details
    return details.template if details else None


def _view(source: str, text: str, template: Any) -> TemplateView:
    spec = template.get("spec", {}) if isinstance(template, dict) else {}
    return TemplateView(
        source=source,
        kind=str(spec.get("crd", {}).get("spec", {}).get("names", {}).get("kind", "")),
        rego=[code for target in spec.get("targets", []) for code in _rego(target)],
        whole=Code("The whole template (YAML)", highlighting.lines(text.rstrip("\n"), "yaml")),
    )


def _rego(target: dict[str, Any]) -> list[Code]:
    modules = [("Rego", target.get("rego", ""))]
    libraries = target.get("libs") or []
    modules += [(f"Library {number}", text) for number, text in enumerate(libraries, 1)]
    return [
        Code(label, highlighting.lines(text.rstrip("\n"), "rego"))
        for label, text in modules
        if text
    ]
