"""The portal in a file and back, and a portal from before brought up to date."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.cli.processes import ROOT, environment, run
from tests.cli.test_serve_postgres import database
from tests.starting_points import prepared

__all__ = ["database"]


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    """What a SQLite file answers."""
    with sqlite3.connect(file) as connection:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
    connection.close()
    return found


def portal_with(label: str, data: Path, **settings: str) -> Path:
    """A portal with an API token of that label."""
    if not settings:
        prepared(data)
    made = run("token", "--user", "admin", "--label", label, "--data", str(data), settings=settings)
    assert made.returncode == 0, made.stderr
    return data


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return portal_with("kept", tmp_path_factory.mktemp("portal") / "data")


@pytest.fixture(scope="module")
def saved(portal: Path) -> Path:
    file = portal.parent / "portal.tar.gz"
    made = run("backup", str(file), "--data", str(portal))
    assert made.returncode == 0, made.stderr
    assert "the portal as of" in made.stdout
    return file


LABELS = "SELECT label FROM policy_app_apitoken ORDER BY label"


def test_a_backup_goes_into_an_empty_folder_and_everything_is_there(
    portal: Path, saved: Path, tmp_path: Path
) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600, "it holds every secret of the portal"
    done = run("restore", str(saved), "--data", str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path / "new" / "portal.sqlite3", LABELS) == [("kept",)]
    assert (tmp_path / "new" / "secret-key").read_text() == (portal / "secret-key").read_text()
    assert list((tmp_path / "new").glob(".restore-*")) == []


def test_a_portal_is_replaced_only_where_that_is_asked_for(saved: Path, tmp_path: Path) -> None:
    other = portal_with("newer", tmp_path / "other")
    refused = run("restore", str(saved), "--data", str(other))
    assert refused.returncode == 1
    assert "give --replace" in refused.stderr
    assert rows(other / "portal.sqlite3", LABELS) == [("newer",)]
    assert run("restore", str(saved), "--replace", "--data", str(other)).returncode == 0
    assert rows(other / "portal.sqlite3", LABELS) == [("kept",)]


def test_a_backup_replaces_no_file(saved: Path, portal: Path) -> None:
    again = run("backup", str(saved), "--data", str(portal))
    assert again.returncode == 1
    assert "is there already" in again.stderr


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x1f\x8b\x08\x00broken"])
def test_a_file_that_is_no_backup_is_told_in_words(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    refused = run("restore", str(file), "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert "is no backup of a portal" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_half_a_backup_changes_nothing(saved: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.tar.gz"
    half.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    refused = run("restore", str(half), "--data", str(tmp_path / "data"))
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
    assert not rows(tmp_path / "data" / "portal.sqlite3", "SELECT name FROM sqlite_master")


@pytest.mark.postgres
def test_a_portal_on_postgresql_is_saved_and_put_back(
    database: str, saved: Path, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database}
    data = portal_with("kept", tmp_path / "data", **settings)
    file = tmp_path / "portal.tar.gz"
    made = run("backup", str(file), "--data", str(data), settings=settings)
    assert made.returncode == 0, made.stderr
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DELETE FROM policy_app_apitoken")
    refused = run("restore", str(saved), "--replace", "--data", str(data), settings=settings)
    assert "is of a portal on sqlite" in refused.stderr
    done = run("restore", str(file), "--replace", "--data", str(data), settings=settings)
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database) as connection:
        assert connection.execute(LABELS).fetchall() == [("kept",)]


def test_a_portal_from_before_audits_is_brought_up_to_date_with_all_it_had(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    subprocess.run(
        [sys.executable, "-m", "tests.cli.old_portal"],
        cwd=ROOT,
        env=environment({"POLICY_PORTAL_DATA": str(data)}),
        check=True,
    )
    file = data / "portal.sqlite3"
    tables = {name for (name,) in rows(file, "SELECT name FROM sqlite_master")}
    assert "policy_app_scan" not in tables, "it is an old one"
    before = sum(1 for _ in (ROOT / "policy_app" / "migrations").glob("0*.py"))
    started = run("token", "--user", "old-admin", "--data", str(data))
    assert started.returncode == 0, started.stderr
    applied = "SELECT count(*) FROM django_migrations WHERE app = 'policy_app'"
    assert rows(file, applied) == [(before,)]
    assert rows(file, "SELECT name FROM policy_app_scope WHERE kind = 'cluster'") == [("aks-old",)]
    assert rows(file, "SELECT name FROM policy_app_kubeobject") == [("survivor",)]
    assert rows(file, "SELECT name FROM policy_app_refusal") == [("refused",)]
    assert rows(file, "SELECT count(*) FROM policy_app_scan") == [(0,)]
    scanned = run("worker", "--once", "--data", str(data))
    assert scanned.returncode == 0, scanned.stderr
    assert rows(file, "SELECT state, error FROM policy_app_scan") == [("done", "")]
