"""What a scan has to judge: no more than what changed, unless everything is wanted."""

from __future__ import annotations

from policy_app.models import Scan


def plan(scan: Scan) -> Scan:
    """Bring the policies' rows up to date, and cut what must be judged into chunks.

    One transaction; a scan that is planned already is returned as it is.  Afterwards ``planned`` is
    true and ``objects_total`` counts the objects in its ``chunks``, of which there may be none.
    Must not be called inside of a transaction: the add-on catches up first.
    """
    raise NotImplementedError
