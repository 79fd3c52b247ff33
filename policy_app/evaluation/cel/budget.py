"""Bounds that no expression can outrun: cost, as Kubernetes counts it, and time.

Kubernetes gives every operation a cost (``k8s.io/apiserver/pkg/cel/library``, ``cel-go``'s runtime
costs) and stops past a limit.  What makes something large is charged by its size before it is made,
so that the limit bounds memory as well.
"""

from __future__ import annotations

import time
from math import ceil

from policy_app.evaluation.cel.errors import CelLimitError

PER_POLICY = 1_000_000
"""What the expressions of one policy may cost together about one request, as in Gatekeeper."""
DEADLINE_S = 1.0
_STRIDE = 2_000
"""Cost between two looks at the clock: about a millisecond."""
_CHARACTER = 0.1


class Budget:
    """What is left of a policy's limits for one request; ``limit`` is in units of cost."""

    __slots__ = ("_deadline", "_look", "left", "seconds")

    def __init__(self, limit: int = PER_POLICY, seconds: float = DEADLINE_S) -> None:
        self.left = limit
        self.seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._look = limit - _STRIDE

    def charge(self, cost: int) -> None:
        """Count work, before it is done.  Raises ``CelLimitError``."""
        self.left -= cost
        if self.left < self._look:
            self._check()

    def charge_text(self, characters: int) -> None:
        """Count text that is read or made."""
        self.charge(ceil(characters * _CHARACTER))

    def _check(self) -> None:
        if self.left < 0:
            raise CelLimitError("operation cancelled: actual cost limit exceeded")
        if time.monotonic() >= self._deadline:
            raise CelLimitError(f"operation cancelled: it took longer than {self.seconds:g} s")
        self._look = self.left - _STRIDE
