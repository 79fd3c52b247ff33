"""Providers of external data over HTTPS: asked where allowed, and a system error elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from policy_app.evaluation.gatekeeper.external_data import ProviderResource
from policy_app.services import external_data
from tests.services.https_server import Handler, Server, serving

ASKED = {"provider": "scanner", "keys": ["nginx"]}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def resource(server: Server, **changes: Any) -> ProviderResource:
    found = ProviderResource("scanner", server.url("/validate"), server.certificate, 3)
    return replace(found, **changes)


def allow(settings: Settings, server: Server) -> None:
    settings.PROVIDER_HOSTS = [server.origin]
    settings.PROVIDERS_MAY_BE_PRIVATE = True


def answers(server: Server, **response: Any) -> None:
    body = {
        "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
        "kind": "ProviderResponse",
        "response": {"idempotent": True, "items": [{"key": "nginx", "value": "fine"}]} | response,
    }
    server.answers["/validate"] = lambda handler: handler.reply(json.dumps(body).encode())


def test_an_allowed_provider_is_asked(settings: Settings, server: Server) -> None:
    allow(settings, server)
    answers(server)

    answer = external_data.builtin([resource(server)])(ASKED)

    assert (answer["responses"], answer["system_error"]) == ([["nginx", "fine"]], "")
    assert json.loads(server.asked[0].body)["request"] == {"keys": ["nginx"]}


def test_answers_are_kept_from_request_to_request(settings: Settings, server: Server) -> None:
    allow(settings, server)
    answers(server)

    for _ in range(2):
        external_data.builtin([resource(server)])(ASKED)
    assert len(server.asked) == 1


def test_mutators_take_the_same_providers(settings: Settings, server: Server) -> None:
    allow(settings, server)
    answers(server)

    found = external_data.providers([resource(server)])["scanner"](["nginx"])
    assert (found["idempotent"], found["items"]) == (True, [{"key": "nginx", "value": "fine"}])


def test_by_default_nobody_is_asked(server: Server) -> None:
    answers(server)

    answer = external_data.builtin([resource(server)])(ASKED)

    assert answer["status_code"] == 500
    assert f"{server.origin} is not among the hosts that are allowed" in answer["system_error"]
    assert server.asked == []


def test_private_addresses_need_their_own_permission(settings: Settings, server: Server) -> None:
    allow(settings, server)
    settings.PROVIDERS_MAY_BE_PRIVATE = False

    answer = external_data.builtin([resource(server)])(ASKED)
    assert "which is no public address" in answer["system_error"]


def test_a_provider_that_its_certificates_do_not_vouch_for_is_not_asked(
    settings: Settings, server: Server
) -> None:
    allow(settings, server)

    answer = external_data.builtin([resource(server, ca_bundle="")])(ASKED)
    assert "certificate verify failed" in answer["system_error"]
    assert server.asked == []


@pytest.mark.parametrize("timeout", [0, 1])
def test_a_provider_is_waited_for_as_long_as_it_says(
    settings: Settings, server: Server, timeout: int
) -> None:
    allow(settings, server)
    server.answers["/validate"] = lambda handler: handler.drip(4)

    answer = external_data.builtin([resource(server, timeout=timeout)])(ASKED)
    assert f"no whole answer within {timeout} s" in answer["system_error"]


def test_an_answer_that_is_none_is_a_system_error(settings: Settings, server: Server) -> None:
    allow(settings, server)

    def page(handler: Handler) -> None:
        handler.reply(b"<html>")

    server.answers["/validate"] = page
    answer = external_data.builtin([resource(server)])(ASKED)
    assert "failed to unmarshal external data response" in answer["system_error"]
