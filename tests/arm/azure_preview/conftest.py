"""The pre-releases' clients, in a process of their own that all tests here share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.cli.processes import ROOT, environment
from tests.docs.test_dependencies import pins

INSTALLED = ROOT / "build" / "azure-preview"
"""Where ``make azure-preview`` puts them; in .venv are the releases, with the same modules."""
_PROGRAM = Path(__file__).with_name("client.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the pre-releases."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.azure_preview)


class RefusedError(Exception):
    """What the client raised; its arguments are the class, the HTTP status and ARM's code."""


@dataclass
class Preview:
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
def client_process() -> Iterator[subprocess.Popen[str]]:
    """The program, which has imported what is pinned; skips where that is not installed."""
    if not INSTALLED.is_dir():
        pytest.skip("The pre-releases of the Azure SDK are not here; run: make azure-preview")
    with subprocess.Popen(
        [sys.executable, _PROGRAM],
        env=environment({"PYTHONPATH": str(INSTALLED)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert _line(process) == pins("azure-preview"), "run: make azure-preview"
        yield process


@pytest.fixture
def preview(
    client_process: subprocess.Popen[str], live_server: LiveServer, portal: None, token: str
) -> Preview:
    """Alice's clients of the live server."""
    return Preview(client_process, live_server.url, token)
