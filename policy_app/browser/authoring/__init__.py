"""Writing custom definitions: new, copied, changed, deleted."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.authoring import deletion, pages

urlpatterns = [
    path("policy/definitions/new", pages.new, name="definition-new"),
    path("policy/definitions/edit", pages.edit, name="definition-edit"),
    path("policy/definitions/check", pages.check, name="definition-check"),
    path("policy/definitions/delete", deletion.delete, name="definition-delete"),
]
