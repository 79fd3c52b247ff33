"""Clients that change one object at the same time lose none of their changes.

Two kubectls at one portal, and four other processes at two portals that share a database.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.processes import PATIENCE
from tests.cli.processes import portal as running_portal
from tests.cli.test_serve_postgres import database as database  # a fixture
from tests.kubectl import writer
from tests.kubectl.conftest import MakeKubectl
from tests.kubectl.running import Kubectl, Simulation

ROUNDS = 8


@pytest.fixture
def on_postgres(database: str, tmp_path: Path) -> Iterator[Simulation]:
    settings = {"DATABASE_URL": database}
    with running_portal(tmp_path / "data", settings) as portal:
        yield Simulation(portal, tmp_path / "data", settings)


def test_on_sqlite(simulation: Simulation, kubectl_of: MakeKubectl) -> None:
    assert_none_is_lost(kubectl_of(simulation, "aks-demo"))


@pytest.mark.postgres
def test_on_postgresql(on_postgres: Simulation, kubectl_of: MakeKubectl) -> None:
    assert_none_is_lost(kubectl_of(on_postgres, "aks-demo"))


def test_two_portals_on_one_sqlite_file(tmp_path: Path) -> None:
    with running_portal(tmp_path / "data") as one, running_portal(tmp_path / "data") as other:
        simulation = Simulation(one, tmp_path / "data")
        assert_processes_lose_nothing(simulation, one.url, other.url)


@pytest.mark.postgres
def test_two_portals_on_one_postgresql(on_postgres: Simulation, tmp_path: Path) -> None:
    with running_portal(on_postgres.data, on_postgres.settings) as other:
        assert_processes_lose_nothing(on_postgres, on_postgres.portal.url, other.url)


def assert_processes_lose_nothing(simulation: Simulation, *portals: str) -> None:
    token, head = simulation.token(), {"apiVersion": "v1", "kind": "ConfigMap"}
    thing = {**head, "metadata": {"name": "contested"}, "data": {"count": "0"}}
    address = f"{portals[0]}{writer.PATH.rpartition('/')[0]}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(thing).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 201
    names = ["a", "b", "c", "d"]
    processes = [
        subprocess.Popen(
            [sys.executable, writer.__file__, portals[index % 2], token, name, str(ROUNDS)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for index, name in enumerate(names)
    ]
    for one in processes:
        _, said = one.communicate(timeout=5 * PATIENCE)
        assert one.returncode == 0, said
    found = writer.Writer(portals[-1], token, "reader").ask("GET")["data"]
    assert found.pop("count") == str(len(names) * ROUNDS)
    ways = ("patched", "applied")
    assert set(found) == {
        f"{name}-{way}-{number}" for name in names for way in ways for number in range(ROUNDS)
    }


def assert_none_is_lost(kubectl: Kubectl) -> None:
    kubectl.ok("create", "configmap", "shared")
    kubectl.ok("create", "namespace", "together")

    def change(who: str) -> None:
        for number in range(ROUNDS):
            patch = json.dumps({"data": {f"{who}-{number}": who}})
            kubectl.ok("patch", "configmap", "shared", "--type=merge", "-p", patch)
            kubectl.ok("label", "namespace", "together", f"{who}-{number}={who}")

    with ThreadPoolExecutor() as pool:
        list(pool.map(change, ["one", "other"]))
    wanted = {f"{who}-{number}" for who in ("one", "other") for number in range(ROUNDS)}
    assert set(kubectl.ok("get", "configmap", "shared", "-o", "json").json()["data"]) == wanted
    labels = kubectl.ok("get", "namespace", "together", "-o", "json").json()["metadata"]["labels"]
    assert wanted <= set(labels)
    kubectl.ok("delete", "configmap/shared", "namespace/together")
