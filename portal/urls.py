"""Every door's URLs, in one place: pages, REST, admin, health."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("policy_app.browser.health")),
    path("", include("policy_app.browser.metrics")),
    path("", include("policy_app.browser.urls")),
    # After the pages about clusters, which stand at addresses that no API server has.
    path("", include("policy_app.cluster.urls")),
    path("", include("policy_app.arm.urls")),
]
