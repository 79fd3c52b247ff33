"""The portal's template store: the one in the folder that the settings name."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml
from django.conf import settings

from policy_app.catalog.store import TemplateStore, tail

__all__ = ["load", "tail", "text"]


@lru_cache(maxsize=1)
def _store() -> TemplateStore:
    return TemplateStore(settings.FIXTURES_DIR)


def text(url: str) -> str | None:
    """The YAML of the template that ``url`` names, or None where the store lacks it."""
    return _store().text(url)


@lru_cache(maxsize=512)
def load(url: str) -> dict[str, Any] | None:
    """The template as an object; callers must not change it."""
    found = text(url)
    return None if found is None else yaml.load(found, Loader=yaml.CSafeLoader)
