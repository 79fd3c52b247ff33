"""How states look on every page: in words, with a tone; never colour alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """A state as components/state.html draws it."""

    label: str
    tone: str
    """``success``, ``warning``, ``danger``, ``info`` or ``muted``."""
    icon: str
    """A Lucide icon."""


@dataclass(frozen=True, slots=True)
class Badge:
    """What components/badge.html draws: words on a coloured ground."""

    label: str
    tone: str
    """``success``, ``warning``, ``danger``, ``info`` or ``neutral``."""
