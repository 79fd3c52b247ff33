"""Remediation: the tasks, the page of one, and the form that asks for one."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.remediation import asking, detail, listing

urlpatterns = [
    path("policy/remediation", listing.tasks, name="remediations"),
    path("policy/remediation/new", asking.new, name="remediation-new"),
    path("policy/remediation/task", detail.task, name="remediation"),
    path("policy/remediation/cancel", detail.cancel, name="remediation-cancel"),
]
