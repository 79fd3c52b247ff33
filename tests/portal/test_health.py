"""What a probe sees: alive, ready, or not ready and why."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from policy_app.models import Definition


def test_a_live_process_says_so_without_a_database(client: Client) -> None:
    # No database fixture: a query would fail this test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.usefixtures("portal")
def test_a_ready_portal_names_what_it_checked(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ready"
    assert [check["name"] for check in body["checks"]] == ["database", "migrations", "catalogue"]


@pytest.mark.usefixtures("portal")
def test_a_missing_definition_makes_the_portal_not_ready(client: Client) -> None:
    Definition.objects.all().delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert "built-in definitions are not loaded" in answer.json()["checks"][2]["detail"]


@pytest.mark.django_db
def test_a_database_that_is_gone_is_a_503_in_words(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(connection, "cursor", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"][0] == {
        "name": "database",
        "ok": False,
        "detail": "The database does not answer; the log says why.",
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_cannot_write(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_a_probe_is_answered_without_tls_where_people_must_use_it(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/sign-in").status_code == 301
