"""Addresses of the clusters' API servers."""

from __future__ import annotations

from django.urls import path

from policy_app.cluster import views

urlpatterns = [path("clusters/<str:cluster>/<path:path>", views.api, name="cluster-api")]
