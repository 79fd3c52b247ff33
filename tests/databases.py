"""The database that tests run on: the first worker loads it, the others copy what it loaded.

Each worker has a database of its own. With SQLite it is a file, as in the product, so that threads
and locks behave as in use; with PostgreSQL a copy is a matter for ``CREATE DATABASE … TEMPLATE``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests.starting_points import Shared

_LOADED = "loaded"


def is_sqlite() -> bool:
    """Whether the suite runs on SQLite."""
    return str(settings.DATABASES["default"]["ENGINE"]) == "django.db.backends.sqlite3"


@pytest.fixture(scope="session")
def alone(shared_folder: Path) -> Iterator[ExitStack]:
    """Closed by whoever has loaded the database, or found it loaded: then others may look."""
    with ExitStack() as held:
        held.enter_context(Shared.alone(_LOADED))
        yield held


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """A file is where temporary files are; it needs no deletion, and must be taken as it is."""
    return django_db_keepdb or is_sqlite()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_modify_db_settings_parallel_suffix: None,
    alone: ExitStack,
) -> None:
    """Begin with what another worker loaded, where one has."""
    test: dict[str, Any] = settings.DATABASES["default"].setdefault("TEST", {})
    loaded = Shared.folder / _LOADED
    if is_sqlite():
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        if loaded.exists():
            shutil.copyfile(loaded, test["NAME"])
    elif loaded.exists():
        test["TEMPLATE"] = _template()


@pytest.fixture(scope="session")
def shared_name() -> str:
    """What the copied database of PostgreSQL is called; asked for before Django renames its own."""
    return _template()


def share(name: str) -> None:
    """Let the other workers copy this one's database, which nobody else uses yet."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    loaded = Shared.folder / _LOADED
    if is_sqlite():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(loaded)])
        return
    source = sql.Identifier(str(connection.settings_dict["NAME"]))
    connection.close()
    _drop(name)
    with _server() as server:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(create.format(sql.Identifier(name), source))
    loaded.touch()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Once all workers have ended, what they copied goes."""
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and session.config.getoption("dist", "no") != "no" and not is_sqlite():
        _drop(_template())


def _template() -> str:
    """Beside the workers' databases, under a name that is no worker's."""
    return f"test_{settings.DATABASES['default']['NAME']}_{_LOADED}"


def _drop(name: str) -> None:
    with _server() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _server() -> psycopg.Connection[Any]:
    there = settings.DATABASES["default"]
    return psycopg.connect(
        dbname="postgres",
        host=there["HOST"],
        port=there["PORT"] or None,
        user=there["USER"] or None,
        password=there["PASSWORD"] or None,
        autocommit=True,
    )
