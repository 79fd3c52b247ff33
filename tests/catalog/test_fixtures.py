"""The definitions in fixtures: the published facts, in our own words, and wired to templates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from tests.catalog.shelf import (
    AZURE,
    DEFINITIONS,
    INITIATIVES,
    SHELF,
    initiative,
    members_of,
    policies,
    read,
    template_of,
)
from tests.catalog.suites import load

RECONSTRUCTED = {
    "BlockHostNamespace-5.2.0",
    "ContainerNoPrivilegeEscalation-7.2.0",
    "HostNetworkPorts-6.2.0",
}
"""Versions that initiatives pin and nobody publishes any more; docs/differences.md says how."""

REQUIRED: dict[str, dict[str, Any]] = {
    "AKS_Safeguards": {
        "allowedUsers": [],
        "allowedGroups": ["system:node"],
        "labels": ["kubernetes.azure.com"],
        "allowedContainerImagesRegex": ".*",
        "reservedTaints": ["CriticalAddonsOnly"],
    },
}
"""Values for the parameters that an initiative gives no default."""

FOR_CLUSTERS = tuple(
    path for path in DEFINITIONS if read(path)["properties"]["mode"] == "Microsoft.Kubernetes.Data"
)
FOR_RESOURCES = tuple(path for path in DEFINITIONS if path not in FOR_CLUSTERS)

needs_azure_data = pytest.mark.azure_data
each_definition = pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
each_for_clusters = pytest.mark.parametrize("path", FOR_CLUSTERS, ids=lambda path: path.stem)
each_for_resources = pytest.mark.parametrize("path", FOR_RESOURCES, ids=lambda path: path.stem)
each_initiative = pytest.mark.parametrize("path", INITIATIVES, ids=lambda path: path.stem)


def published(path: Path) -> Any:
    """Azure's own JSON for one of our files; skips without a checkout of it."""
    if not AZURE.is_dir():
        pytest.skip(f"Azure's published definitions are not at {AZURE}.")
    folder = "policyDefinitions" if path in DEFINITIONS else "policySetDefinitions"
    name = re.split(r"-(?=\d+\.\d+\.\d+)", path.stem)[0]
    return read(AZURE / folder / f"{name}.json")


def facts(value: Any) -> Any:
    """A definition without its sentences."""
    if isinstance(value, dict):
        return {
            name: facts(inner)
            for name, inner in value.items()
            if name != "description" or not isinstance(inner, str)
        }
    return [facts(item) for item in value] if isinstance(value, list) else value


def sentences(value: Any) -> Iterator[str]:
    """Every sentence of every description, wherever it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "description" and isinstance(inner, str):
                yield from re.split(r"(?<=[.!?])\s+", inner.strip().lower())
            else:
                yield from sentences(inner)
    if isinstance(value, list):
        for item in value:
            yield from sentences(item)


@needs_azure_data
@pytest.mark.parametrize(
    "path",
    [path for path in (*DEFINITIONS, *INITIATIVES) if path.stem not in RECONSTRUCTED],
    ids=lambda path: path.stem,
)
def test_every_field_but_the_descriptions_is_as_published(path: Path) -> None:
    assert facts(read(path)) == facts(published(path))


@needs_azure_data
@pytest.mark.parametrize("path", [*DEFINITIONS, *INITIATIVES], ids=lambda path: path.stem)
def test_no_sentence_is_a_published_one(path: Path) -> None:
    assert set(sentences(read(path))) & set(sentences(published(path))) == set()


@needs_azure_data
@pytest.mark.parametrize(
    "path",
    [path for path in DEFINITIONS if path.stem in RECONSTRUCTED],
    ids=lambda path: path.stem,
)
def test_a_reconstructed_version_is_one_that_azure_lists(path: Path) -> None:
    ours, theirs = read(path), published(path)

    assert ours["id"] == theirs["id"]
    assert ours["properties"]["version"] in theirs["properties"]["versions"]
    assert ours["properties"]["version"] != theirs["properties"]["version"]


@each_definition
def test_a_file_is_named_after_its_version(path: Path) -> None:
    properties = read(path)["properties"]

    assert path.stem.endswith(f"-{properties['version']}")
    assert properties["metadata"]["version"].startswith(properties["version"])


@pytest.mark.parametrize("path", [*DEFINITIONS, *INITIATIVES], ids=lambda path: path.stem)
def test_every_parameter_is_described(path: Path) -> None:
    properties = read(path)["properties"]
    parameters = properties["parameters"]

    assert properties["description"].endswith(".")
    assert [name for name, one in parameters.items() if not one["metadata"]["description"]] == []


@each_for_clusters
def test_a_definition_has_its_template_or_its_mutators(path: Path) -> None:
    details = PolicyDefinition.parse(read(path)).kubernetes_details
    assert details is not None

    if details.mutation is not None:
        assert SHELF.sources.text(details.mutation)
    else:
        assert details.template is not None
        assert SHELF.templates.text(details.template.url)


@pytest.mark.parametrize(
    "path",
    [path for path in FOR_CLUSTERS if template_of(PolicyDefinition.parse(read(path)))],
    ids=lambda path: path.stem,
)
def test_a_definition_hands_its_template_what_the_template_takes(path: Path) -> None:
    definition = PolicyDefinition.parse(read(path))
    details, template = definition.kubernetes_details, template_of(definition)
    assert details is not None
    assert template is not None

    crd = load(template)["spec"]["crd"]["spec"]

    taken = crd["validation"]["openAPIV3Schema"].get("properties", {})
    assert set(details.values) == set(taken)


@each_for_resources
def test_a_definition_for_azure_resources_names_nothing_for_a_cluster(path: Path) -> None:
    definition = PolicyDefinition.parse(read(path))

    assert definition.kubernetes_details is None
    assert definition.mode.lower() in {"indexed", "all"}
    assert definition.category == "Kubernetes"


@needs_azure_data
def test_every_published_definition_and_initiative_is_there() -> None:
    if not AZURE.is_dir():
        pytest.skip(f"Azure's published definitions are not at {AZURE}.")
    ours = {read(path)["name"] for path in (*DEFINITIONS, *INITIATIVES)}

    assert ours == {read(path)["name"] for path in AZURE.glob("policy*Definitions/*.json")}


@each_initiative
def test_every_member_of_an_initiative_comes_into_force(path: Path) -> None:
    target = PolicySetDefinition.parse(read(path))

    in_force = policies(target, REQUIRED.get(path.stem, {}))

    assert [one.reference_id for one in in_force] == [one.reference_id for one in target.members]


def test_the_image_integrity_initiative_reports_signatures_and_sets_up_what_it_needs() -> None:
    in_force = policies(initiative("AKS_ImageIntegrity"), {})

    assert {
        one.reference_id: (one.definition.judges_kubernetes, one.effect) for one in in_force
    } == {
        "deployAKSImageIntegrity": (False, "DeployIfNotExists"),
        "deployAKSPolicyAddOn": (False, "DeployIfNotExists"),
        "imageIntegrityNotationVerification": (True, "Audit"),
    }


def test_the_baseline_initiative_brings_the_versions_it_pins() -> None:
    members = members_of(initiative("PSPBaselineStandard")).values()

    assert {(one.display_name, one.version) for one in members} == {
        ("Kubernetes cluster should not allow privileged containers", "9.2.0"),
        (
            "Kubernetes cluster pods should only use approved host network and port range",
            "6.2.0",
        ),
        (
            "Kubernetes cluster containers should not share host process ID or host IPC namespace",
            "5.2.0",
        ),
        ("Kubernetes cluster containers should only use allowed capabilities", "6.2.0"),
        (
            "Kubernetes cluster pod hostPath volumes should only use allowed host paths",
            "6.3.0",
        ),
    }
