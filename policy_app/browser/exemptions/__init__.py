"""Exemptions: the list, the page of one, the form that writes one, and its deletion."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.exemptions import deletion, detail, listing, pages

urlpatterns = [
    path("policy/exemptions", listing.exemptions, name="exemptions"),
    path("policy/exemptions/new", pages.new, name="exemption-new"),
    path("policy/exemptions/view", detail.exemption, name="exemption"),
    path("policy/exemptions/edit", pages.edit, name="exemption-edit"),
    path("policy/exemptions/delete", deletion.delete, name="exemption-delete"),
]
