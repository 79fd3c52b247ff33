"""Definitions: the list, and the pages of one definition or initiative."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.definitions import detail, listing

urlpatterns = [
    path("policy/definitions", listing.definitions, name="definitions"),
    path("policy/definitions/<str:kind>/<str:name>", detail.definition, name="definition"),
    path("policy/definitions/<str:kind>/<str:name>/json", detail.export, name="definition-json"),
]
