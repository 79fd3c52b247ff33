"""Every page's address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from policy_app.browser import (
    assign,
    assignments,
    clusters,
    compliance,
    definitions,
    overview,
    signin,
    testing,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *overview.urlpatterns,
    *signin.urlpatterns,
    *definitions.urlpatterns,
    *assign.urlpatterns,
    *testing.urlpatterns,
    *assignments.urlpatterns,
    *clusters.urlpatterns,
    *compliance.urlpatterns,
]
