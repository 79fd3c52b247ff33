"""When a row was made or changed, by the clock that policy goes by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models

from policy_app import wall_clock

if TYPE_CHECKING:
    # Generic for the type checker alone.
    DateTimeField = models.DateTimeField[datetime, datetime]
else:
    DateTimeField = models.DateTimeField


class Stamp(DateTimeField):
    """A moment that sets itself: with ``auto_now_add`` once, with ``auto_now`` at each save."""

    def pre_save(self, model_instance: models.Model, add: bool) -> datetime | None:
        """As Django's own, by the other clock."""
        if self.auto_now or (self.auto_now_add and add):
            setattr(model_instance, self.attname, wall_clock.now())
        moment: datetime | None = models.Field.pre_save(self, model_instance, add)
        return moment

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To migrations a plain one: the clock makes no difference to the table."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs
