"""Writing custom definitions: new, copied, changed, deleted, compared; in from other tools, and out."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.authoring import (
    comparing,
    deletion,
    exporting,
    importing,
    pages,
    templating,
)

urlpatterns = [
    path("policy/definitions/new", pages.new, name="definition-new"),
    path("policy/definitions/import", importing.import_text, name="definition-import"),
    path("policy/definitions/from-template", templating.from_template, name="definition-template"),
    path("policy/definitions/edit", pages.edit, name="definition-edit"),
    path("policy/definitions/check", pages.check, name="definition-check"),
    path("policy/definitions/delete", deletion.delete, name="definition-delete"),
    path("policy/definitions/export", exporting.export, name="definition-export"),
    path("policy/definitions/compare", comparing.compare, name="definition-compare"),
]
