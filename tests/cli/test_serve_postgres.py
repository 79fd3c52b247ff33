"""The portal on PostgreSQL: prepared once by processes that start at once, honest when gone."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.cli.processes import COMMAND, ROOT, environment, portal

pytestmark = pytest.mark.postgres

SERVER = os.environ.get(
    "POLICY_PORTAL_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres"
)


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database; it is dropped afterwards."""
    name = f"portal_test_{uuid.uuid4().hex[:12]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL answers at {SERVER}: {error}")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{SERVER.rpartition('/')[0]}/{name}"
        finally:
            drop(server, name)


def drop(server: psycopg.Connection, name: str) -> None:
    """Remove a database although it is in use."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    server.execute(statement.format(sql.Identifier(name)))


def test_processes_that_start_at_once_prepare_an_empty_database_once(
    database: str, tmp_path: Path
) -> None:
    command = [*COMMAND, "token", "--user", "admin", "--data", str(tmp_path)]
    settings = environment({"DATABASE_URL": database})
    both = [
        subprocess.Popen(
            command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    with psycopg.connect(database) as connection:
        users = connection.execute("SELECT username FROM auth_user").fetchall()
    assert users == [("admin",)]


def test_the_portal_is_ready_until_its_database_is_gone(database: str, tmp_path: Path) -> None:
    with portal(tmp_path / "data", {"DATABASE_URL": database}) as running:
        ready = running.get("/readyz")
        assert ready.status == 200
        assert ready.json()["checks"][0]["detail"] == "PostgreSQL answers."
        with psycopg.connect(SERVER, autocommit=True) as server:
            drop(server, database.rpartition("/")[2])
        gone = running.get("/readyz")
        assert gone.status == 503
        assert "does not answer" in gone.json()["checks"][0]["detail"]
        assert running.get("/healthz").status == 200
