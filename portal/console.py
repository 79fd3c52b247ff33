"""The administration as an app of Django's, with the portal's own idea of who may come in."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class Console(AdminSite):
    """Nothing is hidden at this door, so only superusers come through.

    Django asks for staff with permissions by model, which roles at scopes know nothing of.
    """

    def has_permission(self, request: HttpRequest) -> bool:
        """Who may do everything anyway."""
        return bool(request.user.is_active and request.user.is_superuser)


class ConsoleConfig(AdminConfig):
    """Django's own, but for the site."""

    default_site = "portal.console.Console"
