"""``manage demo`` and ``manage import_definitions``: what they say and how they end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import definitions

NAME = "11111111-2222-3333-4444-555555555555"
RULE = {
    "if": {"field": "type", "in": ["Microsoft.ContainerService/managedClusters"]},
    "then": {
        "effect": "[parameters('effect')]",
        "details": {
            "templateInfo": {
                "sourceType": "PublicURL",
                "url": "https://store.policy.core.windows.net/kubernetes/no-such/v1/template.yaml",
            },
            "apiGroups": [""],
            "kinds": ["Pod"],
        },
    },
}


def published(**properties: Any) -> dict[str, Any]:
    """A definition as Azure publishes one, with a template that the portal lacks."""
    usual = {
        "displayName": "Pods should sing",
        "policyType": "BuiltIn",
        "mode": "Microsoft.Kubernetes.Data",
        "metadata": {"version": "1.0.0", "category": "Kubernetes"},
        "parameters": {"effect": {"type": "String", "defaultValue": "Audit"}},
        "policyRule": RULE,
        "version": "1.0.0",
    }
    return {"name": NAME, "properties": usual | properties}


def write(file: Path, content: Any) -> Path:
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def imported(path: Path) -> str:
    out = io.StringIO()
    call_command("import_definitions", str(path), stdout=out)
    return out.getvalue()


def refused(path: Path) -> tuple[str, str, CommandError]:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("import_definitions", str(path), stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue(), ended.value


@pytest.mark.django_db
def test_a_new_definition_is_named_with_the_reason_why_it_is_not_evaluated(tmp_path: Path) -> None:
    said = imported(write(tmp_path / "one.json", published()))
    assert "Created: 1\n  Pods should sing 1.0.0\n" in said
    assert "Stored, but not evaluated here:\n  Pods should sing 1.0.0\n" in said
    assert "no template for no-such/v1" in said
    assert definitions.built_in("policy", NAME).display_name == "Pods should sing"


@pytest.mark.django_db
def test_importing_again_changes_nothing_and_a_change_is_an_update(tmp_path: Path) -> None:
    file = write(tmp_path / "one.json", published())
    imported(file)
    assert "Created: 0\nUpdated: 0\nUnchanged: 1\n" in imported(file)
    write(file, published(displayName="Pods should hum"))
    assert "Updated: 1\n  Pods should hum 1.0.0\n" in imported(file)


@pytest.mark.django_db
def test_a_broken_file_is_told_with_its_line_and_the_others_are_stored(tmp_path: Path) -> None:
    write(tmp_path / "good.json", published())
    broken = write(tmp_path / "broken.json", '{\n  "name": "x",\n  "properties": {,}\n}')
    said, problems, error = refused(tmp_path)
    assert "Created: 1\n" in said
    assert f"{broken}:3: " in problems
    assert str(error) == "1 file could not be imported."
    assert error.returncode == 1


@pytest.mark.django_db
def test_a_definition_with_a_broken_rule_leaves_nothing_behind(tmp_path: Path) -> None:
    file = write(tmp_path / "bad.json", published(policyRule={"if": {}}))
    _, problems, _ = refused(file)
    assert str(file) in problems
    assert not Definition.objects.filter(name=NAME).exists()


@pytest.mark.django_db
def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    _, problems, _ = refused(tmp_path / "nowhere")
    assert f"{tmp_path / 'nowhere'}: There is no such file or folder." in problems


@pytest.mark.azure_data
@pytest.mark.django_db
def test_all_of_azures_published_definitions_import_and_replace_ours(azure_data: Path) -> None:
    files = [
        file
        for folder in ("policyDefinitions", "policySetDefinitions")
        for file in (azure_data / folder).rglob("*.json")
    ]
    said = imported(azure_data)
    names = {json.loads(file.read_text(encoding="utf-8-sig"))["name"] for file in files}
    stored = set(Definition.objects.values_list("name", flat=True))
    assert names <= stored
    official = DefinitionVersion.objects.filter(origin=DefinitionVersion.Origin.AZURE)
    assert official.count() == len(files)
    assert "Stored, but not evaluated here:" in said
    again = imported(azure_data)
    assert f"Created: 0\nUpdated: 0\nUnchanged: {len(files)}\n" in again


@pytest.mark.django_db
def test_the_demo_command_prints_the_tree_and_is_safe_to_repeat() -> None:
    # What the session's database has already is left as it is.
    before = set(Scope.objects.values_list("key", flat=True))
    out = io.StringIO()
    call_command("demo", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Tenant root group (Management group): was there"
    assert "        aks-demo (Kubernetes cluster): was there" in lines
    assert set(Scope.objects.values_list("key", flat=True)) == before


@pytest.mark.django_db
def test_the_demo_command_makes_what_was_deleted() -> None:
    Scope.objects.get(name="aks-staging").delete()
    out = io.StringIO()
    call_command("demo", stdout=out)
    assert "        aks-staging (Kubernetes cluster): made" in out.getvalue().splitlines()
