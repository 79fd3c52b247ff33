"""What a document is that is no Kubernetes object, named so that its owner knows it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from policy_app.evaluation.kube_yaml.positions import Step

_RENDER = "Render it first: kustomize build, or kubectl kustomize."
_HELM = "Render the chart first: helm template."


@dataclass(frozen=True, slots=True)
class NotAnObject:
    """Why a document cannot be judged, and the field that shows it."""

    message: str
    hint: str = ""
    path: tuple[Step, ...] = ()
    foreign: bool = False
    """Whether it is plainly something else, and no object with a fault."""


def why_no_object(value: Any, file: str = "") -> NotAnObject | None:
    """None for a Kubernetes object; for anything else, what it is.

    ``file`` helps to tell: Helm and Kustomize give their files fixed names.
    """
    if not isinstance(value, Mapping):
        return NotAnObject(
            f"This document is {_word(value)}, not an object with fields.",
            "A Kubernetes object begins with apiVersion and kind.",
        )
    return _known_stranger(value, file) or _incomplete(value)


def why_no_kind(value: Any) -> NotAnObject | None:
    """None for an object with a kind, which is all that some programs ask for."""
    if not isinstance(value, Mapping):
        return why_no_object(value)
    kind = value.get("kind")
    if not isinstance(kind, str) or not kind:
        return NotAnObject("Object 'Kind' is missing.", "An object for gator has a kind at least.")
    return None


def _word(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "a single value"


def _known_stranger(value: Mapping[str, Any], file: str) -> NotAnObject | None:
    kustomizes = str(value.get("apiVersion", "")).startswith("kustomize.config.k8s.io")
    if "kind" in value and not kustomizes:
        return None
    name = PurePath(file).name.lower()
    if kustomizes or name.startswith("kustomization."):
        return _foreign("This is a Kustomization, not a Kubernetes object.", _RENDER)
    if name.startswith("chart.") or _is_chart(value):
        return _foreign("This is a Helm chart's description, not a Kubernetes object.", _HELM)
    if name.startswith("values.") or name.endswith((".values.yaml", "-values.yaml")):
        return _foreign("These are Helm values, not a Kubernetes object.", _HELM)
    if isinstance(value.get("services"), Mapping) and "apiVersion" not in value:
        return _foreign("This is a Compose file, not a Kubernetes object.")
    return None


def _foreign(message: str, hint: str = "") -> NotAnObject:
    return NotAnObject(message, hint, foreign=True)


def _is_chart(value: Mapping[str, Any]) -> bool:
    return value.get("apiVersion") in ("v1", "v2") and {"name", "version"} <= value.keys()


def _incomplete(value: Mapping[str, Any]) -> NotAnObject | None:
    missing = [name for name in ("apiVersion", "kind") if not value.get(name)]
    if missing:
        return NotAnObject(
            f"This is no Kubernetes object: {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            "A Pod, for instance, begins with apiVersion: v1 and kind: Pod.",
            foreign=not value.keys() & {"apiVersion", "kind", "metadata", "spec"},
        )
    for name in ("apiVersion", "kind"):
        if not isinstance(value[name], str):
            return NotAnObject(f"{name} should be text, but is {value[name]!r}.", path=(name,))
    metadata = value.get("metadata")
    if metadata is not None and not isinstance(metadata, Mapping):
        return NotAnObject(
            "metadata should be an object with fields, such as name.", path=("metadata",)
        )
    return None
