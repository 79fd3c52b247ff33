"""Manifests of the kinds that people apply, through every command that people use on them.

``manifests/`` holds what charts and operators typically bring: one file an application.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubectl.conftest import MakeKubectl
from tests.kubectl.running import Kubectl, Simulation

FOLDER = Path(__file__).parent / "manifests"
FIRST = "0*.yaml"
"""Namespaces and the definitions of custom kinds, which have to be there before the others."""
# Each part goes to a cluster of its own, so that they can be tried at the same time.
PARTS = {"aks-demo": "[1-4]*.yaml", "aks-staging": "[5-9]*.yaml"}
NUMBER = "1.4.0"
NAME_OF_ONE = {"aks-demo": "storefront", "aks-staging": "sign-on"}


@pytest.fixture(params=PARTS)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, Path]:
    """A cluster's name, the folder of what comes first, and the folder of applications."""
    first, applications = tmp_path / "first", tmp_path / "applications"
    for folder, pattern in ((first, FIRST), (applications, PARTS[request.param])):
        folder.mkdir()
        for file in FOLDER.glob(pattern):
            (folder / file.name).write_text(file.read_text())
    return request.param, first, applications


def test_there_are_two_hundred_manifests_of_many_kinds() -> None:
    found = [one for file in sorted(FOLDER.glob("*.yaml")) for one in documents(file)]
    assert len(found) >= 200
    assert len({one["kind"] for one in found}) >= 40


def test_what_people_apply_is_created_applied_again_changed_and_deleted(
    files: tuple[str, Path, Path], simulation: Simulation, kubectl_of: MakeKubectl
) -> None:
    cluster, first, applications = files
    kubectl = kubectl_of(simulation, cluster)
    everything = ("-f", first, "-f", applications)
    count = len(all_documents(first)) + len(all_documents(applications))

    # The kinds of a file are looked up before its first object is made.
    said = [kubectl.ok("apply", "-f", folder) for folder in (first, applications)]
    assert_each("created", [line for one in said for line in one.lines], count)
    told = kubectl.ok("get", *everything, "-o", "wide").out
    assert len(re.findall(r"^NAME ", told, re.MULTILINE)) > 10
    before = versions(kubectl, everything)
    assert len(before) > 50

    assert_unchanged(kubectl.ok("apply", *everything).lines, all_documents(first, applications))
    assert versions(kubectl, everything) == before

    for folder in (first, applications):
        with_next_version(folder)
    differences = kubectl("diff", *everything)
    assert (differences.code, differences.err) == (1, "")
    assert differences.out.count("\n+++ ") == count
    assert_each("configured", kubectl.ok("apply", *everything).lines, count)
    one_of_each = one_of_each_kind(applications)
    same = kubectl("diff", "-f", one_of_each)
    assert (same.code, same.out, same.err) == (0, "", "")

    forced = kubectl.ok("apply", "--server-side", "--force-conflicts", "-f", applications)
    assert_each("serverside-applied", forced.lines, len(all_documents(applications)))
    again = kubectl.ok("apply", "--server-side", "-f", one_of_each)
    assert_each("serverside-applied", again.lines, len(documents(one_of_each)))

    described = kubectl.ok("describe", "-f", one_of_each).out
    assert len(re.findall(r"^Name: ", described, re.MULTILINE)) >= len(documents(one_of_each))

    gone = kubectl.ok("delete", "-f", applications, "--wait=false").lines
    gone += kubectl.ok("delete", "-f", first).lines
    assert len(gone) == count
    left = kubectl.ok("get", "-A", "deployments,statefulsets,pods,secrets", "-o", "name").out
    assert NAME_OF_ONE[cluster] not in left


def documents(file: Path) -> list[Any]:
    return list(yaml.safe_load_all(file.read_text()))


def all_documents(*folders: Path) -> list[Any]:
    return [
        one for folder in folders for file in sorted(folder.glob("*")) for one in documents(file)
    ]


def one_of_each_kind(folder: Path) -> Path:
    """A file with the first object of each kind."""
    found: dict[str, Any] = {}
    for one in all_documents(folder):
        found.setdefault(one["kind"], one)
    file = folder.parent / "one-of-each-kind.yaml"
    file.write_text(yaml.safe_dump_all(found.values()))
    return file


def with_next_version(folder: Path) -> None:
    """What a new release of every application brings: labels, and images of its workloads."""
    for file in folder.glob("*.yaml"):
        file.write_text(file.read_text().replace(NUMBER, "1.5.0"))


def versions(kubectl: Kubectl, files: tuple[str | Path, ...]) -> dict[str, str]:
    """The resourceVersion of each object that no controller touches."""
    found = kubectl.ok("get", *files, "-o", "json").json()["items"]
    return {
        one["metadata"]["uid"]: one["metadata"]["resourceVersion"]
        for one in found
        if not one.get("status")
    }


def assert_each(word: str, lines: list[str], count: int) -> None:
    other = [line for line in lines if not line.endswith(f" {word}")]
    assert (other, len(lines)) == ([], count)


def assert_unchanged(lines: list[str], applied: list[Any]) -> None:
    """All unchanged; of two kinds kubectl itself sends a list or a selector again each time.

    It compares lists without a merge key as a whole, and a claim of a StatefulSet has defaults
    that no manifest writes; the selector of a budget is to be replaced as a whole.
    """
    configured = {line.partition(" ")[0] for line in lines if not line.endswith(" unchanged")}
    sent_again = {
        f"statefulset.apps/{one['metadata']['name']}"
        for one in applied
        if one["kind"] == "StatefulSet" and "volumeClaimTemplates" in one["spec"]
    }
    budgets = {
        f"poddisruptionbudget.policy/{one['metadata']['name']}"
        for one in applied
        if one["kind"] == "PodDisruptionBudget"
    }
    assert configured == sent_again | budgets
    assert len(lines) == len(applied)
