"""``manage demo``: make the demo estate, or what is missing of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from policy_app.services import estate


class Command(BaseCommand):
    """Safe to repeat: what is there stays as it is."""

    help = "Make the demo estate: management groups, a subscription, two clusters."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing, and print the tree."""
        made = {scope.pk for scope in estate.make_demo()}
        for scope in estate.demo_scopes():
            state = "made" if scope.pk in made else "was there"
            self.stdout.write(f"{'  ' * scope.depth}{scope} ({scope.get_kind_display()}): {state}")
