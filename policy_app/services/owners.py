"""Who owns an object, up to its workload: the outermost owner, by which people know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from policy_app.apimachinery.objects import controller_of, owners_of

DEEPEST = 10
"""Owners above an object; more of them are a circle."""
# A Pod of the kubelet's own names its Node, which nobody would look for it by.
_NO_WORKLOADS = frozenset({"Node"})


class Owner(NamedTuple):
    """What an object says of its owner."""

    kind: str
    name: str
    uid: str

    @classmethod
    def of(cls, reference: Mapping[str, Any]) -> Owner:
        """From an owner reference."""
        return cls(*(str(reference.get(name) or "") for name in cls._fields))


def controlling(thing: Mapping[str, Any]) -> Owner | None:
    """The owner that makes an object anew when it is gone."""
    controller = controller_of(thing)
    return Owner.of(controller) if controller else None


def naming(thing: Mapping[str, Any]) -> Owner | None:
    """The owner that people know an object by: what controls it, or else the first one named.

    Operators often leave ``controller`` out of what they make.
    """
    named = [one for one in owners_of(thing) if one.get("kind") not in _NO_WORKLOADS]
    chosen = next((one for one in named if one.get("controller") is True), None)
    one = chosen or next(iter(named), None)
    return Owner.of(one) if one else None


def upward(owner: Owner, above: Mapping[str, Owner | None]) -> list[Owner]:
    """An owner and those above it, the outermost last.

    ``above`` has the owner of each owner by uid; one that is not in the cluster ends the way.
    """
    way = [owner]
    while len(way) < DEEPEST and (owner_above := above.get(way[-1].uid)) is not None:
        way.append(owner_above)
    return way
