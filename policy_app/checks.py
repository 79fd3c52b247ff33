"""System checks: wrong settings, said in words, each with an id and a hint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

TAG = "portal"
"""Of the checks of what an operator sets; the others, of Django and of libraries, are of code."""

_OWN = ("localhost", "127.0.0.1", "::1")


def register() -> None:
    """Tell Django about the checks below."""
    for check in (
        environment_is_usable,
        data_folder_is_writable,
        catalogue_is_there,
        oidc_is_whole,
    ):
        checks.register(check, TAG)
    checks.register(nobody_controls_it, TAG, deploy=True)


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


def oidc_is_whole(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """E011 and E012: OpenID Connect that is set up by half, or not over HTTPS."""
    issuer = settings.OIDC_ISSUER
    if not issuer:
        return []
    found: list[checks.CheckMessage] = []
    if not (settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET):
        found.append(
            checks.Error(
                "POLICY_PORTAL_OIDC_ISSUER is set, and the client id or its secret is not.",
                hint="Set POLICY_PORTAL_OIDC_CLIENT_ID and POLICY_PORTAL_OIDC_CLIENT_SECRET.",
                id="policy_app.E011",
            )
        )
    if urlsplit(issuer).scheme != "https" and urlsplit(issuer).hostname not in _OWN:
        found.append(
            checks.Error(
                f"POLICY_PORTAL_OIDC_ISSUER is {issuer!r}, which is not reached over HTTPS.",
                hint="Name the provider's issuer as in https://login.example.org/tenant.",
                id="policy_app.E012",
            )
        )
    return found


def nobody_controls_it(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """W001, with ``--deploy``: the control API for tests is on."""
    if not settings.CONTROL:
        return []
    return [
        checks.Warning(
            "The control API is on: an owner of the root can empty the portal from this machine.",
            hint="Start serve without --control, and leave POLICY_PORTAL_CONTROL unset.",
            id="policy_app.W001",
        )
    ]
