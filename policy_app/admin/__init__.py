"""The admin's door: every stored model with search and filters, and its history to be read.

What the catalogue owns is shown and never edited here; assignments pass the same checks as
through the other doors.
"""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin import (
    access,
    assignments,
    authorization,
    catalogue,
    clusters,
    compliance,
    estate,
    exemptions,
    history,
    remediations,
    work,
)

__all__ = [
    "access",
    "assignments",
    "authorization",
    "catalogue",
    "clusters",
    "compliance",
    "estate",
    "exemptions",
    "history",
    "remediations",
    "work",
]

admin.site.site_header = "Policy Portal administration"
admin.site.site_title = "Policy Portal"
admin.site.index_title = "What is stored"
admin.site.enable_nav_sidebar = False
