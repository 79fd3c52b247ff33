"""A client of the simulated cluster's HTTP API, in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Cluster
from policy_app.services import access
from policy_app.services.authorization import actions
from policy_app.services.cluster import denials, spool
from tests.granting import custom_role, grant


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read as JSON where it is some."""

    code: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Api:
    """Requests of one user to one cluster; paths begin behind the cluster's name."""

    token: str
    cluster: str = "aks-demo"

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        form: str = "application/json",
        query: str = "",
        **headers: str,
    ) -> Answer:
        """Send ``body``: bytes as they are, everything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}", **headers}
        answer = Client(raise_request_exception=True).generic(
            method,
            f"/clusters/{self.cluster}{quote(path, errors='surrogatepass')}",
            b"" if body is None else raw,
            content_type=form,
            query_params=None,
            QUERY_STRING=query,
            headers={name.replace("_", "-"): value for name, value in given.items() if value},
        )
        content = b"".join(answer) if answer.streaming else answer.content
        if answer.streaming:
            return Answer(answer.status_code, content, dict(answer.headers))
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        value = json.loads(content) if is_json and content else content
        return Answer(answer.status_code, value, dict(answer.headers))


@pytest.fixture
def api(portal: None, alice: User) -> Api:
    """The API of aks-demo as ``alice``, who may do everything."""
    return Api(access.new_token(alice, "a test"))


@pytest.fixture
def stranger(aks_demo: Cluster) -> Api:
    """The API of aks-demo as ``bob``, who may call it and to whom nothing is granted in it."""
    bob = User.objects.create_user("bob")
    enter = actions.enter_cluster(aks_demo.resource_type)
    grant(bob, custom_role("Caller of clusters", aks_demo.scope, enter), aks_demo.scope)
    return Api(access.new_token(bob, "a test"))


@pytest.fixture(autouse=True)
def no_refusal_is_written_after_its_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Refusals are gathered for a moment; the test asks for them, and no clock does it later."""
    monkeypatch.setattr(denials, "_waiting", denials._Waiting({}, []))
    monkeypatch.setattr(spool, "folder", lambda: tmp_path / "refusals")
    monkeypatch.setattr(denials, "Timer", Mock())
