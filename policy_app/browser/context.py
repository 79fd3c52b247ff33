"""What the frame of every page shows: the left menu, with the section one is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from policy_app.browser.compliance.choosing import badge


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry; ``current`` is the value of ``aria-current``, empty elsewhere."""

    label: str
    icon: str
    url: str
    current: str = ""


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Entries under a heading."""

    label: str
    items: list[MenuItem]


# label, icon, URL name, and the path below which the entry is the current one
_Entry = tuple[str, str, str, str]
_GROUPS: tuple[tuple[str, tuple[_Entry, ...]], ...] = (
    (
        "",
        (
            ("Overview", "layout-dashboard", "overview", "/"),
            ("Compliance", "list-checks", "compliance", "/policy/compliance"),
            ("Denials", "shield-ban", "denials", "/policy/denials"),
            ("Remediation", "wrench", "remediations", "/policy/remediation"),
        ),
    ),
    (
        "Authoring",
        (
            ("Definitions", "scroll-text", "definitions", "/policy/definitions"),
            ("Assignments", "clipboard-check", "assignments", "/policy/assign"),
            ("Exemptions", "shield-off", "exemptions", "/policy/exemptions"),
        ),
    ),
    (
        "Try it",
        (
            ("Test manifests", "flask-conical", "test-manifests", "/policy/test"),
            ("Clusters", "ship-wheel", "clusters", "/clusters"),
        ),
    ),
    (
        "Access",
        (
            ("Access control (IAM)", "users", "access", "/access"),
            ("Activity log", "history", "activity", "/activity"),
        ),
    ),
    (
        "Reference",
        (
            ("Documentation", "book-open", "documentation", "/documentation"),
            ("API docs", "code-xml", "schema-docs", "/schema/docs"),
            ("Administration", "settings", "admin:index", "/admin"),
        ),
    ),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``menu`` for people who have signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"menu": []}
    return {
        "menu": [MenuGroup(label, _items(request, entries)) for label, entries in _GROUPS],
        # Worked out where a page shows it alone: parts of pages have no top bar.
        "cluster_badge": SimpleLazyObject(lambda: _badge(request)),
    }


def _badge(request: HttpRequest) -> object:
    """The chosen cluster's badge, or something that is false where there is none."""
    return badge(request) or ()


def _items(request: HttpRequest, entries: tuple[_Entry, ...]) -> list[MenuItem]:
    found = []
    for label, icon, name, below in entries:
        if name.startswith("admin:") and not request.user.is_superuser:
            continue
        url = reverse(name)
        found.append(MenuItem(label, icon, url, _current(request.path, url, below)))
    return found


def _current(path: str, url: str, below: str) -> str:
    if path == url:
        return "page"
    return "true" if below != "/" and path.startswith(below) else ""
