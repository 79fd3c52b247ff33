"""Which clusters are due for a scan.

There is nothing to be told on a write: a cluster is due where its objects, or what is assigned,
have moved on since its last scan, and where its time has come.
"""

from __future__ import annotations

from datetime import datetime

from policy_app.models import Scan


def request_due(now: datetime | None = None) -> list[Scan]:
    """Ask for a scan of every cluster that is due, and return these scans.

    Cheap where nothing is due (two statements however many clusters there are), so that a worker
    can call it every second or two.  With ``POLICY_PORTAL_AUDIT_MINUTES=0`` nothing is ever due.
    """
    raise NotImplementedError
