"""Access control: who has which role where, the roles, and the programs that sign in."""

from __future__ import annotations

from django.urls import path

from policy_app.browser.access import giving, listing, programs, roles

urlpatterns = [
    path("access", listing.access, name="access"),
    path("access/add", giving.add, name="access-add"),
    path("access/remove", giving.remove, name="access-remove"),
    path("access/roles", roles.listing, name="roles"),
    path("access/roles/new", roles.edit, name="role-new"),
    path("access/roles/<uuid:name>", roles.detail, name="role"),
    path("access/roles/<uuid:name>/edit", roles.edit, name="role-edit"),
    path("access/roles/<uuid:name>/delete", roles.delete, name="role-delete"),
    path("access/principals", programs.listing, name="principals"),
    path("access/principals/new", programs.new, name="principal-new"),
    path("access/principals/<uuid:client_id>", programs.detail, name="principal"),
    path("access/principals/<uuid:client_id>/secret", programs.secret, name="principal-secret"),
    path("access/principals/<uuid:client_id>/end", programs.end, name="principal-end"),
]
