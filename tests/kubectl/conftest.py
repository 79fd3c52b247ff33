"""One portal a session, and kubectls for its clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.cli.processes import portal as running_portal
from tests.kubectl import programs
from tests.kubectl.running import Kubectl, Simulation

MakeKubectl = Callable[..., Kubectl]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a kubectl, or what ``.ci/run`` installs with it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.kubectl)


@pytest.fixture(scope="session")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """A portal on SQLite that serves the demo estate's clusters."""
    data = tmp_path_factory.mktemp("simulation") / "data"
    with running_portal(data) as portal:
        yield Simulation(portal, data)


@pytest.fixture
def kubectl_of(tmp_path: Path) -> MakeKubectl:
    """A kubectl of a version for a cluster of a simulation; it skips where there is none."""

    def made(
        simulation: Simulation, cluster: str, version: str = programs.USUAL, user: str = "admin"
    ) -> Kubectl:
        program = programs.found().get(version)
        if program is None:
            pytest.skip(f"kubectl {version} is not here; set POLICY_PORTAL_KUBECTLS to its folder")
        home = tmp_path / f"home-{version}"
        home.mkdir(exist_ok=True)
        return Kubectl(program, simulation.kubeconfig(cluster, user=user), home, settings.BASE_DIR)

    return made


@pytest.fixture
def kubectl(simulation: Simulation, kubectl_of: MakeKubectl) -> Kubectl:
    """The usual kubectl for the cluster ``aks-demo``."""
    return kubectl_of(simulation, "aks-demo")
