"""Workers that a server started end with it, also when it is killed and can tell them nothing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

SUPERVISED = "POLICY_PORTAL_SUPERVISED"
"""Set for workers that are to end with the process that started them."""
_LOOK_SECONDS = 0.5


def end_with_parent(end: Callable[[], object]) -> None:
    """Call ``end`` as soon as the process that started this one is gone, if there is such a one."""
    if os.environ.get(SUPERVISED):
        watch_parent(end)


def watch_parent(end: Callable[[], object]) -> None:
    """Call ``end`` as soon as the process that started this one is gone."""
    parent = os.getppid()
    threading.Thread(target=_watch, args=(parent, end), daemon=True, name="parent").start()


def _watch(parent: int, end: Callable[[], object]) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    end()
