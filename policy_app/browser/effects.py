"""How effects look: the tone of their badge."""

from __future__ import annotations

_TONES = {"deny": "danger", "audit": "info", "mutate": "violet", "disabled": "neutral"}


def tone(effect: str) -> str:
    """The badge's tone for an effect in any letter case."""
    return _TONES.get(effect.lower(), "neutral")
