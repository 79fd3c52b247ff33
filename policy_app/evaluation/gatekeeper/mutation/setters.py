"""What mutators put at the end of a location.

Source: the setters of ``pkg/mutation/mutators`` of Gatekeeper.  None changes a value in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.mutation.external_data import Placeholder
from policy_app.evaluation.gatekeeper.mutation.images import Image
from policy_app.evaluation.gatekeeper.mutation.json_values import same, type_name

Fields = Mapping[str, Any]


class Setter(Protocol):
    """What a mutator does where its location leads."""

    def at_field(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        """The object with its field as it should be.  Raises ``MutationError``."""

    def as_item(self) -> dict[str, Any]:
        """The item to put into a keyed list.  Raises ``MutationError`` where there is none."""


@dataclass(frozen=True, slots=True)
class Put:
    """A value, whatever was there."""

    value: Any

    def at_field(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        """The object with the value in its field."""
        value = self.value
        if isinstance(value, Placeholder) and name in parent:
            value = _waiting(value, parent[name])
        return _with(parent, name, value)

    def as_item(self) -> dict[str, Any]:
        """The value, which must be an object."""
        if not isinstance(self.value, dict):
            raise MutationError(f"assign.value for keyed list is not an object: {self.value}")
        return self.value


def _with(parent: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The object with a value in its field; the very same one if it is there already."""
    if name in parent and same(parent[name], value):
        return parent
    return {**parent, name: value}


def _waiting(new: Placeholder, old: Any) -> Placeholder:
    """A placeholder whose key is what it replaces."""
    if isinstance(old, Placeholder):
        return replace(new, key=old.key)
    if isinstance(old, str):
        return replace(new, key=old)
    raise MutationError(
        f"value assigned to external data placeholder is not a string, got {old} ({type_name(old)})"
    )


@dataclass(frozen=True, slots=True)
class _InField:
    """A setter that has no item to give."""

    def as_item(self) -> dict[str, Any]:
        """Keyed lists are no place for it."""
        raise MutationError("mutator does not understand keyed lists")


@dataclass(frozen=True, slots=True)
class Merge(_InField):
    """Values that a list should have; those that it lacks come after what it has."""

    values: tuple[Any, ...]

    def at_field(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        """The object with the values in its list, which is made if need be."""
        found = _set(parent, name) if name in parent else []
        for value in self.values:
            if name not in parent or not _among(value, found):
                found = [*found, value]
        return _with(parent, name, found)


@dataclass(frozen=True, slots=True)
class Prune(_InField):
    """Values that a list should not have."""

    values: tuple[Any, ...]

    def at_field(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        """The object without the values in its list; one that has no list stays as it is."""
        if name not in parent:
            return parent
        kept = [value for value in _set(parent, name) if not _among(value, self.values)]
        return _with(parent, name, kept)


def _set(parent: Fields, name: str) -> list[Any]:
    value = parent[name]
    if not isinstance(value, list):
        raise MutationError(f"{value} is not a list of values, cannot treat it as a set")
    return value


def _among(value: Any, values: list[Any] | tuple[Any, ...]) -> bool:
    return any(same(value, other) for other in values)


@dataclass(frozen=True, slots=True)
class SetImage(_InField):
    """Some parts of an image reference; the others stay."""

    parts: Image

    def at_field(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        """The object with these parts in the reference, which begins empty."""
        old = parent.get(name, "")
        if not isinstance(old, str):
            raise MutationError(
                "expected value at AssignImage location to be a string, "
                f"got {old} of type {type_name(old)}"
            )
        return _with(parent, name, str(self.parts.over(Image.parse(old))))
