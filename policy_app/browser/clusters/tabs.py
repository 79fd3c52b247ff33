"""The tabs of a cluster; only the one that is shown is worked out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from policy_app.browser.clusters import (
    addon,
    events,
    inventory,
    namespaces,
    overview,
    policies,
    refusals,
    workloads,
)
from policy_app.browser.clusters.subject import Subject
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest, Tab, TabPage


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    label: str
    context: Callable[[PortalRequest, Subject], dict[str, Any]]
    template: str = "clusters/_list.html"
    grid: str = ""
    """What filters change; by default it is called as the tab is."""


def shown(request: PortalRequest, subject: Subject) -> TabPage:
    """The tabs for this cluster; the first one where the address names none of them."""
    wanted = asked(request, "tab")
    current = next((kind for kind in _KINDS if kind.name == wanted), _KINDS[0])
    tabs = [Tab(kind.label, subject.url(kind.name), kind is current) for kind in _KINDS]
    context = {
        "tab": current.name,
        "clear_url": subject.url(current.name),
        "grid": current.grid or f"clusters/_{current.name}.html",
        **current.context(request, subject),
    }
    return TabPage(tabs, current.template, context)


_KINDS = (
    _Kind("overview", "Overview", overview.context, "clusters/_overview.html"),
    _Kind("namespaces", "Namespaces", namespaces.context),
    _Kind("workloads", "Workloads", workloads.context),
    _Kind("objects", "All objects", inventory.context),
    _Kind("events", "Events", events.context),
    _Kind("denied", "Denied requests", refusals.context),
    _Kind("policies", "Policy objects", policies.context),
    _Kind("addon", "Add-on", addon.context, "clusters/_addon.html", "clusters/_addon_ways.html"),
)
