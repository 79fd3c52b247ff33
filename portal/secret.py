"""The signing key of an installation that was given none: made once, kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def key_for(data: Path) -> str:
    """The key in ``data/secret-key``, made on first use and readable by its owner only."""
    path = data / "secret-key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    data.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two processes that start at once, one makes the key and both use it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key := secrets.token_urlsafe(50))
    return key
