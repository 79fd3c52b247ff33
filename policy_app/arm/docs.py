"""The schema itself and its browsable docs, both without a network and without signing in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularAPIView):
    """OpenAPI 3 as JSON or YAML: by ``Accept``, or ``?format=json`` and ``?format=yaml``."""


class BrowsableDocs(SpectacularSwaggerSplitView):
    """Swagger UI from the installed package; its script is a request of its own."""

    url_name = "schema"

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        """Swagger UI sets styles on its elements, which the policy allows on this page only."""
        response: Any = super().finalize_response(*args, **kwargs)
        response.csp_extra = {"style-src": "'self' 'unsafe-inline'"}
        return response
