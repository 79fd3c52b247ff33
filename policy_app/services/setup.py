"""From an empty folder to a portal that works: tables, catalogue, estate, first user.

``prepare`` runs at every start and is quick where there is nothing to do; ``readiness`` tells a
probe whether all of it is in place.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import Error as DatabaseFailure
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from policy_app.catalog.importer import ImportReport, Origin, import_path
from policy_app.catalog.reading import Published, read
from policy_app.models import Definition
from policy_app.services import estate
from policy_app.services.authorization import roles
from policy_app.services.errors import PolicyError

ADMIN = "admin"
_LOCK_NUMBER = 0x504F4C49  # any number will do that nothing else on the server locks
_log = structlog.get_logger("setup")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be in place before the portal can answer."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a start had to do."""

    migrated: bool
    catalogue: ImportReport
    first_start: bool


def prepare() -> Prepared:
    """Migrate, load the catalogue and, on the first start, make ``admin`` and the demo estate.

    Safe to repeat, and safe when several processes start at once: one works, the others wait.
    Raises ``PolicyError`` where a built-in definition cannot be read, and
    ``django.db.Error`` where the database does not answer.
    """
    with _one_at_a_time():
        migrated = bool(_unapplied())
        if migrated:
            call_command("migrate", interactive=False, verbosity=0)
        catalogue = _load_catalogue()
        roles.load_built_in()
        return Prepared(migrated, catalogue, _first_start())


def _first_start() -> bool:
    """Make the first user and the estate; only in a database that has no user at all.

    So an estate that was deleted stays deleted, and an ``admin`` who was locked out stays out.
    """
    with transaction.atomic():
        if User.objects.exists():
            return False
        admin = User(username=ADMIN, is_staff=True, is_superuser=True)
        admin.set_unusable_password()
        admin.save()
        estate.make_demo()
    return True


def _load_catalogue() -> ImportReport:
    report = import_path(settings.FIXTURES_DIR, Origin.PORTAL)
    if report.problems:
        first = report.problems[0]
        raise PolicyError(
            "CatalogueInvalid",
            f"The built-in definition {first.path}:{first.line} cannot be loaded: {first.message}",
            status=500,
        )
    return report


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold a lock that every process using this database respects."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK_NUMBER])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_NUMBER])
        return
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.DATA_DIR / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
        yield


def readiness() -> list[Check]:
    """Database reachable, migrations applied, catalogue loaded, in this order.

    Never raises: once one check fails, the ones after it are reported as not looked at.
    """
    checks: list[Check] = []
    for name, look in _LOOKS.items():
        if all(check.ok for check in checks):
            checks.append(_look(name, look))
        else:
            checks.append(Check(name, False, "Not looked at: the check before it failed."))
    return checks


def _look(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        return Check(name, *look())
    except DatabaseFailure as error:
        # The reason may name hosts and users: it is for the log, not for whoever probes.
        _log.error("database unreachable", reason=str(error).strip())
        connection.close()
        return Check(name, False, "The database does not answer; the log says why.")


def _database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True, f"{connection.display_name} answers."


def _migrations() -> tuple[bool, str]:
    missing = ", ".join(f"{app}.{name}" for app, name in _unapplied())
    if missing:
        return False, f"Not applied: {missing}. Run: policy-portal manage migrate"
    return True, "All migrations are applied."


def _catalogue() -> tuple[bool, str]:
    wanted = _built_in_keys()
    missing = len(wanted) - Definition.objects.filter(key__in=wanted).count()
    if missing or not wanted:
        return False, f"{missing} of {len(wanted)} built-in definitions are not loaded."
    return True, f"All {len(wanted)} built-in definitions are loaded."


_LOOKS = {"database": _database, "migrations": _migrations, "catalogue": _catalogue}


def _unapplied() -> list[tuple[str, str]]:
    """The migrations on disk that the database lacks, in order of their names."""
    return sorted(migrations_on_disk() - MigrationRecorder(connection).applied_migrations().keys())


@lru_cache(maxsize=1)
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Every migration that this portal knows, as (app, name)."""
    # None in place of a connection: the loader reads the files and asks no database.
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


@lru_cache(maxsize=1)
def _built_in_keys() -> frozenset[str]:
    """The ids of the built-in definitions, in lower case; read once a process."""
    return frozenset(
        str(found.shape["id"]).lower()
        for found in read(settings.FIXTURES_DIR)
        if isinstance(found, Published)
    )


def first_superuser() -> User | None:
    """Whom the console's sign-in link is for: ``admin``, or the oldest active superuser."""
    superusers = User.objects.filter(is_superuser=True, is_active=True)
    return superusers.filter(username=ADMIN).first() or superusers.order_by("pk").first()
