"""Providers of external data: their resource, what Rego is answered, and what is kept."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from policy_app.evaluation.gatekeeper import external_data
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.errors import ProviderError
from policy_app.evaluation.gatekeeper.external_data import (
    ExternalDataBuiltin,
    ProviderResource,
    request_body,
    response_of,
)
from policy_app.evaluation.gatekeeper.review import Review

from .samples import constraint, pod, template

RULE = """\
package k8sprivileged

violation[{"msg": msg}] {
  answer := external_data({"provider": "scanner", "keys": ["nginx", "redis"]})
  msg := sprintf("%v", [answer])
}
"""


def certificate() -> str:
    """A certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2036, 1, 1, tzinfo=datetime.UTC))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


PEM = certificate()
BUNDLE = base64.b64encode(PEM.encode()).decode()


def provider_object(version: str = "v1beta1", name: str = "scanner", **spec: Any) -> dict[str, Any]:
    """A ``Provider`` resource that is right but for what ``spec`` says."""
    given = {"url": "https://scanner.example:8443/validate", "timeout": 3, "caBundle": BUNDLE}
    return {
        "apiVersion": f"externaldata.gatekeeper.sh/{version}",
        "kind": "Provider",
        "metadata": {"name": name},
        "spec": given | spec,
    }


class Scanner:
    """A provider that answers with the key in capitals, and counts what it is asked."""

    def __init__(self, **response: Any) -> None:
        self.asked: list[list[str]] = []
        self._response = response

    def __call__(self, keys: Sequence[str]) -> Mapping[str, Any]:
        self.asked.append(list(keys))
        return {"items": [{"key": key, "value": key.upper()} for key in keys]} | self._response


def unreachable(keys: Sequence[str]) -> Mapping[str, Any]:
    raise OSError("connection refused")


@pytest.mark.parametrize("version", ["v1beta1", "v1alpha1"])
def test_a_provider_is_read(version: str) -> None:
    found = ProviderResource.parse(provider_object(version))

    assert found == ProviderResource("scanner", "https://scanner.example:8443/validate", PEM, 3)


@pytest.mark.parametrize(
    ("value", "words", "path"),
    [
        (provider_object("v2"), "no Provider of externaldata.gatekeeper.sh", "apiVersion"),
        (provider_object(name=""), "name can not be empty", "metadata.name"),
        (provider_object(url=""), "invalid provider url. value: ", "spec.url"),
        (provider_object(url="https://[::1"), "invalid provider url", "spec.url"),
        (provider_object(url="http://a/"), "only HTTPS scheme is supported", "spec.url"),
        (provider_object(url="ftp://a/"), "only HTTPS scheme is supported", "spec.url"),
        (provider_object(timeout=-1), "positive integer. value: -1", "spec.timeout"),
        (provider_object(timeout=True), "positive integer. value: True", "spec.timeout"),
        (provider_object(timeout="3"), "positive integer. value: 3", "spec.timeout"),
        (provider_object(caBundle=""), "caBundle should be set", "spec.caBundle"),
        (provider_object(caBundle="%%"), "failed to base64 decode caBundle", "spec.caBundle"),
        (provider_object(caBundle="bm9uZQ=="), "bad caBundle", "spec.caBundle"),
        (
            provider_object(
                caBundle=base64.b64encode(
                    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
                ).decode()
            ),
            "failed to parse caBundle",
            "spec.caBundle",
        ),
        (provider_object(caBundle=7), "spec.caBundle must be a string", "spec.caBundle"),
        (provider_object(proxyURL="x"), 'unknown field "spec.proxyURL"', "spec.proxyURL"),
    ],
)
def test_a_wrong_provider_is_refused_in_gatekeepers_words(
    value: dict[str, Any], words: str, path: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        ProviderResource.parse(value)
    assert words in caught.value.message
    assert caught.value.path == path


def test_what_is_sent_is_a_provider_request() -> None:
    assert json.loads(request_body(["a", "b"])) == {
        "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
        "kind": "ProviderRequest",
        "request": {"keys": ["a", "b"]},
    }


def test_what_comes_back_is_a_provider_response() -> None:
    body = {"kind": "ProviderResponse", "response": {"idempotent": True, "items": None}}

    assert response_of(json.dumps(body).encode()) == {"idempotent": True, "items": []}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"response": []}',
        b'{"kind": "Status", "response": {}}',
        b'{"response": {"items": [1]}}',
        b'{"response": {"items": [{"value": NaN}]}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_anything_else_that_comes_back_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="failed to unmarshal external data response"):
        response_of(body)


def test_values_and_errors_come_apart() -> None:
    items = [{"key": "nginx", "value": {"fixed": 1}}, {"key": "redis", "error": "no such image"}]
    ask = ExternalDataBuiltin({"scanner": Scanner(items=items)})

    assert ask({"provider": "scanner", "keys": ["nginx", "redis"]}) == {
        "responses": [["nginx", {"fixed": 1}]],
        "errors": [["redis", "no such image"]],
        "status_code": 200,
        "system_error": "",
    }


def test_a_providers_own_failure_is_told_beside_its_answers() -> None:
    answer = ExternalDataBuiltin({"scanner": Scanner(systemError="database is down")})(
        {"provider": "scanner", "keys": ["a"]}
    )

    assert (answer["system_error"], answer["responses"]) == ("database is down", [["a", "A"]])


@pytest.mark.parametrize(
    ("ask", "status", "words"),
    [
        (ExternalDataBuiltin(), 400, "key is not found in provider cache"),
        (ExternalDataBuiltin({"scanner": unreachable}), 500, "connection refused"),
    ],
)
def test_a_provider_that_gives_no_answer_is_a_system_error(
    ask: ExternalDataBuiltin, status: int, words: str
) -> None:
    answer = ask({"provider": "scanner", "keys": ["a"]})

    assert words in answer.pop("system_error")
    assert answer == {"responses": None, "errors": None, "status_code": status}


@pytest.mark.parametrize(
    "request_", [[], {"provider": 1}, {"provider": "scanner", "keys": [1]}, {"keys": "a"}]
)
def test_a_question_that_is_none_is_a_system_error(request_: Any) -> None:
    scanner = Scanner()

    answer = ExternalDataBuiltin({"scanner": scanner})(request_)
    assert answer["status_code"] in (0, 400)
    assert scanner.asked == []


def test_a_key_is_asked_once_until_its_time_is_over() -> None:
    now = 0.0
    scanner = Scanner()
    ask = ExternalDataBuiltin({"scanner": scanner}, cache_seconds=180, clock=lambda: now)

    ask({"provider": "scanner", "keys": ["a"]})
    again = ask({"provider": "scanner", "keys": ["a"]})
    more = ask({"provider": "scanner", "keys": ["b", "a"]})
    now = 180.0
    ask({"provider": "scanner", "keys": ["a"]})

    assert scanner.asked == [["a"], ["b"], ["a"]]
    assert (again["responses"], again["status_code"]) == ([["a", "A"]], 0)
    assert (more["responses"], more["status_code"]) == ([["a", "A"], ["b", "B"]], 200)


def test_nothing_is_kept_where_that_is_wanted() -> None:
    scanner = Scanner()
    ask = ExternalDataBuiltin({"scanner": scanner}, cache_seconds=0)

    for _ in range(2):
        ask({"provider": "scanner", "keys": ["a"]})
    assert scanner.asked == [["a"], ["a"]]


def test_providers_do_not_share_what_is_kept() -> None:
    first, second = Scanner(), Scanner()
    ask = ExternalDataBuiltin({"first": first, "second": second})

    ask({"provider": "first", "keys": ["a"]})
    ask({"provider": "second", "keys": ["a"]})
    assert second.asked == [["a"]]


def test_what_is_kept_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_data, "_MOST_KEPT", 2)
    now = 0.0
    scanner = Scanner()
    ask = ExternalDataBuiltin({"scanner": scanner}, cache_seconds=10, clock=lambda: now)

    for key in ("a", "b", "c", "c"):
        ask({"provider": "scanner", "keys": [key]})
    now = 11.0
    for key in ("d", "d"):
        ask({"provider": "scanner", "keys": [key]})

    # There was no room for c, and then for d in the place of a and b.
    assert scanner.asked == [["a"], ["b"], ["c"], ["c"], ["d"]]


def test_rego_is_answered_by_the_clients_providers() -> None:
    asking = ExternalDataBuiltin({"scanner": Scanner()})
    client = Client([template(RULE)], [constraint()], external_data=asking, explain=True)

    (violation,) = client.review(Review.create(pod())).violations
    assert '"responses": [["nginx", "NGINX"], ["redis", "REDIS"]]' in violation.message


def test_without_providers_rego_learns_that_there_is_none() -> None:
    (violation,) = Client([template(RULE)], [constraint()]).review(Review.create(pod())).violations

    assert '"system_error": "key is not found in provider cache"' in violation.message
