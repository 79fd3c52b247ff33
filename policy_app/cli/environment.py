"""Start Django for a subcommand, with every setting that is wrong told in words."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from policy_app.cli.failure import Failure

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.core.checks import CheckMessage


_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened at


def allow_host(host: str) -> None:
    """Answer requests for the host that is listened at, unless the operator has listed others."""
    if host not in _WILDCARDS:
        name = f"[{host}]" if ":" in host else host
        usual = f"localhost,127.0.0.1,[::1],{name}"
        os.environ.setdefault("POLICY_PORTAL_ALLOWED_HOSTS", usual)


def own_names(host: str) -> set[str]:
    """The names of the host that is listened at; none for every network."""
    return set() if host in _WILDCARDS else {host}


def serve_tls() -> None:
    """Tell the settings that browsers come over HTTPS, with no proxy in between."""
    os.environ["POLICY_PORTAL_TLS"] = "1"


def let_control() -> None:
    """Tell the settings, and those of the workers, that tests may control the portal."""
    os.environ["POLICY_PORTAL_CONTROL"] = "1"


def settle(data: str | None) -> None:
    """Load the settings with ``data`` as their folder; call it before anything else of Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if data:
        os.environ["POLICY_PORTAL_DATA"] = str(Path(data).expanduser().resolve())
    from django.conf import settings

    # A missing folder is made; one that cannot be made is reported by the system checks.
    with contextlib.suppress(OSError):
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)


def start(data: str | None) -> None:
    """Start Django with ``data`` as its folder; ``Failure`` where its checks find an error."""
    settle(data)
    import django

    django.setup()
    if wrong := _wrong_settings():
        lines = [f"\n  ({one.id}) {one.msg}\n    {one.hint or ''}".rstrip() for one in wrong]
        raise Failure("the portal cannot run with these settings:" + "".join(lines))


def _wrong_settings() -> list[CheckMessage]:
    """What the checks of an operator's settings find.

    The others are of code, and ``make check`` runs them: they import every page and every door,
    which takes more than all the rest of a command's start.
    """
    from django.core import checks

    from policy_app.checks import TAG

    return [found for found in checks.run_checks(tags=[TAG]) if found.is_serious()]


@contextlib.contextmanager
def told_in_words() -> Iterator[None]:
    """Turn what services and the database raise into a ``Failure``."""
    from django.db import Error as DatabaseFailure

    from policy_app.services.errors import PolicyError

    try:
        yield
    except PolicyError as refusal:
        raise Failure(refusal.message) from refusal
    except DatabaseFailure as error:
        raise Failure(
            f"the database cannot be used: {str(error).strip()}\n"
            "  Check DATABASE_URL; leave it unset for SQLite in the data folder."
        ) from error


def active_user(name: str) -> User:
    """The user to act for; ``Failure`` that says how to make one."""
    from django.contrib.auth.models import User

    active = User.objects.filter(is_active=True)
    user = active.filter(username=name).first()
    if user is None:
        names = ", ".join(active.order_by("username").values_list("username", flat=True)[:20])
        raise Failure(
            f"there is no active user {name!r}; the users are: {names or 'none'}.\n"
            f"  Make one with: policy-portal manage createsuperuser --username {name}"
        )
    return user


def note(operation: str, about: str) -> None:
    """Write into the activity log what the operating system's user did, who holds every right."""
    from policy_app.services import activity
    from policy_app.services.authorization import Principal

    name = f"/providers/Microsoft.PolicyPortal/{about}"
    activity.record(Principal.operator(), f"Microsoft.PolicyPortal/{operation}", name)


def sign_in_path(secret: str) -> str:
    """The page that redeems a sign-in link."""
    from django.urls import reverse

    return reverse("sign-in-link", args=[secret])
