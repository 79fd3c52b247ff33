"""The portal's stores of templates, constraints and mutators: those that the settings name."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from policy_app.catalog.store import SourceStore
from policy_app.evaluation.language.details import Source

__all__ = ["text"]


@lru_cache(maxsize=1)
def _store() -> SourceStore:
    return SourceStore(settings.FIXTURES_DIR)


def text(source: Source) -> str | None:
    """The text that a source at a URL names, or None where the stores lack it."""
    return _store().text(source)
