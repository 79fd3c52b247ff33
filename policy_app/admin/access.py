"""Users and groups; tokens and sign-in links, to be seen and revoked: only hashes are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from policy_app.admin.base import NoEditing, Recorded
from policy_app.models import ApiToken, SignInLink


@admin.register(ApiToken)
class ApiTokenAdmin(Recorded, NoEditing):
    """``policy-portal token`` makes them, because a token can be shown only then."""

    list_display = ("user", "label", "created_at", "expires_at", "last_used_at")
    list_filter = ("created_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "label")
    exclude = ("digest",)


@admin.register(SignInLink)
class SignInLinkAdmin(Recorded, NoEditing):
    """``policy-portal sign-in-link`` makes them."""

    list_display = ("user", "created_at", "expires_at", "used_at")
    list_filter = ("created_at", "used_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    exclude = ("digest",)


if TYPE_CHECKING:
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PortalUserAdmin(Recorded, _UserAdmin):
    """People; what they may do is given to them under Access control."""


@admin.register(Group)
class PortalGroupAdmin(Recorded, GroupAdmin):
    """Groups, to which roles can be given."""
