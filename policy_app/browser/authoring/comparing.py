"""Two versions of a definition side by side, and what makes one of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.authoring import subject
from policy_app.browser.inputs import asked
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.evaluation.language.versions import version_key
from policy_app.models import DefinitionVersion
from policy_app.services import definitions
from policy_app.services.authoring import comparing


@portal_page()
def compare(request: PortalRequest) -> HttpResponse:
    """The newest version beside the one before (``id=``), or others (``before=&after=&whole=``)."""
    found = subject.readable(asked(request, "id"), request.principal)
    versions = sorted((one.version for one in found.versions.all()), key=version_key, reverse=True)
    after = definitions.version(found, asked(request, "after"))
    before = definitions.version(found, asked(request, "before") or _older(versions, after.version))
    whole = bool(asked(request, "whole"))
    context = {
        "title": "Compare versions",
        "subtitle": found.display_name,
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            Crumb(found.display_name, links.definition(found)),
            Crumb("Compare versions"),
        ],
        "definition": found,
        "versions": versions,
        "before": before.version,
        "after": after.version,
        "whole": whole,
        **_compared(before, after, whole=whole),
    }
    return render_page(request, "authoring/compare.html", context)


def _older(versions: Sequence[str], than: str) -> str:
    """The version before this one; itself where it is the first."""
    at = versions.index(than) + 1
    return versions[at] if at < len(versions) else than


def _compared(
    before: DefinitionVersion, after: DefinitionVersion, *, whole: bool
) -> dict[str, Any]:
    found = comparing.compare(before, after)
    differs = any(row.change != "same" for row in found.rows)
    parts = [found.rows] if whole else found.excerpts()
    return {"reasons": found.reasons, "differs": differs, "parts": parts}
