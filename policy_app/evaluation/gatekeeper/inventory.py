"""The inventory: other objects of the cluster, as Rego finds them under ``data.inventory``.

Source: Gatekeeper's target, which files synced objects under ``cluster[version][kind][name]`` and
``namespace[namespace][version][kind][name]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.evaluation.gatekeeper.match import Subject


def inventory_of(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The objects as ``Client`` takes them; of two with the same name, the later one counts.

    Raises ``ReviewError`` for an object without a version or a kind.
    """
    inventory: dict[str, Any] = {}
    for thing in objects:
        subject = Subject(thing)
        folder = inventory
        for step in _folder(subject):
            folder = folder.setdefault(step, {})
        folder[subject.field("name")] = thing
    return inventory


def _folder(subject: Subject) -> tuple[str, ...]:
    version, kind = subject.object.get("apiVersion"), subject.kind
    if not isinstance(version, str) or not version or not kind:
        missing = "kind" if version else "apiVersion"
        raise ReviewError(f"an object of the inventory has no {missing}", path=missing)
    namespace = subject.field("namespace")
    place = ("namespace", namespace) if namespace else ("cluster",)
    # Kubernetes takes "/v1" for "v1", the version of a group without a name.
    return (*place, version.removeprefix("/"), kind)
