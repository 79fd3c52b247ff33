"""A caller of the REST door, signed in with a bearer token."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import access
from tests.arm.addresses import PROVIDER


class Arm:
    """Sends requests as the Azure SDKs do; ``api-version`` is added unless it is given."""

    def __init__(self, token: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def send(
        self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None
    ) -> Any:
        """One request; a body that is no bytes is sent as JSON, an empty api-version not at all."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        kept = {"api-version": "2026-06-01"} | (query or {})
        if not kept["api-version"]:
            del kept["api-version"]
        return self.client.generic(
            method,
            f"http://testserver{path}",
            data,
            content_type="application/json",
            query_params=kept,
        )

    def get(self, path: str, **query: str) -> Any:
        """The body of a GET that must succeed; keywords are query parameters with a ``$``."""
        named = {f"${name}": value for name, value in query.items()}
        response = self.send("GET", path, query=named)
        assert response.status_code == 200, response.content
        return response.json()

    def names(self, path: str, **query: str) -> list[str]:
        """The names in a list that fits on a page."""
        return [one["name"] for one in self.get(path, **query)["value"]]

    def put(self, path: str, body: Any) -> Any:
        """The body of a PUT that must succeed."""
        response = self.send("PUT", path, body)
        assert response.status_code == 201, response.content
        return response.json()

    def error(
        self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The error of a request that must fail, with its HTTP status as ``status``."""
        return error_of(self.send(method, path, body, query))

    def follow(self, link: str) -> Any:
        """The body behind a nextLink, fetched as it is."""
        parts = urlsplit(link)
        response = self.client.get(f"{parts.path}?{parts.query}")
        assert response.status_code == 200, response.content
        return response.json()


def error_of(response: Any) -> dict[str, Any]:
    """The envelope's content; the envelope has nothing else."""
    assert response.status_code >= 400, response.content
    assert response["Content-Type"].startswith("application/json")
    envelope = response.json()
    assert list(envelope) == ["error"]
    return {"status": response.status_code, **envelope["error"]}


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """The OpenAPI schema, made as a release would: any warning is a failure."""
    written = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=written)
    loaded: dict[str, Any] = _as_json_schema(yaml.safe_load(written.getvalue()))
    return loaded


def _as_json_schema(value: Any) -> Any:
    """With null as JSON Schema has it, where OpenAPI 3.0 says ``nullable``."""
    if isinstance(value, list):
        return [_as_json_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _as_json_schema(one) for name, one in value.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if value.get("nullable") is True else made


@pytest.fixture
def token(alice: User) -> str:
    """A bearer token of alice."""
    return access.new_token(alice, "tests")


@pytest.fixture
def arm(portal: None, token: str) -> Arm:
    """Alice's client, with the catalogue and the demo estate in place."""
    return Arm(token)


@pytest.fixture
def custom(rg_demo: Scope) -> Definition:
    """A custom policy definition at the demo subscription, in two versions."""
    subscription = rg_demo.parent
    assert subscription is not None
    row = Definition.objects.create(
        kind=Definition.Kind.POLICY,
        name="own-rule",
        arm_id=f"{subscription.arm_id}/{PROVIDER}/policyDefinitions/own-rule",
        scope=subscription,
        policy_type=Definition.PolicyType.CUSTOM,
        mode="Microsoft.Kubernetes.Data",
        display_name="Own rule",
        category="Own",
        latest_version="1.1.0",
    )
    for minor in (0, 1):
        DefinitionVersion.objects.create(
            definition=row,
            version=f"1.{minor}.0",
            major=1,
            minor=minor,
            patch=0,
            origin=DefinitionVersion.Origin.CUSTOM,
            fingerprint=f"own-{minor}",
            body={
                "displayName": "Own rule",
                "policyType": "Custom",
                "mode": "Microsoft.Kubernetes.Data",
                "version": f"1.{minor}.0",
                "metadata": {"category": "Own"},
                "parameters": {},
                "policyRule": {"if": {}, "then": {"effect": "audit", "details": {}}},
            },
        )
    return row
