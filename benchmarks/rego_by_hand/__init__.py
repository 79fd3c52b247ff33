"""The rules of all templates in ``fixtures/`` written by hand in Python.

They decide as the templates do and give the same messages: the speed for the engine to come near
to.  A rule takes the input with the objects of the cluster beside it, under ``inventory``.
A template that asks a provider of external data has none: the time would be the provider's.
"""

from __future__ import annotations

from benchmarks.rego_by_hand import containers, objects, pods, security, windows
from benchmarks.rego_by_hand.common import HandWritten

BY_HAND: dict[str, HandWritten] = {
    **containers.RULES,
    **objects.RULES,
    **pods.RULES,
    **security.RULES,
    **windows.RULES,
}
"""Template → the same rule in Python."""

__all__ = ["BY_HAND", "HandWritten"]
