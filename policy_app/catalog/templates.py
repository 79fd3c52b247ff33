"""The template store: constraint templates by the tail of the URL that a definition names.

Azure keeps its templates at ``https://store.policy.core.windows.net/kubernetes/<tail>``; ours are
at ``fixtures/templates/<tail>`` and are found by that tail.  Nothing is fetched.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.conf import settings

STORE_HOST = "store.policy.core.windows.net"
STORE_FOLDER = "kubernetes"


def tail(url: str) -> str:
    """``container-no-privilege/v2/template.yaml`` for Azure's URL; empty for any other."""
    parts = urlsplit(url)
    path = PurePosixPath(parts.path)
    if parts.hostname != STORE_HOST or len(path.parts) < 3 or path.parts[1] != STORE_FOLDER:
        return ""
    if ".." in path.parts:
        return ""
    return str(PurePosixPath(*path.parts[2:]))


@lru_cache(maxsize=1)
def _files() -> dict[str, str]:
    """Every template's text by its tail, in lower case as URLs are compared here."""
    root = settings.FIXTURES_DIR / "templates"
    return {
        file.relative_to(root).as_posix().lower(): file.read_text(encoding="utf-8")
        for file in sorted(root.rglob("template.yaml"))
    }


def text(url: str) -> str | None:
    """The YAML of the template that ``url`` names, or None where the store lacks it."""
    return _files().get(tail(url).lower())


@lru_cache(maxsize=512)
def load(url: str) -> dict[str, Any] | None:
    """The template as an object; callers must not change it."""
    found = text(url)
    return None if found is None else yaml.load(found, Loader=yaml.CSafeLoader)
