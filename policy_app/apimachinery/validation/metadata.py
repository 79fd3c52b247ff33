"""Names, labels, annotations, owners and finalizers of any object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import metadata_of
from policy_app.apimachinery.validation import names
from policy_app.apimachinery.validation.reports import IMMUTABLE, Report, mapping, members

_MOST_ANNOTATIONS = 256 * 1024
_RBAC = "rbac.authorization.k8s.io"
_NAMES: Mapping[tuple[str, str], Callable[[str], list[str]]] = {
    ("", "Namespace"): names.label,
    ("", "Service"): names.old_label,
    **{
        (_RBAC, kind): names.path_segment
        for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    },
}
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def check(kind: Kind, thing: Mapping[str, Any], old: Mapping[str, Any] | None, to: Report) -> None:
    """The metadata of an object."""
    metadata = metadata_of(thing)
    if old is None:
        _check_name(kind, metadata, to)
    check_labels(metadata.get("labels"), "metadata.labels", to)
    check_annotations(metadata.get("annotations"), "metadata.annotations", to)
    _check_owners(metadata, to)
    for one in metadata.get("finalizers") or []:
        _check_finalizer(str(one), to)
    if old is not None:
        _check_unchanged(metadata, metadata_of(old), to)


def check_labels(given: Any, path: str, to: Report) -> None:
    """Keys are qualified names, values short texts; each fault shows the key or the value."""
    for key, value in sorted(mapping(given).items()):
        check_label_key(key, path, to)
        for fault in names.label_value(str(value)):
            to.invalid(path, str(value), fault)


def check_label_key(key: str, path: str, to: Report) -> None:
    """A label's key: a qualified name."""
    for fault in names.qualified(key):
        to.invalid(path, key, fault)


def check_annotations(given: Any, path: str, to: Report) -> None:
    """Keys are qualified names in any case; all together have a limit."""
    pairs = mapping(given)
    for key in sorted(pairs):
        for fault in names.qualified(key.lower()):
            to.invalid(path, key, fault)
    if sum(len(key.encode()) + len(str(pairs[key]).encode()) for key in pairs) > _MOST_ANNOTATIONS:
        to.too_long(path, _MOST_ANNOTATIONS)


def _check_name(kind: Kind, metadata: Mapping[str, Any], to: Report) -> None:
    name = str(metadata.get("name") or "")
    if not name:
        to.required("metadata.name", "name or generateName is required")
        return
    for fault in _NAMES.get((kind.group, kind.kind), names.subdomain)(name):
        to.invalid("metadata.name", name, fault)


def _check_owners(metadata: Mapping[str, Any], to: Report) -> None:
    controllers: list[str] = []
    for index, owner in enumerate(members(metadata.get("ownerReferences"))):
        path = f"metadata.ownerReferences[{index}]"
        for name in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(name):
                text = "version must not be empty" if name == "apiVersion" else "must not be empty"
                to.invalid(f"{path}.{name}", str(owner.get(name) or ""), text)
        if owner.get("controller"):
            controllers.append(f"{owner.get('kind')}/{owner.get('name')}")
    if len(controllers) > 1:
        told = " and ".join(controllers[:2])
        detail = f"Only one reference can have Controller set to true. Found {told}"
        to.invalid("metadata.ownerReferences", metadata["ownerReferences"], detail)


def _check_finalizer(name: str, to: Report) -> None:
    for fault in names.qualified(name):
        to.invalid("metadata.finalizers", name, fault)
    if "/" not in name and name not in _STANDARD_FINALIZERS and "." not in name:
        to.invalid(
            "metadata.finalizers",
            name,
            "name is neither a standard finalizer name nor is it fully qualified",
        )


def _check_unchanged(metadata: Mapping[str, Any], before: Mapping[str, Any], to: Report) -> None:
    for name in ("name", "namespace", "uid", "creationTimestamp"):
        if metadata.get(name) != before.get(name):
            to.invalid(f"metadata.{name}", metadata.get(name), IMMUTABLE)
    added = set(metadata.get("finalizers") or ()) - set(before.get("finalizers") or ())
    if before.get("deletionTimestamp") and added:
        told = ", ".join(f'"{one}"' for one in sorted(added))
        to.forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, found new finalizers"
            f" []string{{{told}}}",
        )
