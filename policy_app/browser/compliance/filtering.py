"""The filter bar of the compliance pages: everything it holds is in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policy_app.browser import scope_tree
from policy_app.browser.compliance import states
from policy_app.browser.compliance.places import Place
from policy_app.browser.filter_bars import FilterBar, Select
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest, known_tree
from policy_app.models import ComplianceState
from policy_app.services.compliance import pages, records

RESOURCE_STATES = [
    ("", "Non-compliant"),
    (ComplianceState.COMPLIANT.value, "Compliant"),
    (ComplianceState.ERROR.value, "Error"),
]
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Bar(FilterBar):
    """What the bar shows, and what it asks of the records."""

    filters: records.Filters = records.NO_FILTERS
    narrow: bool = False
    """Whether anything beside the place is left out."""

    @property
    def query(self) -> dict[str, str]:
        """What is chosen, as the address has it."""
        chosen = {one.name: one.chosen for one in self.selects}
        return {**chosen, "search": self.search}


def read(
    request: PortalRequest,
    place: Place,
    offered: Sequence[str],
    state_options: Sequence[tuple[str, str]],
) -> Bar:
    """The bar of an address.

    ``offered`` names the choices that make sense here: state, action, namespace, kind, policy.
    """
    search = asked(request, "search").strip()[:_LONGEST]
    selects = [*_scopes(request, place), _clusters(place)]
    makers = {
        "state": lambda: _state(request, state_options),
        "action": lambda: _select(request, "action", "Action", "All", states.ACTIONS),
        "namespace": lambda: _namespaces(request, place),
        "kind": lambda: _named(request, "kind", "Kind", pages.kinds(place.fleet)),
        "policy": lambda: _select(
            request, "policy", "Policy", "All", pages.definitions(place.fleet)
        ),
    }
    selects += [makers[name]() for name in offered]
    chosen = {one.name: one.chosen for one in selects}
    filters = records.Filters(
        definition=chosen.get("policy", ""),
        namespace=chosen.get("namespace", ""),
        workload=asked(request, "workload")[:_LONGEST],
        kind=chosen.get("kind", ""),
        action=chosen.get("action", ""),
        state=chosen.get("state", ""),
        text=search,
    )
    narrow = filters != records.NO_FILTERS
    return Bar("Search by name or message", search, selects, filters, narrow)


def narrowed(chosen: records.Filters, bar: records.Filters) -> records.Filters:
    """What a page is about, narrowed by its bar."""
    return replace(
        chosen,
        namespace=bar.namespace,
        workload=bar.workload,
        kind=bar.kind,
        action=bar.action,
        state=bar.state,
        text=bar.text,
    )


def with_select(bar: Bar, select: Select) -> Bar:
    """The bar with one more choice."""
    narrow = bar.narrow or bool(select.chosen)
    return replace(bar, selects=[*bar.selects, select], narrow=narrow)


def _scopes(request: PortalRequest, place: Place) -> list[Select]:
    """The choice of a scope, for who may see more than one."""
    found = scope_tree.select(known_tree(request), place.scope, "All")
    return [found] if len(found.options) > 1 else []


def _clusters(place: Place) -> Select:
    options = [(one.name, one.name) for one in place.seen]
    return Select("cluster", "Cluster", "All", options, place.chosen.name if place.chosen else "")


def _state(request: PortalRequest, options: Sequence[tuple[str, str]]) -> Select:
    every = next((label for value, label in options if not value), "All")
    return _select(request, "state", "State", every, [one for one in options if one[0]])


def _namespaces(request: PortalRequest, place: Place) -> Select:
    return _named(request, "namespace", "Namespace", pages.namespaces(place.fleet))


def _named(request: PortalRequest, name: str, label: str, options: Sequence[str]) -> Select:
    return _select(request, name, label, "All", [(one, one) for one in options])


def _select(
    request: PortalRequest, name: str, label: str, every: str, options: Sequence[tuple[str, str]]
) -> Select:
    """What is asked for stays chosen though it is not offered: an old address narrows still."""
    wanted = asked(request, name)[:1000]
    known = [value for value, _ in options]
    given = list(options)
    if wanted and wanted not in known:
        if name in ("state", "action"):
            wanted = ""
        else:
            given.append((wanted, wanted.rpartition("/")[2]))
    return Select(name, label, every, given, wanted)
