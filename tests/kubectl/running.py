"""A portal in a process of its own, and kubectl with a kubeconfig for one of its clusters."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli.processes import PATIENCE, Portal, run

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
BASELINE = (
    "/providers/Microsoft.Authorization/policySetDefinitions/a8640138-9b0a-4a28-b8cb-1666c838647d"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of its output."""
        return self.out.splitlines()

    def json(self) -> Any:
        """Its output, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Kubectl:
    """One kubectl, as one user of one cluster, with a home of its own for its caches."""

    program: Path
    kubeconfig: Path
    home: Path
    cwd: Path

    def __call__(self, *arguments: str | Path, stdin: str | None = None) -> Said:
        """Run it, whatever comes of it."""
        ended = subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            cwd=self.cwd,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=5 * PATIENCE,
            check=False,
        )
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def ok(self, *arguments: str | Path, stdin: str | None = None) -> Said:
        """Run it; nothing may go wrong, or be warned of."""
        said = self(*arguments, stdin=stdin)
        assert (said.code, said.err) == (0, ""), (arguments, said)
        return said

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Let it run, as ``get --watch`` does."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment(),
            cwd=self.cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line."""
        return [str(self.program), "--kubeconfig", str(self.kubeconfig), *map(str, arguments)]

    def environment(self) -> dict[str, str]:
        """This process's environment with another home."""
        return {**os.environ, "HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig)}


@dataclass(slots=True)
class Simulation:
    """A running portal with its data folder."""

    portal: Portal
    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def kubeconfig(self, cluster: str, *, user: str = "admin") -> Path:
        """The file that ``policy-portal kubeconfig`` prints."""
        file = self.data.parent / f"{self.data.name}-{cluster}-{user}.yaml"
        if not file.exists():
            printed = self.run("kubeconfig", cluster, "--server", self.portal.url, "--user", user)
            file.write_text(printed)
        return file

    def run(self, *arguments: str) -> str:
        """What a command of the portal prints, for this data folder."""
        place = () if arguments[0] == "manage" else ("--data", str(self.data))
        settings = {**self.settings, "POLICY_PORTAL_DATA": str(self.data)}
        ended = run(*arguments, *place, settings=settings)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def assign(self, name: str, group: str, definition: str = BASELINE) -> None:
        """Assign with the effect deny to a resource group, through REST."""
        properties = {
            "displayName": name,
            "policyDefinitionId": definition,
            "parameters": {"effect": {"value": "deny"}},
        }
        self.rest("PUT", _assignment(name, group), {"properties": properties})

    def unassign(self, name: str, group: str) -> None:
        """Delete an assignment through REST."""
        self.rest("DELETE", _assignment(name, group))

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the portal's REST API as admin."""
        request = urllib.request.Request(
            f"{self.portal.url}{path}?api-version=2023-04-01",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token()}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def token(self) -> str:
        """A token of admin."""
        file = self.data.parent / f"{self.data.name}.token"
        if not file.exists():
            file.write_text(self.run("token", "--user", "admin").strip())
        return file.read_text()


def _assignment(name: str, group: str) -> str:
    scope = f"{SUBSCRIPTION}/resourceGroups/{group}"
    return f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
