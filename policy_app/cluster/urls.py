"""Addresses of the clusters' API servers, and of the webhooks for real ones."""

from __future__ import annotations

from django.urls import path, re_path

from policy_app.cluster import views, webhooks

urlpatterns = [
    path("clusters/<str:cluster>/admission/v1/<path:rest>", webhooks.view, name="webhook"),
    # Any character may come in a path, line breaks too; a Status answers them all.
    re_path(r"^clusters/(?P<cluster>[^/]+)/(?P<path>(?s:.+))$", views.api, name="cluster-api"),
]
