"""Addresses of the clusters' API servers, and of the webhooks for real ones."""

from __future__ import annotations

from django.urls import path

from policy_app.cluster import views, webhooks

urlpatterns = [
    path("clusters/<str:cluster>/admission/v1/<path:rest>", webhooks.view, name="webhook"),
    path("clusters/<str:cluster>/<path:path>", views.api, name="cluster-api"),
]
