"""Gatekeeper's wildcards: a ``*`` at the start, at the end, or at both.

Source: ``pkg/wildcard`` of Gatekeeper.
"""

from __future__ import annotations

import re

PATTERN = r"^\*?[-:a-z0-9]*\*?$"
"""What the schema of constraints and mutators takes for a wildcard: no dots, no capitals."""
_WELL_FORMED = re.compile(PATTERN)


def is_well_formed(pattern: str) -> bool:
    """Whether Gatekeeper's schema accepts a pattern."""
    return _WELL_FORMED.fullmatch(pattern) is not None


def matches(pattern: str, name: str) -> bool:
    """``kube-*`` begins with, ``*-system`` ends with, ``*sys*`` contains, else equal."""
    if pattern.startswith("*") and pattern.endswith("*"):
        return pattern[1:-1] in name
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern


def matches_generate_name(pattern: str, generate_name: str) -> bool:
    """Whether every name that the server may generate from a prefix would match.

    Only ``x*`` and ``*x*`` can tell, since the end of the name is not known yet.
    """
    if not pattern.endswith("*"):
        return False
    if pattern.startswith("*"):
        return matches(pattern, generate_name)
    return generate_name.startswith(pattern[:-1])
