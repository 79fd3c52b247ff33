"""The signing key of an installation that was given none: made once, kept in the data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def key_for(data: Path) -> str:
    """The key in ``data/secret-key``, made on first use and readable by its owner only."""
    path = data / "secret-key"
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except OSError:
        # The folder cannot be used: policy_app.E006 tells the operator, and nothing is served.
        return secrets.token_urlsafe(50)


def _make(path: Path) -> None:
    """Put a key at ``path``, whole from the first moment.

    A link refuses to replace: of two processes that start at once, one makes the key and both
    use it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as draft:
        draft.write(secrets.token_urlsafe(50))
        draft.flush()
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, path)
