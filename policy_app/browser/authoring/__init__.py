"""Writing custom definitions: made, changed, deleted, compared, taken in and out, tried."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.authoring import (
    comparing,
    deletion,
    exporting,
    importing,
    initiative,
    keywords,
    naming,
    pages,
    playground,
    templating,
)

urlpatterns = [
    *initiative.urlpatterns,
    path("policy/definitions/new", pages.new, name="definition-new"),
    path("policy/definitions/import", importing.import_text, name="definition-import"),
    path("policy/definitions/from-template", templating.from_template, name="definition-template"),
    path("policy/definitions/edit", pages.edit, name="definition-edit"),
    path("policy/definitions/check", pages.check, name="definition-check"),
    path("policy/definitions/delete", deletion.delete, name="definition-delete"),
    path("policy/definitions/keywords", keywords.keywords, name="definition-keywords"),
    path("policy/definitions/names", naming.names, name="definition-names"),
    path("policy/definitions/playground", playground.playground, name="definition-playground"),
    path("policy/definitions/try", playground.draft, name="definition-try"),
    path("policy/definitions/export", exporting.export, name="definition-export"),
    path("policy/definitions/compare", comparing.compare, name="definition-compare"),
]
