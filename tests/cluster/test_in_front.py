"""The webhooks' addresses are answered in front of everything else, and nothing else is."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.test import Client

from tests.cluster.admission import ApiServer, review
from tests.services.cluster.inside import Api, pod

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(portal: None) -> ApiServer:
    """A real cluster that asks the portal."""
    assert Api().cluster
    return ApiServer()


def test_no_session_and_no_csrf_token_is_looked_for(server: ApiServer) -> None:
    with patch("django.middleware.csrf.CsrfViewMiddleware.process_view") as csrf:
        assert server.ask(review(pod("web", "team")))["allowed"] is True
    csrf.assert_not_called()


def test_every_answer_has_its_length_and_its_requests_id(server: ApiServer) -> None:
    answer = server.call(review(pod("web", "team")))
    assert int(answer["Content-Length"]) == len(answer.content)
    assert answer["X-Request-Id"]


def test_a_host_that_the_portal_does_not_have_is_refused(server: ApiServer) -> None:
    path = f"/clusters/aks-demo/admission/v1/validate/{server.token}"
    client = Client(SERVER_NAME="elsewhere.example", raise_request_exception=False)
    assert client.post(path, b"{}", "application/json").status_code == 400


def test_reading_is_no_asking(server: ApiServer) -> None:
    path = f"/clusters/aks-demo/admission/v1/validate/{server.token}"
    answer = Client(SERVER_NAME="localhost").get(path)
    assert (answer.status_code, answer.json()["reason"]) == (405, "MethodNotAllowed")


@pytest.mark.parametrize(
    ("path", "code"),
    [("/healthz", 200), ("/clusters/aks-demo/version", 401), ("/clusters", 302)],
)
def test_other_addresses_are_passed_on(portal: None, path: str, code: int) -> None:
    assert Client(SERVER_NAME="localhost").get(path).status_code == code
