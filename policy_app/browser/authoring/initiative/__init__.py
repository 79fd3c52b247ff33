"""The editor of initiatives: a tab for each part, and the JSON of all of them."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.authoring.initiative import pages

urlpatterns = [
    path("policy/initiatives/new", pages.new, name="initiative-new"),
    path("policy/initiatives/edit", pages.edit, name="initiative-edit"),
]
