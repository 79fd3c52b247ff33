"""Mutators and patches that the tests of mutation share."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from policy_app.evaluation.gatekeeper.mutation import Mutated, Mutators
from policy_app.evaluation.gatekeeper.review import Review

PODS = [{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}]


def mutator(kind: str, location: str, name: str = "m", **spec: Any) -> dict[str, Any]:
    """A mutator's Kubernetes object; what is not ``match`` or ``applyTo`` is a parameter."""
    outer = {key: spec.pop(key) for key in ("match", "applyTo") if key in spec}
    if kind != "AssignMetadata":
        outer.setdefault("applyTo", PODS)
    return {
        "apiVersion": "mutations.gatekeeper.sh/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {**outer, "location": location, "parameters": spec},
    }


def assign(location: str, value: Any, name: str = "m", **spec: Any) -> dict[str, Any]:
    """An Assign of a constant."""
    return mutator("Assign", location, name, assign={"value": value}, **spec)


def label(location: str, value: Any, name: str = "m", **spec: Any) -> dict[str, Any]:
    """An AssignMetadata of a constant."""
    return mutator("AssignMetadata", location, name, assign={"value": value}, **spec)


def modify(location: str, values: list[Any], name: str = "m", **spec: Any) -> dict[str, Any]:
    """A ModifySet."""
    return mutator("ModifySet", location, name, values={"fromList": values}, **spec)


def pod(**spec: Any) -> dict[str, Any]:
    """A Pod ``web`` in the namespace ``default``, with this spec."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": spec,
    }


def containers(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """Containers with these names and fields."""
    return [{"name": name, "image": "nginx", **deepcopy(fields)} for name in names]


def mutated(thing: dict[str, Any], *objects: dict[str, Any]) -> Mutated:
    """What the mutators make of an object that is created."""
    return Mutators.parse(objects).mutate(Review.create(thing))


def spec_after(thing: dict[str, Any], *objects: dict[str, Any]) -> Any:
    """The spec of the object that the mutators make."""
    return mutated(thing, *objects).object["spec"]


def patched(thing: Any, patch: Any) -> Any:
    """An RFC 6902 patch, applied by the letter: paths must exist, and list places count."""
    result = deepcopy(thing)
    for operation in patch:
        *above, last = (
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        )
        parent = result
        for part in above:
            parent = parent[int(part)] if isinstance(parent, list) else parent[part]
        _apply(parent, last, operation)
    return result


def _apply(parent: Any, last: str, operation: Any) -> None:
    key: Any = int(last) if isinstance(parent, list) else last
    if operation["op"] == "add" and isinstance(parent, list):
        assert key <= len(parent)
        parent.insert(key, operation["value"])
        return
    assert (key in parent if isinstance(parent, dict) else key < len(parent)) is (
        operation["op"] != "add"
    )
    if operation["op"] == "remove":
        del parent[key]
    else:
        parent[key] = operation["value"]
