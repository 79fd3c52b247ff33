"""Published definitions are stored beside ours; Azure's text wins, and nothing is half-written."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from policy_app.catalog import importer, storing
from policy_app.catalog.importer import ImportReport
from policy_app.models import Definition, DefinitionVersion, InitiativeMember
from policy_app.services import definitions

Origin = DefinitionVersion.Origin
AZURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "azure-policy"
NO_PRIVILEGE = "95edb821-ddaf-4404-9732-666045e056b4"


@pytest.fixture
def ours() -> dict[str, Any]:
    """Our JSON of the policy against privileged containers."""
    file = settings.FIXTURES_DIR / "definitions" / "ContainerNoPrivilege-9.2.0.json"
    shape: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return shape


def run(folder: Path, *shapes: object, origin: str = Origin.AZURE) -> ImportReport:
    """Import these shapes, one file each."""
    for number, shape in enumerate(shapes):
        text = shape if isinstance(shape, str) else json.dumps(shape)
        (folder / f"{number}.json").write_text(text, encoding="utf-8")
    return importer.import_path(folder, origin)


def stored() -> Definition:
    """The policy against privileged containers, as stored."""
    return definitions.built_in(Definition.Kind.POLICY, NO_PRIVILEGE)


def changed(shape: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """The shape with other properties; a version goes into both of its places."""
    copy = deepcopy(shape)
    copy["properties"] |= properties
    if "version" in properties:
        copy["properties"]["metadata"]["version"] = properties["version"]
    return copy


def test_azures_text_replaces_ours_for_the_same_version(
    portal: None, ours: dict[str, Any], tmp_path: Path
) -> None:
    report = run(tmp_path, changed(ours, description="Azure's own words."))
    assert report.updated == ["Kubernetes cluster should not allow privileged containers 9.2.0"]
    assert stored().description == "Azure's own words."
    assert definitions.version(stored(), "9.2.0").origin == Origin.AZURE


def test_ours_never_comes_back_over_azures(
    portal: None, ours: dict[str, Any], tmp_path: Path
) -> None:
    run(tmp_path, changed(ours, description="Azure's own words."))
    report = run(tmp_path, ours, origin=Origin.PORTAL)
    assert (report.updated, len(report.unchanged)) == ([], 1)
    assert stored().description == "Azure's own words."
    assert definitions.version(stored()).body["description"] == "Azure's own words."


def test_an_import_that_changes_nothing_says_so(
    portal: None, ours: dict[str, Any], tmp_path: Path
) -> None:
    before = DefinitionVersion.history.count()
    report = run(tmp_path, ours)
    assert (report.created, report.updated, len(report.unchanged)) == ([], [], 1)
    assert DefinitionVersion.history.count() == before


def test_a_newer_version_stands_beside_the_older_one(
    portal: None, ours: dict[str, Any], tmp_path: Path
) -> None:
    run(tmp_path, changed(ours, version="9.10.0", displayName="Newer"))
    assert (stored().latest_version, stored().display_name) == ("9.10.0", "Newer")
    assert {row.version for row in stored().versions.all()} == {"9.2.0", "9.10.0"}
    assert definitions.version(stored(), "9.*.*").version == "9.10.0"
    assert definitions.version(stored(), "9.2.*").version == "9.2.0"


def test_an_older_version_does_not_change_the_list(
    portal: None, ours: dict[str, Any], tmp_path: Path
) -> None:
    run(tmp_path, changed(ours, version="8.0.0", displayName="Older"))
    assert (stored().latest_version, stored().display_name) == (
        "9.2.0",
        ours["properties"]["displayName"],
    )
    assert definitions.version(stored(), "8.*.*").body["displayName"] == "Older"


def test_a_preview_comes_before_its_release(
    portal: None, ours: dict[str, Any], tmp_path: Path
) -> None:
    run(tmp_path, changed(ours, version="9.2.0-preview"))
    assert stored().latest_version == "9.2.0"
    assert definitions.version(stored(), "9.*.*-preview").version == "9.2.0-preview"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"properties": {"policyRule": {}},\n oops', 2, "no JSON"),
        ("\ufeff\x00", 1, "no JSON"),
        ('{"properties": {"policyRule": {}}}', 0, '"name"'),
        ('{"name": "x", "properties": {"policyRule": {"if": {}}}}', 0, "then"),
        ('{"name": "x", "properties": {"policyDefinitions": []}}', 0, "at least one"),
        ('{"name": "x", "properties": {"policyDefinitions": [{}]}}', 0, "policyDefinitionId"),
    ],
)
def test_a_file_that_is_wrong_is_named_and_the_others_go_in(
    portal: None, ours: dict[str, Any], tmp_path: Path, text: str, line: int, words: str
) -> None:
    report = run(tmp_path, text, changed(ours, version="9.3.0"))
    (problem,) = report.problems
    assert problem.path.endswith("0.json")
    assert problem.line == line
    assert words in problem.message
    assert stored().latest_version == "9.3.0"


def test_other_json_is_passed_over(portal: None, tmp_path: Path) -> None:
    report = run(tmp_path, {"some": "file"}, [1, 2], {"properties": {"x": 1}})
    assert (report.problems, report.created) == ([], [])


@pytest.mark.parametrize("path", ["nothing-here", "."])
def test_a_path_without_definitions_is_a_problem(portal: None, tmp_path: Path, path: str) -> None:
    assert importer.import_path(tmp_path / path, Origin.AZURE).problems


def test_a_failure_half_way_stores_nothing(
    portal: None, ours: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(storing, "_index_members", fail)
    folder = settings.FIXTURES_DIR / "initiatives"
    initiative = json.loads(next(iter(sorted(folder.glob("PSPBaseline*.json")))).read_text("utf-8"))
    with pytest.raises(RuntimeError):
        run(tmp_path, changed(ours, version="9.9.0"), changed(initiative, version="9.9.9"))
    assert stored().latest_version == "9.2.0"


def test_the_index_of_members_follows_the_initiative(baseline: Definition) -> None:
    members = InitiativeMember.objects.filter(initiative__definition=baseline)
    assert [member.reference_id for member in members] == [
        "NoPrivilegedContainers",
        "BlockUsingHostNetwork",
        "BlockUsingHostProcessIDAndIPC",
        "ContainerCapabilities",
        "NoHostPathVolume",
    ]
    assert baseline in definitions.initiatives_with(stored())


def test_an_initiative_says_how_many_of_its_policies_cannot_be_evaluated(
    baseline: Definition, ours: dict[str, Any], tmp_path: Path
) -> None:
    assert baseline.evaluation_gap == ""
    rule = deepcopy(ours["properties"]["policyRule"])
    rule["then"]["details"]["templateInfo"]["url"] = "https://example.org/template.yaml"
    run(tmp_path, changed(ours, version="9.9.0", policyRule=rule))
    baseline.refresh_from_db()
    assert baseline.evaluation_gap.startswith("1 of its 5 policies cannot be evaluated here")


@pytest.mark.azure_data
@pytest.mark.skipif(not AZURE.exists(), reason="Azure's published JSON is not beside the checkout")
def test_everything_that_azure_publishes_imports(portal: None) -> None:
    report = importer.import_path(AZURE, Origin.AZURE)
    assert report.problems == []
    published = {
        json.loads(file.read_text("utf-8-sig"))["name"]
        for folder in ("policyDefinitions", "policySetDefinitions")
        for file in (AZURE / folder).glob("*.json")
    }
    assert published <= set(Definition.objects.values_list("name", flat=True))
    gaps = dict(report.gaps)
    upgrade = gaps["Azure Kubernetes Service Clusters should enable cluster auto-upgrade 1.0.0"]
    assert "judges Azure resources (mode Indexed)" in upgrade
    assert "Kubernetes cluster should not allow privileged containers 9.2.0" not in gaps
