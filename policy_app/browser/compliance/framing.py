"""What surrounds every grid of these pages: what is counted, and where it is exported."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page

from policy_app.browser.pages import PortalRequest

FORMS = (("csv", "CSV"), ("json", "JSON"), ("html", "Report to print"))


def frame(request: PortalRequest, name: str, page: Page[Any], thing: str) -> dict[str, Any]:
    """The context of a grid; ``name`` tells the export whose filters the address has."""
    query = request.GET.copy()
    query.pop("page", None)
    return {
        "page": page,
        "thing": thing,
        "forms": FORMS,
        "page_name": name,
        "export": query.urlencode(),
    }
