"""The Django application, and the checks that it registers."""

from __future__ import annotations

from django.apps import AppConfig


class PolicyAppConfig(AppConfig):
    """Policy Portal's one application."""

    name = "policy_app"
    verbose_name = "Policy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and listen to sign-ins."""
        from policy_app import checks, signins

        checks.register()
        signins.connect()
