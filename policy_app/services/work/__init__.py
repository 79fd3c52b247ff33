"""Work that outlives a request: scans are done by worker processes, piece by piece.

The rows of scans and chunks are the truth of what is to be done (``leases``, ``failing``).
``doing`` does one piece, ``worker`` one after the other, and ``duties`` what comes round.
``engines`` bring workers to the rows: the database, which is polled, or Celery.
"""

from __future__ import annotations


def wake() -> None:
    """Tell workers that there may be something to do; call it once the transaction is committed.

    Never fails: what is not told is found when workers look for themselves.
    """
    from policy_app.services.work import engines

    engines.current().wake()
