"""``docs/how-to.md``, command by command, with every kubectl of this machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.kubectl import pages, programs
from tests.kubectl.conftest import MakeKubectl
from tests.kubectl.running import Kubectl, Said, Simulation

PAGE = "how-to.md"
PRIVILEGED = "fixtures/manifests/nginx-privileged.yaml"


@pytest.mark.parametrize("version", programs.versions())
def test_the_how_to_prints_what_its_page_says(
    version: str, simulation: Simulation, kubectl_of: MakeKubectl
) -> None:
    kubectl = kubectl_of(simulation, "aks-demo", version)
    steps = [step for step in pages.steps(PAGE) if step.command.startswith("kubectl ")]
    first = next(i for i, one in enumerate(steps) if "get constrainttemplates" in one.command)
    last = next(i for i, one in enumerate(steps) if "No resources found" in one.printed)
    for step in steps[:first]:
        follow(kubectl, step)
    simulation.assign("baseline", "rg-demo")
    try:
        for step in steps[first:last]:
            follow(kubectl, step)
        assert len(kubectl.ok("get", "constraints", "-o", "name").lines) == 5
    finally:
        simulation.unassign("baseline", "rg-demo")
    for step in steps[last:]:
        follow(kubectl, step)


def test_the_page_says_how_to_get_the_kubeconfig() -> None:
    [made, used] = [one.command for one in pages.steps(PAGE) if "aks-demo.yaml" in one.command]
    assert made == (
        "policy-portal kubeconfig aks-demo --server http://127.0.0.1:8000 > aks-demo.yaml"
    )
    assert used == "export KUBECONFIG=aks-demo.yaml"


def test_a_cluster_with_an_old_gatekeeper_refuses_in_the_words_of_2023(
    simulation: Simulation, kubectl_of: MakeKubectl
) -> None:
    [documented] = pages.texts(PAGE)
    with old_gatekeeper(simulation, "aks-staging"):
        kubectl = kubectl_of(simulation, "aks-staging")
        simulation.assign("old", "rg-staging")
        try:
            refused = kubectl("apply", "-f", PRIVILEGED)
        finally:
            simulation.unassign("old", "rg-staging")
    assert refused.code == 1
    assert pages.says(refused.err, [documented]), refused.err


@contextmanager
def old_gatekeeper(simulation: Simulation, cluster: str) -> Iterator[None]:
    """A cluster of the generation whose texts the guide of 2023 shows."""
    line = (
        "from policy_app.models import Cluster; "
        f"Cluster.objects.filter(scope__name={cluster!r}).update(gatekeeper={{!r}})"
    )
    simulation.run("manage", "shell", "-c", line.format("legacy"))
    try:
        yield
    finally:
        simulation.run("manage", "shell", "-c", line.format("current"))


def follow(kubectl: Kubectl, step: pages.Step) -> None:
    """Run a command of the page; it prints what the page says, as a terminal shows it."""
    said: Said = kubectl(*shlex.split(step.command)[1:])
    assert pages.says(said.out + said.err, step.printed), (step, said)
    assert (said.code != 0) == any(line.startswith("Error") for line in step.printed)
