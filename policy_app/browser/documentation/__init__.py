"""The documents that come with the portal, as pages: no network, and no signing in."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.documentation import views

urlpatterns = [
    path("documentation", views.contents, name="documentation"),
    path("documentation/images/<str:name>", views.image, name="documentation-image"),
    path("documentation/<slug:name>", views.document, name="document"),
]
