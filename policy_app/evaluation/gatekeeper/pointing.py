"""Point at the field that a violation is about, from what the rule looked at in the object.

The words of a message only hint at a field; what the rule read to reach its verdict is certain.
Most of it leads nowhere, though: names for the message, images for exclusions, guards against
objects of another kind.  What is read last, and is there, decides; where nothing is there, the
field that was missed last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policy_app.evaluation.rego.explain import Read

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
# Read to name or to exclude something, and not to judge it.
_IDENTITY = frozenset({"name", "generateName", "image", "kind", "apiVersion"})


def point(
    guess: tuple[str, str], thing: Mapping[str, Any], reads: Sequence[Read]
) -> tuple[str, str]:
    """The container's name and the field's path: ``guess`` where the reads know no better.

    ``guess`` is what the message's words say (``locate``); it stands where the rule did read
    that very field.
    """
    telling = [one for one in reads if one.in_object and not _is_identity(one)]
    if not telling:
        return guess
    guessed = [one for one in telling if one.field == guess[1]]
    found = guessed or [one for one in telling if not one.missing] or telling
    chosen = found[-1]
    return _container(thing, chosen) or guess[0], chosen.field


def _is_identity(read: Read) -> bool:
    return not read.path or read.path[-1] in _IDENTITY or len(read.path) <= 2


def _container(thing: Mapping[str, Any], read: Read) -> str:
    """The name of the container that the path leads through; empty where it leads through none."""
    value: Any = {"review": {"object": thing}}
    for before, step in zip(("", *read.path), read.path, strict=False):
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ""
        if before in _CONTAINERS:
            return str(value.get("name", "")) if isinstance(value, Mapping) else ""
    return ""
