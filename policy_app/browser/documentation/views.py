"""The list of documents, a document, and the pictures in it."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from policy_app.browser.documentation import library, rendering
from policy_app.browser.pages import Crumb, render_page

_TITLE = "Documentation"


@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    """Every document, by subject."""
    context = {
        "title": _TITLE,
        "subtitle": "What the portal does, how to use it, and where it differs from Azure.",
        "crumbs": [Crumb("Policy", reverse("overview")), Crumb(_TITLE)],
        "subjects": [
            (subject, [library.read(name) for name in group]) for subject, group in library.SUBJECTS
        ],
    }
    return render_page(request, "documentation/contents.html", context)


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponse:
    """One document, with its headings beside it."""
    found = library.read(name)
    if found is None:
        raise Http404
    crumbs = [Crumb("Policy", reverse("overview")), Crumb(_TITLE, reverse("documentation"))]
    context = {
        "title": found.title,
        "crumbs": [*crumbs, Crumb(found.title)],
        "drawn": rendering.drawn(found),
    }
    return render_page(request, "documentation/document.html", context)


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of a document."""
    found = library.image(name)
    if found is None:
        raise Http404
    return FileResponse(found.open("rb"))
