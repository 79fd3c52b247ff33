"""Expansion templates: which objects make which others, and out of what part of them.

Source: ``expansion.gatekeeper.sh`` v1beta1 and v1alpha1 of Gatekeeper, whose texts are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from policy_app.evaluation.gatekeeper.constraints import ACTIONS, MAX_NAME
from policy_app.evaluation.gatekeeper.errors import ExpansionTemplateError
from policy_app.evaluation.gatekeeper.scopes import Gvk, split_api_version
from policy_app.evaluation.results import EnforcementAction

GROUP = "expansion.gatekeeper.sh"
KIND = "ExpansionTemplate"
VERSIONS = ("v1beta1", "v1alpha1")
_WHAT = ("groups", "versions", "kinds")


@dataclass(frozen=True, slots=True)
class ExpansionTemplate:
    """One checked template."""

    name: str
    applies_to: frozenset[Gvk]
    source: tuple[str, ...]
    """The fields on the way to what becomes an object, such as ``("spec", "template")``."""
    generates: Gvk
    enforcement_action: EnforcementAction | None = None
    """What all violations of what it makes are taken for; None leaves it to the constraints."""
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The template's Kubernetes object."""

    @classmethod
    def parse(cls, value: Any) -> ExpansionTemplate:
        """Read a template's Kubernetes object.  Raises ``ExpansionTemplateError``."""
        if not isinstance(value, Mapping) or not is_expansion_template(value):
            raise ExpansionTemplateError(
                f"this is no {KIND} of {GROUP} in one of the versions {', '.join(VERSIONS)}",
                path="apiVersion",
            )
        name = _name(_object(value, "metadata"))
        spec = _object(value, "spec")
        source = spec.get("templateSource")
        if not isinstance(source, str) or not source:
            _refuse(f"{KIND} {name} has empty source field", "spec.templateSource")
        generates = _generates(name, _object(spec, "generatedGVK", "spec."))
        return cls(
            name=name,
            applies_to=_applies_to(name, spec.get("applyTo"), generates),
            source=tuple(source.split(".")),
            generates=generates,
            enforcement_action=_action(spec.get("enforcementAction")),
            written=value,
        )

    def to_object(self) -> dict[str, Any]:
        """The template's Kubernetes object, ready for ``kubectl apply``."""
        return dict(self.written)


def is_expansion_template(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is an expansion template."""
    group, version = split_api_version(value.get("apiVersion"))
    return group == GROUP and version in VERSIONS and value.get("kind") == KIND


def in_cycles(templates: Iterable[ExpansionTemplate]) -> frozenset[str]:
    """The names of the templates whose objects come back to them."""
    known = tuple(templates)
    after = {
        one.name: [other.name for other in known if one.generates in other.applies_to]
        for one in known
    }
    return frozenset(name for name in after if name in _reached(after, name))


def _reached(after: Mapping[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(after[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += after[name]
    return found


def _refuse(message: str, path: str) -> NoReturn:
    raise ExpansionTemplateError(message, path=path)


def _object(value: Mapping[str, Any], name: str, prefix: str = "") -> Mapping[str, Any]:
    inner = value.get(name)
    if inner is not None and not isinstance(inner, Mapping):
        _refuse(f"{prefix}{name} must be an object", f"{prefix}{name}")
    return inner or {}


def _name(metadata: Mapping[str, Any]) -> str:
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        _refuse(f"{KIND} has empty name field", "metadata.name")
    if len(name) > MAX_NAME:
        _refuse(f"{KIND} name must be less than {MAX_NAME + 1} characters", "metadata.name")
    return name


def _generates(name: str, written: Mapping[str, Any]) -> Gvk:
    found = Gvk(*(str(written.get(part) or "") for part in ("group", "version", "kind")))
    if not any(found):
        _refuse(f"{KIND} {name} has empty generatedGVK field", "spec.generatedGVK")
    return found


def _applies_to(name: str, entries: Any, generates: Gvk) -> frozenset[Gvk]:
    if not isinstance(entries, list) or not entries:
        _refuse(f"{KIND} {name} must specify ApplyTo", "spec.applyTo")
    found = frozenset(
        gvk for number, entry in enumerate(entries) for gvk in _combinations(entry, number)
    )
    if generates in found:
        _refuse(
            f"{KIND} {name} generates GVK {generates}, but also applies to that same GVK",
            "spec.applyTo",
        )
    return found


def _combinations(entry: Any, number: int) -> list[Gvk]:
    """Every combination of an entry's lists; none where one of them is empty."""
    path = f"spec.applyTo[{number}]"
    if not isinstance(entry, Mapping):
        _refuse(f"{path} must be an object", path)
    groups, versions, kinds = (_texts(entry, part, path) for part in _WHAT)
    return [Gvk(group, version, kind) for group in groups for version in versions for kind in kinds]


def _texts(entry: Mapping[str, Any], name: str, path: str) -> list[str]:
    found = entry.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        _refuse(f"{path}.{name} must be a list of strings", f"{path}.{name}")
    return found


def _action(value: Any) -> EnforcementAction | None:
    if value in (None, ""):
        return None
    if value not in ACTIONS:
        _refuse(
            f'unrecognized enforcementAction: "{value}" is not within the supported list '
            f"[{' '.join(ACTIONS)}]",
            "spec.enforcementAction",
        )
    return cast("EnforcementAction", value)
