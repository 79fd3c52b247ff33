"""``policy-portal serve``, from an empty folder to a clean stop."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import Browser, Portal, portal, run

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions?api-version=2025-03-01"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portal") / "data"


@pytest.fixture(scope="module")
def running(data: Path) -> Iterator[Portal]:
    with portal(data) as started:
        yield started


def test_the_printed_link_signs_in_once_and_then_says_that_it_was_used(tmp_path: Path) -> None:
    with portal(tmp_path / "data") as first:
        assert "Sign in as admin" in first.welcome
        mine = Browser()
        assert mine.get(first.link).status == 200
        overview = mine.get(f"{first.url}/")
        assert (overview.status, overview.url) == (200, f"{first.url}/")
        again = Browser().get(first.link)
        assert again.status == 403
        assert "has been used" in again.text
    assert "/sign-in/…" in (log := (tmp_path / "data.log").read_text())
    assert first.link.rpartition("/")[2] not in log


def test_a_portal_that_was_started_again_keeps_its_data_and_its_sessions(tmp_path: Path) -> None:
    mine = Browser()
    with portal(tmp_path / "data", empty=True) as first:
        assert "First start" in first.welcome
        mine.get(first.link)
        assert first.stop() == 0
    with portal(tmp_path / "data") as second:
        assert "First start" not in second.welcome
        # cookies belong to a host and not to a port, so the browser is still signed in
        assert mine.get(f"{second.url}/").url == f"{second.url}/"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_and_frees_the_port(tmp_path: Path, by: signal.Signals) -> None:
    with portal(tmp_path / "data") as started:
        assert started.stop(by) == 0
        port = int(started.url.rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
    assert "Unexpected exit" not in (tmp_path / "data.log").read_text()


def test_the_portal_is_ready_when_everything_is_in_place(running: Portal) -> None:
    answer = running.get("/readyz")
    assert answer.status == 200
    assert [(one["name"], one["ok"]) for one in answer.json()["checks"]] == [
        ("database", True),
        ("migrations", True),
        ("catalogue", True),
    ]


def test_whoever_has_not_signed_in_sees_the_sign_in_page(running: Portal) -> None:
    assert "/sign-in" in running.get("/").url


def test_a_token_opens_the_rest_api_and_nothing_else_does(running: Portal, data: Path) -> None:
    made = run("token", "--user", "admin", "--label", "a test", "--data", str(data))
    assert made.returncode == 0, made.stderr
    [token] = made.stdout.splitlines()
    listed = running.get(SUBSCRIPTION + DEFINITIONS, Authorization=f"Bearer {token}")
    assert listed.status == 200
    names = [one["properties"]["displayName"] for one in listed.json()["value"]]
    assert "Kubernetes cluster should not allow privileged containers" in names
    assert running.get(SUBSCRIPTION + DEFINITIONS).status == 401
    assert running.get(SUBSCRIPTION + DEFINITIONS, Authorization="Bearer no").status == 401


def test_it_answers_at_the_address_that_it_was_told_to_listen_at(tmp_path: Path) -> None:
    # All of 127.0.0.0/8 is this machine, and 127.0.0.2 is no name that is allowed by default.
    with portal(tmp_path / "data", host="127.0.0.2") as running:
        assert running.link.startswith("http://127.0.0.2:")
        assert running.get("/sign-in").status == 200
        assert running.get("/sign-in", Host="elsewhere.example").status == 400


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = run("serve", "--port", str(port), "--data", str(tmp_path))
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 is taken" in ended.stderr
    assert f"--port {port + 1}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_host_is_refused_in_words(tmp_path: Path) -> None:
    ended = run("serve", "--host", "no.such.host.invalid", "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "'no.such.host.invalid' cannot be resolved" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    ended = run("serve", "--port", port)
    assert ended.returncode == 2
    assert f"{port!r} is no port: give a number from 1 to 65535" in ended.stderr


@pytest.mark.parametrize(
    ("name", "value", "check", "hint"),
    [
        ("POLICY_PORTAL_LOG_FORMAT", "xml", "policy_app.E004", "Use console, json."),
        ("POLICY_PORTAL_DEBUG", "maybe", "policy_app.E002", "Use 1 or 0."),
        ("POLICY_PORTAL_SIGN_IN_MINUTES", "0", "policy_app.E003", "for 60."),
        ("POLICY_PORTAL_SECRET_KEY_FILE", "/no/such/file", "policy_app.E001", "readable file"),
        ("DATABASE_URL", "mysql://here/db", "policy_app.E005", "postgres://user:password@host"),
    ],
)
def test_a_wrong_setting_is_told_with_its_check_and_what_would_be_right(
    tmp_path: Path, name: str, value: str, check: str, hint: str
) -> None:
    ended = run("serve", "--data", str(tmp_path), settings={name: value})
    assert ended.returncode == 1
    assert f"({check}) " in ended.stderr
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_data_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ended = run("serve", "--data", str(file))
    assert ended.returncode == 1
    assert f"(policy_app.E006) The data folder {file} is not a folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    # Port 1 is kept for a service that nobody runs.
    gone = {"DATABASE_URL": "postgres://postgres@127.0.0.1:1/portal"}
    ended = run("serve", "--data", str(tmp_path), settings=gone)
    assert ended.returncode == 1
    assert "the database cannot be used" in ended.stderr
    assert "Check DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
