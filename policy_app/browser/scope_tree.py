"""The tree of scopes as pickers and filters draw it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from policy_app.browser.filter_bars import Select
from policy_app.models import Scope
from policy_app.services.authorization import Permit

HIDDEN_ABOVE = "a scope above that is not shown to you"
"""Where something comes from that counts here as well, for who has no role there."""
_ICONS = {
    Scope.Kind.MANAGEMENT_GROUP: "network",
    Scope.Kind.SUBSCRIPTION: "key-round",
    Scope.Kind.RESOURCE_GROUP: "folder",
    Scope.Kind.CLUSTER: "ship-wheel",
}


@dataclass(slots=True)
class Node:
    """A scope, what is under it, and whether its box is ticked."""

    scope: Scope
    checked: bool = False
    disabled: bool = False
    """Shown for its place in the tree only."""
    why: str = ""
    """Why it is disabled, where that is not plain to see."""
    children: list[Node] = field(default_factory=list)

    @property
    def icon(self) -> str:
        """The Lucide icon of its level."""
        return _ICONS[Scope.Kind(self.scope.kind)]


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a select; the level is drawn with spaces before the name."""

    arm_id: str
    label: str
    chosen: bool


def nested(
    tree: Iterable[Scope],
    checked: Collection[str] = (),
    owner: Scope | None = None,
    allowed: Callable[[Scope], Permit] | None = None,
) -> list[Node]:
    """Nodes from scopes that come parents first; what is outside ``owner`` is disabled, and what
    is not ``allowed``, with the reason.

    A scope whose parent is not among them starts a tree of its own.  ``checked`` holds ids.
    """
    wanted = {arm_id.lower() for arm_id in checked}
    nodes: dict[int, Node] = {}
    roots: list[Node] = []
    for scope in tree:
        outside = owner is not None and not scope.is_at_or_below(owner)
        permit = Permit(True) if allowed is None else allowed(scope)
        disabled = outside or not permit
        node = Node(scope, scope.key in wanted, disabled=disabled, why=permit.why)
        nodes[scope.pk] = node
        above = nodes.get(scope.parent_id or 0)
        (above.children if above else roots).append(node)
    return roots


def select(tree: Iterable[Scope], chosen: Scope | None, every: str = "All scopes") -> Select:
    """The choice of a scope in a filter bar, ``scope`` in the address."""
    options = [(one.arm_id, one.label) for one in choices(tree, chosen)]
    return Select("scope", "Scope", every, options, chosen.arm_id if chosen else "")


def choices(tree: Iterable[Scope], chosen: Scope | None) -> list[Choice]:
    """The options of a select, indented by level."""
    return [
        Choice(scope.arm_id, "\u2003" * scope.depth + str(scope), scope == chosen) for scope in tree
    ]
