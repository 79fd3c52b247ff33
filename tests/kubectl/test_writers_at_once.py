"""Two kubectls that change one object at the same time lose none of their changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.processes import portal as running_portal
from tests.cli.test_serve_postgres import database as database  # a fixture
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


def assert_none_is_lost(kubectl: Kubectl) -> None:
    kubectl.ok("create", "configmap", "shared")
    kubectl.ok("create", "namespace", "together")

    def change(writer: str) -> None:
        for number in range(ROUNDS):
            patch = json.dumps({"data": {f"{writer}-{number}": writer}})
            kubectl.ok("patch", "configmap", "shared", "--type=merge", "-p", patch)
            kubectl.ok("label", "namespace", "together", f"{writer}-{number}={writer}")

    with ThreadPoolExecutor() as pool:
        list(pool.map(change, ["one", "other"]))
    wanted = {f"{writer}-{number}" for writer in ("one", "other") for number in range(ROUNDS)}
    assert set(kubectl.ok("get", "configmap", "shared", "-o", "json").json()["data"]) == wanted
    labels = kubectl.ok("get", "namespace", "together", "-o", "json").json()["metadata"]["labels"]
    assert wanted <= set(labels)
    kubectl.ok("delete", "configmap/shared", "namespace/together")
