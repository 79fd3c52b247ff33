"""The schema itself and its browsable docs, both without a network and without signing in."""

from __future__ import annotations

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularAPIView):
    """OpenAPI 3 as JSON or YAML: by ``Accept``, or ``?format=json`` and ``?format=yaml``."""


class BrowsableDocs(SpectacularSwaggerSplitView):
    """Swagger UI from the installed package; its script is a request of its own.

    The template has no inline style, so that the portal's strict policy holds here as well.
    """

    url_name = "schema"
    template_name = "arm/docs.html"
