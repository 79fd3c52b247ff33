"""Where commands write what they were asked for."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import TextIO


def stdout() -> TextIO:
    """Standard output, on which no text of a manifest can fail."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    return sys.stdout
