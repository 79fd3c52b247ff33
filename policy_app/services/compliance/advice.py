"""A suggested change as people make it: field by field, as a diff, and as a patch for kubectl.

The change of a Pod that a workload makes belongs into that workload, or it is gone with the Pod.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery.objects import metadata_of
from policy_app.evaluation.gatekeeper.json_schema import field_path
from policy_app.evaluation.kube_yaml import writing
from policy_app.evaluation.remedies import (
    Edit,
    Path,
    Suggestion,
    applied,
    json_patch,
    pod_spec_of,
    value_at,
)
from policy_app.models import Component, KubeObject
from policy_app.services.cluster import survey
from policy_app.services.diffs import DiffLine, yaml_diff

REMOVED = "remove it"
NOT_SET = "not set"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field, what it says and what it is to say, both as YAML."""

    path: str
    current: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change, and where."""

    target: str
    """``Deployment/web``: what makes the Pod, or the object itself."""
    is_maker: bool
    changes: Sequence[FieldChange]
    diff: Sequence[Sequence[DiffLine]]
    patch: str
    """A JSON patch, written as YAML."""
    command: str
    """What applies it, with the patch in ``patch.yaml``."""
    note: str
    """What to know before; mostly empty."""


def of(component: Component, thing: Mapping[str, Any], suggestion: Suggestion, note: str) -> Advice:
    """The suggestion for the object itself, or for the workload that makes it."""
    maker = _maker(component)
    edits = _in_maker(thing, maker.body, suggestion.edits) if maker is not None else None
    if maker is None or edits is None:
        return _advice(component, thing, suggestion.edits, note, is_maker=False)
    body = survey.without_secrets(maker.body)
    return _advice(component, body, edits, note, is_maker=True)


def _advice(
    component: Component,
    thing: Mapping[str, Any],
    edits: Sequence[Edit],
    note: str,
    *,
    is_maker: bool,
) -> Advice:
    kind, name = str(thing.get("kind")), str(metadata_of(thing).get("name"))
    return Advice(
        target=f"{kind}/{name}",
        is_maker=is_maker,
        changes=[_change(thing, edit) for edit in edits],
        diff=yaml_diff(thing, applied(thing, edits)),
        patch=writing.dump(json_patch(thing, edits), sort=False).rstrip("\n"),
        command=_command(kind, name, component.namespace if kind != "Namespace" else ""),
        note=note,
    )


def _change(thing: Mapping[str, Any], edit: Edit) -> FieldChange:
    current = value_at(thing, edit.path)
    return FieldChange(
        path=field_path(list(edit.path)),
        current=NOT_SET if current is None else _yaml(current),
        wanted=REMOVED if edit.removes else _yaml(edit.value),
    )


def _yaml(value: Any) -> str:
    return writing.dump(value, sort=False).rstrip("\n").removesuffix("\n...")


def _command(kind: str, name: str, namespace: str) -> str:
    within = f" -n {shlex.quote(namespace)}" if namespace else ""
    what = f"{kind.lower()} {shlex.quote(name)}"
    return f"kubectl patch {what}{within} --type=json --patch-file=patch.yaml"


def _maker(component: Component) -> KubeObject | None:
    """The workload of a Pod, where it is another object that is there still."""
    own = (component.workload_kind, component.workload_name) == (component.kind, component.name)
    if component.kind != "Pod" or own or component.workload_kind not in survey.WORKLOADS:
        return None
    group, plural = survey.WORKLOADS[component.workload_kind]
    return KubeObject.objects.filter(
        cluster=component.cluster_id,
        group=group,
        plural=plural,
        namespace=component.namespace,
        name=component.workload_name,
    ).first()


def _in_maker(
    pod: Mapping[str, Any], maker: Mapping[str, Any], edits: Sequence[Edit]
) -> list[Edit] | None:
    """The edits of a Pod as edits of its template; None where that has no such container."""
    spec = pod_spec_of(maker)
    if spec == ("spec",):
        return None
    moved = []
    for edit in edits:
        below = edit.path[1:] if edit.path[0] == "spec" else None
        path = (*spec, *below) if below is not None else (*spec[:-1], *edit.path)
        if not _same_entry(pod, edit.path, maker, path):
            return None
        moved.append(Edit(path, edit.value))
    return moved


def _same_entry(pod: Mapping[str, Any], path: Path, maker: Mapping[str, Any], moved: Path) -> bool:
    """Whether a way through a list meets an entry of one name in both.

    A webhook may have added containers to the Pod that its template knows nothing of.
    """
    if len(path) < 3 or not isinstance(path[2], int):
        return True
    ahead = len(path) - 3
    name = value_at(pod, (*path[:3], "name"))
    return name is not None and name == value_at(maker, (*moved[: len(moved) - ahead], "name"))
