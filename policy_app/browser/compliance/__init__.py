"""Compliance: what audits found, in three ways; why; what was refused; and exports of it all."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.compliance import (
    choosing,
    component,
    denials,
    detail,
    export,
    listing,
    scans,
)

urlpatterns = [
    path("policy/compliance", listing.compliance, name="compliance"),
    path("policy/compliance/assignment", detail.assignment, name="compliance-assignment"),
    path("policy/compliance/policy", detail.policy, name="compliance-policy"),
    path(
        "policy/compliance/components/<str:cluster>/<str:uid>",
        component.component,
        name="compliance-component",
    ),
    path(
        "policy/compliance/components/<str:cluster>/<str:uid>/next-apply",
        component.ask,
        name="compliance-ask",
    ),
    path("policy/compliance/export.<str:form>", export.export, name="compliance-export"),
    path("policy/compliance/scan", scans.start, name="compliance-scan"),
    path("policy/compliance/scan/cancel", scans.cancel, name="compliance-cancel"),
    path("policy/compliance/scan/progress", scans.progress, name="compliance-progress"),
    path("policy/compliance/cluster", choosing.choose, name="choose-cluster"),
    path("policy/denials", denials.denials, name="denials"),
    path("policy/denials/<int:key>", denials.denial, name="denial"),
]
