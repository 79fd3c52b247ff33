"""The assign wizard: a definition put to work at a scope, or an assignment changed or copied."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.assign import pages

urlpatterns = [
    path("policy/assign", pages.assign, name="assign"),
    path("policy/assign/check", pages.check_value, name="assign-check"),
    path("policy/assignments/edit", pages.edit, name="assignment-edit"),
]
