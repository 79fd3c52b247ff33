"""Every page's address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from policy_app.browser import (
    access,
    activity,
    assign,
    assignments,
    authoring,
    clusters,
    compliance,
    definitions,
    documentation,
    exemptions,
    oidc,
    overview,
    remediation,
    signin,
    testing,
)

urlpatterns: list[URLPattern | URLResolver] = [
    *overview.urlpatterns,
    *access.urlpatterns,
    *activity.urlpatterns,
    # Before the one-time links, whose address would take it for a secret.
    *oidc.urlpatterns,
    *signin.urlpatterns,
    *authoring.urlpatterns,
    *definitions.urlpatterns,
    *assign.urlpatterns,
    *testing.urlpatterns,
    *assignments.urlpatterns,
    *exemptions.urlpatterns,
    *clusters.urlpatterns,
    *compliance.urlpatterns,
    *remediation.urlpatterns,
    *documentation.urlpatterns,
]
