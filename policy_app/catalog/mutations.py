"""The portal's store of mutators: the one in the folder that the settings name."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from policy_app.catalog.store import MutationStore

__all__ = ["text"]


@lru_cache(maxsize=1)
def _store() -> MutationStore:
    return MutationStore(settings.FIXTURES_DIR)


def text(url: str) -> str | None:
    """The YAML of the mutators that ``url`` names, or None where the store lacks them."""
    return _store().text(url)
