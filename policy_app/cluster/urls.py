"""Addresses of the clusters' API servers; those of the webhooks are ``webhooks.InFront``'s."""

from __future__ import annotations

from django.urls import re_path

from policy_app.cluster import views

urlpatterns = [
    re_path(r"^clusters/(?P<cluster>[^/]+)/$", views.root, name="cluster-api-root"),
    # Any character may come in a path, line breaks too; a Status answers them all.
    re_path(r"^clusters/(?P<cluster>[^/]+)/(?P<path>(?s:.+))$", views.api, name="cluster-api"),
]
