"""System checks: wrong settings, said in words, each with an id and a hint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks


def register() -> None:
    """Tell Django about the checks below."""
    checks.register(environment_is_usable)
    checks.register(data_folder_is_writable)
    checks.register(catalogue_is_there)


def environment_is_usable(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """E001 to E005, and E008 to E010: a variable whose value could not be used."""
    return [
        checks.Error(problem.message, hint=problem.hint, id=problem.check_id)
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]


def data_folder_is_writable(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """E006: the data folder is missing or closed."""
    folder = settings.DATA_DIR
    if folder.is_dir() and os.access(folder, os.W_OK):
        return []
    return [
        checks.Error(
            f"The data folder {folder} is not a folder that can be written to.",
            hint="Make it, change its owner, or name another with --data or POLICY_PORTAL_DATA.",
            id="policy_app.E006",
        )
    ]


def catalogue_is_there(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """E007: the built-in definitions are missing from the installation."""
    if any((settings.FIXTURES_DIR / "definitions").glob("*.json")):
        return []
    return [
        checks.Error(
            f"The built-in definitions are missing from {settings.FIXTURES_DIR}.",
            hint="Run from a complete checkout: fixtures/ belongs to the product.",
            id="policy_app.E007",
        )
    ]
