"""Assignments: the list, the page of one, and its deletion."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.assignments import deletion, detail, listing

urlpatterns = [
    path("policy/assignments", listing.assignments, name="assignments"),
    path("policy/assignments/view", detail.assignment, name="assignment"),
    path("policy/assignments/delete", deletion.delete, name="assignment-delete"),
]
