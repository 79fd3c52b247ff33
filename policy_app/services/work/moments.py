"""What time it is for leases: the database's, so that machines whose clocks differ agree."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

_ASKED_EVERY = 60.0
_difference = timedelta()
_asked_at = float("-inf")


def now() -> datetime:
    """The database server's time; asked once a minute, and counted on in between.

    SQLite is a file on this machine, so its time is this machine's.
    """
    global _difference, _asked_at
    if connection.vendor == "postgresql" and time.monotonic() - _asked_at > _ASKED_EVERY:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            told: datetime = cursor.fetchone()[0]
        _difference = told - timezone.now()
        _asked_at = time.monotonic()
    return timezone.now() + _difference


def lease_until() -> datetime:
    """Until when a lease lasts that is given or renewed now."""
    return now() + timedelta(seconds=settings.LEASE_SECONDS)
