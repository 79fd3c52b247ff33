"""The filter bar above a grid, as components/filters.html draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Select:
    """A choice by its name in the address; ``every`` is the label of choosing none."""

    name: str
    label: str
    every: str
    options: Sequence[tuple[str, str]]
    """Values with their labels."""
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class FilterBar:
    """Words to look for, and choices."""

    placeholder: str
    search: str
    selects: Sequence[Select] = ()
