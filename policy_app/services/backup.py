"""The whole portal in one file, and back: the database as it stands at one moment, and the key.

SQLite is copied through its own backup API while the portal works; PostgreSQL by ``pg_dump``, which
sees one moment as well.  A backup is of one kind of database and goes back into the same kind.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from policy_app.services import setup
from policy_app.services.errors import PolicyError

_FORMAT = 1
_TOLD, _DATABASE = "backup.json", "database"
_KEPT = ("secret-key", "tls")
"""What the data folder holds beside the database, where it is there."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself."""

    made_at: str
    version: str
    """Of the portal that made it."""
    vendor: str
    """``sqlite`` or ``postgresql``."""
    migrations: tuple[str, ...]


def backup(file: Path) -> Backup:
    """Write everything to ``file``, which must not be there yet; only its owner may read it.

    Raises ``PolicyError`` where a tool is missing or fails, and ``OSError`` where the file cannot
    be written; nothing is left behind then.
    """
    if file.exists():
        raise _refusal(f"{file} is there already. Name another file, or remove this one first.")
    found = Backup(
        timezone.now().isoformat(timespec="seconds"),
        metadata.version("policy-portal"),
        connection.vendor,
        tuple(sorted(f"{app}.{name}" for app, name in _applied())),
    )
    with tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=".backup-") as place:
        part = Path(place) / "part"
        copied = Path(place) / _DATABASE
        _copy_out(copied)
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as raw,
            tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as archive,
        ):
            _add_text(archive, _TOLD, json.dumps({"format": _FORMAT, **_as_json(found)}))
            archive.add(copied, _DATABASE)
            for name in _KEPT:
                if (settings.DATA_DIR / name).exists():
                    archive.add(settings.DATA_DIR / name, name)
        part.rename(file)
    return found


def restore(file: Path, *, replace: bool = False) -> Backup:
    """Put back what ``backup`` wrote; with ``replace`` in place of a portal that is there.

    Raises ``PolicyError`` where the file is no backup, is of another kind of database or of a
    newer portal, or where there is a portal already; nothing is changed then.
    """
    with _opened(file) as archive:
        found = _told(archive, file)
        if found.vendor != connection.vendor:
            raise _refusal(
                f"{file} is of a portal on {found.vendor}, and this one is on {connection.vendor}."
                " Set DATABASE_URL to a database of that kind."
            )
        newer = set(found.migrations) - {f"{a}.{n}" for a, n in setup.migrations_on_disk()}
        if newer:
            raise _refusal(
                f"{file} was made by a newer portal (version {found.version}): this one does not"
                f" know {min(newer)}. Install that version, or a newer one."
            )
        if not replace and _applied():
            raise _refusal(
                "There is a portal in this database already. Stop it, and give --replace to have"
                " the backup in its place."
            )
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as place:
            archive.extractall(place, filter="data")
            _copy_in(Path(place) / _DATABASE)
            for name in _KEPT:
                _put_back(Path(place) / name, settings.DATA_DIR / name)
    return found


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


def _copy_out(target: Path) -> None:
    if connection.vendor == "sqlite":
        with sqlite3.connect(target) as copy:
            _sqlite().backup(copy)
        copy.close()
        return
    _run_tool("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={target}")


def _copy_in(source: Path) -> None:
    if connection.vendor == "sqlite":
        with sqlite3.connect(source) as copy:
            # One transaction: whoever reads meanwhile sees the old state or the new one.
            copy.backup(_sqlite())
        copy.close()
        return
    options = ("--clean", "--if-exists", "--no-owner", "--no-acl", "--single-transaction")
    _run_tool("pg_restore", *options, f"--dbname={_database()['NAME']}", str(source))


def _sqlite() -> sqlite3.Connection:
    connection.ensure_connection()
    inner: sqlite3.Connection = connection.connection
    return inner


def _run_tool(name: str, *arguments: str) -> None:
    """One of PostgreSQL's tools; the password is in its environment, where nobody else sees it."""
    connections.close_all()
    of = _database()
    places = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {variable: str(of[key]) for variable, key in places.items() if of.get(key)}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed name, and options of ours
            [name, "--no-password", *arguments],
            env={**os.environ, **given, "PGDATABASE": str(of["NAME"])},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise _refusal(
            f"{name} is not installed here. It comes with PostgreSQL's client programs"
            " (postgresql-client), in the version of the server or newer."
        ) from error
    if done.returncode:
        raise _refusal(f"{name} failed: {done.stderr.strip()[-1000:]}")


def _database() -> dict[str, Any]:
    return settings.DATABASES["default"]


def _opened(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file)
    except (tarfile.TarError, EOFError) as error:
        raise _refusal(f"{file} is no backup of a portal: {error}.") from error


def _told(archive: tarfile.TarFile, file: Path) -> Backup:
    try:
        member = archive.extractfile(_TOLD)
        told = json.loads(member.read()) if member else {}
        if told["format"] != _FORMAT:
            raise KeyError("format")
        archive.getmember(_DATABASE)
        return Backup(told["madeAt"], told["version"], told["database"], tuple(told["migrations"]))
    except (KeyError, ValueError, TypeError, tarfile.TarError, EOFError) as error:
        raise _refusal(
            f"{file} is no backup of a portal, or it is damaged: policy-portal backup writes them."
        ) from error


def _as_json(found: Backup) -> dict[str, Any]:
    return {
        "madeAt": found.made_at,
        "version": found.version,
        "database": found.vendor,
        "migrations": list(found.migrations),
    }


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


def _put_back(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(mode=0o700, exist_ok=True)
        for one in source.iterdir():
            _put_back(one, target / one.name)
    elif source.exists():
        source.replace(target)


def _refusal(message: str) -> PolicyError:
    return PolicyError("BackupRefused", message, target="file")
