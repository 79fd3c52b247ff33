"""Azure's published samples through ``policy-portal test``: good ones pass, violations fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from policy_app.catalog.shelf import Entry, Shelf
from policy_app.catalog.store import tail
from policy_app.cli.main import main
from tests.cli.processes import ROOT

SAMPLES = ROOT.parent / "shared" / "data" / "azure-policy" / "samples"

pytestmark = pytest.mark.azure_data


@dataclass(frozen=True, slots=True)
class Scenario:
    """A folder of samples, and the version of the definition that takes its parameters."""

    folder: Path
    entry: Entry

    @property
    def parameters(self) -> Path:
        """The assignment's parameters, in ARM's form."""
        return self.folder / "policy_parameters.json"

    def __str__(self) -> str:
        return f"{self.folder.relative_to(SAMPLES)}@{self.entry.version}"


def scenarios() -> Iterator[Scenario]:
    """Each scenario under each version of a definition that takes its parameters."""
    for entry in Shelf().entries:
        name = tail(entry.template_url).partition("/")[0] if entry.template_url else ""
        for folder in sorted((SAMPLES / name).glob("scenario-*")) if name else ():
            scenario = Scenario(folder, entry)
            if scenario.parameters.exists() and _fits(scenario):
                yield scenario


def _fits(scenario: Scenario) -> bool:
    given = set(json.loads(scenario.parameters.read_text()))
    known = scenario.entry.published.shape["properties"]["parameters"]
    required = {name for name, one in known.items() if "defaultValue" not in one}
    return required <= given <= set(known)


def samples() -> Iterator[tuple[Scenario, str]]:
    """Each scenario with the folders of manifests that it has."""
    for scenario in scenarios():
        for outcome in ("good", "violations"):
            if any((scenario.folder / outcome).glob("*.yaml")):
                yield scenario, outcome


@pytest.mark.parametrize(("scenario", "outcome"), [*samples()], ids=str)
def test_samples_decide_as_published(
    scenario: Scenario, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    manifests = (scenario.folder / outcome).glob("*.yaml")
    code = main(
        [
            *("test", "-f", str(scenario.folder / outcome), "--fail-on", "audit", "-o", "json"),
            *("--definition", f"{scenario.entry.name}@{scenario.entry.version}"),
            *("--parameters", str(scenario.parameters)),
        ]
    )
    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == []
    blamed = {Path(one["file"]).name for one in report["results"]}
    assert blamed == ({file.name for file in manifests} if outcome == "violations" else set())
    assert code == report["summary"]["exitCode"] == (1 if outcome == "violations" else 0)
