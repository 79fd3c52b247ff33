"""Azure's published sample manifests decide under our templates as Azure says they do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policy_app.evaluation.language.definitions import PolicyDefinition
from tests.catalog.shelf import AZURE, definitions, policies, said

SAMPLES = AZURE / "samples"

pytestmark = pytest.mark.azure_data


@dataclass(frozen=True, slots=True)
class Sample:
    """One manifest of a scenario, under a version of the definition that takes its parameters."""

    definition: PolicyDefinition
    parameters: Mapping[str, Any]
    manifest: Path

    def __str__(self) -> str:
        tail = self.manifest.relative_to(SAMPLES).with_suffix("")
        return f"{tail}@{self.definition.version}"


def samples(outcome: str) -> Iterator[Sample]:
    """The manifests in the folders ``good`` or ``violations``."""
    for definition in definitions():
        details = definition.kubernetes_details
        folder = details.tail.split("/")[0] if details else ""
        for scenario in sorted((SAMPLES / folder).glob("scenario-*")) if folder else ():
            parameters = _parameters(scenario)
            if not _fits(definition, parameters):
                continue  # the scenario is for another version
            for manifest in sorted((scenario / outcome).glob("*.yaml")):
                yield Sample(definition, parameters, manifest)


def _fits(definition: PolicyDefinition, parameters: Mapping[str, Any]) -> bool:
    required = {name for name, one in definition.parameters.items() if one.required}
    return required <= set(parameters) <= set(definition.parameters)


def _parameters(scenario: Path) -> dict[str, Any]:
    path = scenario / "policy_parameters.json"
    given = json.loads(path.read_text()) if path.exists() else {}
    return {name: value["value"] for name, value in given.items()}


def _said(sample: Sample) -> list[str]:
    (policy,) = policies(sample.definition, sample.parameters)
    return [*said(policy, sample.manifest)]


@pytest.mark.parametrize("sample", [*samples("good")], ids=str)
def test_a_good_sample_is_let_in(sample: Sample) -> None:
    assert _said(sample) == []


@pytest.mark.parametrize("sample", [*samples("violations")], ids=str)
def test_a_sample_of_a_violation_is_refused(sample: Sample) -> None:
    assert _said(sample) != []


def test_every_scenario_fits_a_version_of_its_definition() -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"Azure's published samples are not at {SAMPLES}.")
    tails = {one.kubernetes_details.tail for one in definitions() if one.kubernetes_details}
    known = {tail.split("/")[0] for tail in tails}
    tried = {one.manifest.parents[1] for one in (*samples("good"), *samples("violations"))}

    scenarios = {path for path in SAMPLES.glob("*/scenario-*") if path.parent.name in known}
    # Its manifests come without the parameters that its definition asks for.
    incomplete = set(SAMPLES.glob("container-allowed-ports/scenario-*"))
    assert scenarios - tried == incomplete
