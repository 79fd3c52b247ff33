"""Small questions about an object's metadata, asked everywhere."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

Object = dict[str, Any]

# Without vowels and look-alikes, as the API server chooses them: no word comes out by chance.
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH = 5
_LONGEST_GENERATED = 63 - _SUFFIX_LENGTH


def metadata_of(thing: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metadata; empty where the object has none."""
    metadata = thing.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def name_of(thing: Mapping[str, Any]) -> str:
    """``metadata.name``, empty where there is none."""
    return str(metadata_of(thing).get("name") or "")


def namespace_of(thing: Mapping[str, Any]) -> str:
    """``metadata.namespace``, empty for objects of the whole cluster."""
    return str(metadata_of(thing).get("namespace") or "")


def uid_of(thing: Mapping[str, Any]) -> str:
    """``metadata.uid``, empty before the object is stored."""
    return str(metadata_of(thing).get("uid") or "")


def owners_of(thing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The owner references that are objects."""
    owners = metadata_of(thing).get("ownerReferences")
    return [one for one in owners if isinstance(one, Mapping)] if isinstance(owners, list) else []


def controller_of(thing: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The owner reference that manages an object, where one does."""
    return next((one for one in owners_of(thing) if one.get("controller") is True), None)


def finalizers_of(thing: Mapping[str, Any]) -> list[str]:
    """The finalizers that keep a deleted object."""
    finalizers = metadata_of(thing).get("finalizers")
    return list(finalizers) if isinstance(finalizers, list) else []


def is_going(thing: Mapping[str, Any]) -> bool:
    """Whether the object was deleted and waits for its finalizers or its grace period."""
    return bool(metadata_of(thing).get("deletionTimestamp"))


def generated_name(prefix: str) -> str:
    """A name for ``generateName``: the prefix, cut where it is too long, and five letters."""
    suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(_SUFFIX_LENGTH))
    return prefix[:_LONGEST_GENERATED] + suffix


def new_uid() -> str:
    """A fresh ``metadata.uid``."""
    return str(uuid4())


def timestamp(at: datetime) -> str:
    """A moment as ``metav1.Time`` writes it: UTC, whole seconds, ``Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: object) -> datetime | None:
    """The moment that a ``metav1.Time`` names; None where the text is none."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
