"""What a snapshot left out, and why: gathered while it is taken, told at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CHANGING = "changing"
DUPLICATE = "duplicate"
FORBIDDEN = "forbidden"
FOREIGN = "foreign"
INVALID = "invalid"
NOT_KEPT = "notKept"
POLICY = "policy"
SECRETS = "secrets"
TOO_LARGE = "tooLarge"
UNAVAILABLE = "unavailable"
UNREADABLE = "unreadable"
NAMESPACES = "namespaces"
KINDS = "kinds"

REASONS = {
    FORBIDDEN: "may not be listed (403); grant get and list",
    UNAVAILABLE: "cannot be listed now; the server that answers for it does not",
    NOT_KEPT: "kinds that the portal does not keep",
    CHANGING: "written all the time, and no policy looks at them",
    POLICY: "Gatekeeper's own: in a mirror the portal's add-on alone puts policies",
    SECRETS: "kept with their metadata alone: values are never read",
    TOO_LARGE: "larger than any API server takes",
    DUPLICATE: "stand there more than once; the first one is kept",
    INVALID: "no API server would take them",
    UNREADABLE: "cannot be read",
    FOREIGN: "no Kubernetes manifests",
    NAMESPACES: "namespaces that objects are in, and that the source does not hold",
    KINDS: "definitions of kinds, guessed from their objects since the source holds none",
}
"""In the order in which they are told; the last two tell what was added."""
ADDED = frozenset({NAMESPACES, KINDS})
_MOST_EXAMPLES = 20
_MOST_KEPT = 200


@dataclass(slots=True)
class Left:
    """Things of one sort that were left out for one reason."""

    reason: str
    """One of ``REASONS``."""
    what: str
    """A resource such as ``leases.coordination.k8s.io``; empty where each example says it."""
    count: int = 0
    examples: list[str] = field(default_factory=list)
    """The first ones, with file and line where they have one."""

    def to_object(self) -> dict[str, Any]:
        """As it is kept with the cluster, and printed as JSON."""
        return {
            "reason": self.reason,
            "what": self.what,
            "count": self.count,
            "examples": self.examples,
        }


@dataclass(slots=True)
class Notes:
    """Everything that was left out, by reason and resource."""

    found: dict[tuple[str, str], Left] = field(default_factory=dict)

    def add(self, reason: str, what: str = "", example: str = "", count: int = 1) -> None:
        """Count one thing more; ``count`` is 0 where nobody knows how many there are."""
        left = self.found.setdefault((reason, what), Left(reason, what))
        left.count += count
        if example and len(left.examples) < _MOST_EXAMPLES:
            left.examples.append(example)

    def told(self) -> list[Left]:
        """In the order of ``REASONS``, then by name."""
        order = list(REASONS)
        return sorted(self.found.values(), key=lambda one: (order.index(one.reason), one.what))

    def to_list(self) -> list[dict[str, Any]]:
        """As it is kept with the cluster; bounded, whatever the source holds."""
        return [one.to_object() for one in self.told()[:_MOST_KEPT]]
