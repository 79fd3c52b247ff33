"""The schema itself and its browsable docs, both without a network and without signing in."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response


class Schema(SpectacularAPIView):
    """OpenAPI 3 as JSON or YAML: by ``Accept``, or ``?format=json`` and ``?format=yaml``."""


class BrowsableDocs(SpectacularSwaggerSplitView):
    """Swagger UI from the installed package, within the portal's page.

    Its script is a request of its own and the template has no inline style, so that the
    portal's strict policy holds here as well. ``static/js/api-docs.js`` says how it is laid out.
    """

    url_name = "schema"
    template_name = "arm/docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, or with ``?script`` the script that starts Swagger UI in it."""
        # The library has no types.
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        if "script" not in request.GET:
            home = {"label": "Policy", "url": reverse("overview")}
            response.data |= {
                "subtitle": spectacular_settings.DESCRIPTION,
                "crumbs": [home, {"label": "API docs"}],
            }
        return response
