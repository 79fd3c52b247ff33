"""Clients of other versions than .venv has, in a process of their own that tests share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.cli.processes import ROOT, environment
from tests.docs.test_dependencies import pins

PREVIEW, OLDER = "azure-preview", "azure-older"
"""Locks, and the folders of ``make azure-clients``: their modules have the same names."""
_PROGRAM = Path(__file__).with_name("client.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs what is in these folders."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.azure_clients)


class RefusedError(Exception):
    """What the client raised; its arguments are the class, the HTTP status and ARM's code."""


@dataclass
class Clients:
    """Calls operations of the client of policies, or with ``insights`` of the other one."""

    process: subprocess.Popen[str]
    url: str
    token: str

    def policy(self, operation: str, *arguments: Any, **keywords: Any) -> Any:
        """What ``PolicyClient`` answers; raises ``RefusedError``."""
        return self._call("policy", operation, arguments, keywords)

    def insights(self, operation: str, *arguments: Any, **keywords: Any) -> Any:
        """What ``PolicyInsightsClient`` answers; raises ``RefusedError``."""
        return self._call("insights", operation, arguments, keywords)

    def _call(
        self, client: str, operation: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        call = {
            "url": self.url,
            "token": self.token,
            "client": client,
            "operation": operation,
            "arguments": arguments,
            "keywords": keywords,
        }
        assert self.process.stdin
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        told = _line(self.process)
        if "refused" in told:
            raise RefusedError(*told["refused"])
        assert "failed" not in told, told["failed"]
        return told["value"]


def refusal(call: Callable[..., Any], *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
    """The arguments of the error that a call must raise."""
    with pytest.raises(RefusedError) as refused:
        call(*arguments, **keywords)
    return refused.value.args


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    told = process.stdout.readline()
    assert told, "the client's process has ended; what it printed stands above"
    read: dict[str, Any] = json.loads(told)
    return read


@pytest.fixture(scope="session")
def client_process(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """The program, with the pre-releases or those that are the parameter; skips without them."""
    lock = getattr(request, "param", PREVIEW)
    folder = ROOT / "build" / lock
    if not folder.is_dir():
        pytest.skip(f"The Azure SDK of {lock}.txt is not here; run: make azure-clients")
    there = {one.name: one.version for one in distributions(path=[str(folder)])}
    assert there == pins(lock), "run: make azure-clients"
    with subprocess.Popen(
        [sys.executable, _PROGRAM],
        env=environment({"PYTHONPATH": str(folder)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


@pytest.fixture
def clients(
    client_process: subprocess.Popen[str], live_server: LiveServer, portal: None, token: str
) -> Clients:
    """Alice's clients of the live server."""
    return Clients(client_process, live_server.url, token)
