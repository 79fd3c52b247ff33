"""Tell the watches of this process that a cluster changed, so that they need not ask all the time.

A change that another process made is found by asking the database, which watches do twice a second.
"""

from __future__ import annotations

from collections import defaultdict
from threading import Condition, Event, Lock

_made = Lock()
_stopping = Event()
_decisions: dict[int, int] = defaultdict(int)
_conditions: dict[int, Condition] = defaultdict(Condition)


def notify(cluster_id: int, *, decided: bool = False) -> None:
    """Wake the watches of a cluster; ``decided`` tells that what decides was changed."""
    condition = _of(cluster_id)
    with condition:
        _decisions[cluster_id] += decided
        condition.notify_all()


def decisions(cluster_id: int) -> int:
    """How often what decides was changed here, so that what was kept of it is known to be old."""
    return _decisions[cluster_id]


def wait(cluster_id: int, seconds: float) -> None:
    """Sleep until the cluster changes here, or for ``seconds``."""
    condition = _of(cluster_id)
    with condition:
        condition.wait(seconds)


def stop() -> None:
    """Wake every watch of this process for the last time: the server stops."""
    _stopping.set()
    with _made:
        conditions = list(_conditions.values())
    for condition in conditions:
        with condition:
            condition.notify_all()


def stopping() -> bool:
    """Whether watches should end, so that the server need not wait for them."""
    return _stopping.is_set()


def _of(cluster_id: int) -> Condition:
    with _made:
        return _conditions[cluster_id]
