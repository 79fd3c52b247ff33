"""One object of a source as a mirror keeps it, or why it keeps it not.

What a server notes for itself is left out (``managedFields``, ``selfLink``, the server's own
``resourceVersion``), and so are the values of Secrets.  An object that no server has seen yet, as
those of a folder, is read strictly, completed with defaults and held to its kind's rules: what an
API server refuses is in no cluster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery import decoding, defaults, validation, versions
from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object, metadata_of, name_of, namespace_of, uid_of
from policy_app.apimachinery.schemas import Schemas
from policy_app.services.cluster.store import POLICY_DOMAIN
from policy_app.services.snapshots import kinds, notes
from policy_app.services.snapshots.staging import Staged, text_of, without_uid

MOST_BYTES = 3 * 1024 * 1024
"""As large as a request to an API server may be; etcd keeps half of that."""
_NOT_OURS = ("managedFields", "selfLink", "resourceVersion")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET_VALUES = ("data", "stringData")
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_NO_NAME = re.compile(r"[/%\x00-\x1f\x7f]")
_LONGEST_NAME = 253
_OBJECTS = ("spec", "status", "labels", "annotations")
"""Fields that are objects in every kind, here or in the metadata: what everybody relies on."""
_LONGEST_UID = 36


class LeftOut(Exception):  # noqa: N818 - it ends one object's way, and is no error
    """Why an object is not kept: one of ``notes.REASONS``, and a sentence."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why


@dataclass(frozen=True, slots=True)
class Rules:
    """What normalizing goes by."""

    schemas: Schemas
    namespace: str = "default"
    """Where objects are that name no namespace."""


def is_policy(group: str, plural: str = "", name: str = "") -> bool:
    """Whether an object is one of Gatekeeper's, or the definition of such a kind."""
    defines = (group, plural) == kinds.CRDS and name.endswith(POLICY_DOMAIN)
    return group.endswith(POLICY_DOMAIN) or defines


def staged(kind: Kind, stored: Kind, thing: Any, rules: Rules, *, trusted: bool) -> Staged:
    """An object as it is kept; ``stored`` is the version in which its kind is.

    ``trusted`` is what an API server has answered just now.  Raises ``LeftOut``.
    """
    placed = _placed(kind, thing, rules.namespace)
    if not trusted:
        placed = _checked(kind, placed, rules.schemas)
    kept = _without_secrets(versions.to(stored, placed))
    uid = uid_of(kept)
    if len(uid) > _LONGEST_UID or "\x00" in uid:
        uid, kept = "", without_uid(kept)
    text = text_of(kept)
    if len(text) > MOST_BYTES:
        raise LeftOut(notes.TOO_LARGE)
    resource = (stored.group, stored.plural)
    return Staged(resource, namespace_of(kept), name_of(kept), uid, kept, text)


def _placed(kind: Kind, thing: Any, namespace: str) -> Object:
    """The object with a place and a name that a cluster can have."""
    metadata = thing.get("metadata")
    if not isinstance(metadata, dict):
        raise LeftOut(notes.INVALID, "metadata: Required value: an object has a name")
    kept = {
        key: value for key, value in metadata.items() if key not in _NOT_OURS and value is not None
    }
    name = kept.get("name")
    if not name and kept.get("generateName"):
        raise LeftOut(notes.INVALID, "metadata.name: a server would make it from generateName")
    if not isinstance(name, str) or not _is_name(name):
        raise LeftOut(notes.INVALID, f"metadata.name: Invalid value: {name!r}")
    if not kind.namespaced:
        kept.pop("namespace", None)
    else:
        kept["namespace"] = kept.get("namespace") or namespace
        if not _NAMESPACE.fullmatch(str(kept["namespace"])):
            raise LeftOut(notes.INVALID, f"metadata.namespace: Invalid value: {kept['namespace']}")
    return {**thing, "metadata": kept}


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name not in (".", "..") and not _NO_NAME.search(name)


def _checked(kind: Kind, thing: Object, schemas: Schemas) -> Object:
    relied_on = {**metadata_of(thing), **thing}
    for field in _OBJECTS:
        if not isinstance(relied_on.get(field) or {}, dict):
            raise LeftOut(notes.INVALID, f"{field}: Invalid value: must be an object")
    if uid_of(thing):
        # A server has read it already; what it knows more than our schemas stays.
        return thing
    try:
        decoded = decoding.decode(kind, thing, schemas).object
    except ApiError as error:
        raise LeftOut(notes.INVALID, error.message) from None
    complete = defaults.with_defaults(kind, decoded, schemas)
    causes = validation.faults(kind, complete, None, schemas)
    if causes:
        raise LeftOut(notes.INVALID, "; ".join(f"{one.field}: {one.message}" for one in causes[:3]))
    return complete


def _without_secrets(thing: Object) -> Object:
    """A Secret's metadata and type; its values, and the copy that kubectl leaves, go."""
    if thing.get("kind") != "Secret" or thing.get("apiVersion") != "v1":
        return thing
    kept = {key: value for key, value in thing.items() if key not in _SECRET_VALUES}
    annotations = metadata_of(kept).get("annotations")
    if isinstance(annotations, Mapping) and _APPLIED in annotations:
        left = {key: value for key, value in annotations.items() if key != _APPLIED}
        kept["metadata"] = {**kept["metadata"], "annotations": left}
    return kept
