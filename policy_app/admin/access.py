"""Tokens and sign-in links: to be seen and revoked. Their secrets are not stored, nor shown."""

from __future__ import annotations

from django.contrib import admin

from policy_app.admin.base import NoEditing
from policy_app.models import ApiToken, SignInLink


@admin.register(ApiToken)
class ApiTokenAdmin(NoEditing):
    """``policy-portal token`` makes them, because a token can be shown only then."""

    list_display = ("user", "label", "created_at", "expires_at", "last_used_at")
    list_filter = ("created_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "label")
    exclude = ("digest",)


@admin.register(SignInLink)
class SignInLinkAdmin(NoEditing):
    """``policy-portal sign-in-link`` makes them."""

    list_display = ("user", "created_at", "expires_at", "used_at")
    list_filter = ("created_at", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    exclude = ("digest",)
