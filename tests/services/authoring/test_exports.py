"""What leaves the portal can be read elsewhere, and makes the same thing when it comes back."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import assignments, authoring, definitions
from policy_app.services.authoring import Kind, bicep, exports, imports
from policy_app.services.errors import PolicyError
from tests.services.authoring.bodies import TEMPLATE, initiative, member, policy
from tests.services.test_drafts import draft


@pytest.fixture
def assigned(aks_demo: Cluster, own: Definition) -> Assignment:
    """``own`` at a cluster, refusing."""
    given = draft(
        aks_demo.scope, own, parameters={"effect": "Deny"}, display_name="It's ours", name="ours"
    )
    row, _ = assignments.put(given, None)
    return row


def words(command: str) -> list[str]:
    """A shell's words of a command, which must be one."""
    return shlex.split(command.replace("\\\n", " "))


def test_exported_json_comes_back_as_the_same_definition(
    subscription: Scope, own: Definition
) -> None:
    text = exports.definition_json(definitions.version(own))
    found = imports.read(text)
    assert (found.thing, found.name, found.arm_id) == ("policyDefinitions", "own", own.arm_id)
    again, created = authoring.put(subscription, found.name, found.body, None)
    assert (again.pk, created, again.latest_version) == (own.pk, False, "1.0.0")
    assert "createdBy" not in text


def test_a_built_in_is_exported_as_the_duplicate_of_it(
    subscription: Scope, baseline: Definition
) -> None:
    found = imports.read(exports.definition_json(definitions.version(baseline)))
    assert found.thing == "policySetDefinitions"
    row, created = authoring.put(subscription, "mine", found.body, None, Kind.INITIATIVE)
    assert created
    assert row.policy_count == baseline.policy_count


def test_exported_bicep_names_the_place_and_holds_every_value(own: Definition) -> None:
    text = exports.definition_bicep(definitions.version(own))
    lines = text.splitlines()
    assert lines[0] == "targetScope = 'subscription'"
    assert lines[2].startswith(
        "resource definition 'Microsoft.Authorization/policyDefinitions@2025-03-01' = {"
    )
    assert "  name: 'own'" in lines
    assert "        effect: '[parameters(\\'effect\\')]'" in lines
    assert "    version: '1.0.0'" in lines


def test_an_assignment_at_a_cluster_is_bicep_with_that_cluster(assigned: Assignment) -> None:
    text = exports.assignment_bicep(assigned)
    assert text.startswith("targetScope = 'resourceGroup'\n\nresource cluster 'Microsoft.Container")
    assert "existing = {\n  name: 'aks-demo'\n}" in text
    assert "  scope: cluster\n" in text
    assert "    displayName: 'It\\'s ours'\n" in text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (-5, "-5"),
        (1.5, "json('1.5')"),
        ("it's ${x} $y\n\\\x01", "'it\\'s \\${x} $y\\n\\\\\\u{1}'"),
        ({}, "{}"),
        ([], "[]"),
        (
            ["a", {"b-c": 1, "d": [2]}],
            "[\n  'a'\n  {\n    'b-c': 1\n    d: [\n      2\n    ]\n  }\n]",
        ),
    ],
)
def test_any_json_is_written_as_bicep(value: Any, written: str) -> None:
    assert bicep.value(value) == written


def test_the_az_command_gives_a_shell_the_same_json(own: Definition) -> None:
    given = words(exports.definition_az(definitions.version(own)))
    assert given[:4] == ["az", "policy", "definition", "create"]
    options = dict(zip(given[4::2], given[5::2], strict=True))
    body = definitions.version(own).body
    assert json.loads(options["--rules"]) == body["policyRule"]
    assert json.loads(options["--params"]) == body["parameters"]
    assert options["--metadata"] == "category=Own"
    assert options["--subscription"] == "00000000-0000-0000-0000-000000000001"


def test_a_shell_can_run_the_az_command_of_a_definition_of_any_length(
    subscription: Scope, tmp_path: Path
) -> None:
    """``az`` stands for a program that reads its arguments, which is all of it that counts."""
    az = tmp_path / "az"
    az.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    az.chmod(0o755)
    body = policy(TEMPLATE + "# long\n" * 20_000, description="-1 is no option")
    row, _ = authoring.put(subscription, "long", body, None)
    command = exports.definition_az(definitions.version(row))
    ran = subprocess.run(
        ["/bin/sh"],
        input=command,
        text=True,
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/bin:/usr/bin"},
        capture_output=True,
        check=True,
    )
    given = json.loads(ran.stdout)
    assert "--description=-1 is no option" in given
    rules = tmp_path / given[given.index("--rules") + 1]
    assert json.loads(rules.read_text()) == body["properties"]["policyRule"]
    assert json.loads(given[given.index("--params") + 1]) == body["properties"]["parameters"]


def test_the_az_command_of_an_initiative_has_its_members(group: Scope) -> None:
    wide, _ = authoring.put(group, "wide", policy(), None)
    row, _ = authoring.put(group, "set", initiative(member(wide.arm_id)), None, Kind.INITIATIVE)
    given = words(exports.definition_az(definitions.version(row)))
    assert given[:4] == ["az", "policy", "set-definition", "create"]
    options = dict(zip(given[4::2], given[5::2], strict=True))
    assert json.loads(options["--definitions"])[0]["policyDefinitionId"] == wide.arm_id
    assert options["--management-group"] == "mg-demo"
    assert "--rules" not in options


def test_gatekeeper_yaml_is_what_the_add_on_installs(assigned: Assignment) -> None:
    own = assigned.definition
    text = exports.definition_gatekeeper(definitions.version(own), {"label": "owner"})
    by_kind = {one["kind"]: one for one in yaml.safe_load_all(text)}
    assert by_kind["ConstraintTemplate"]["metadata"]["name"] == "k8sneedslabel"
    assert "ExpansionTemplate" in by_kind  # its source is All, which asks about workloads' Pods
    constraint = by_kind["K8sNeedsLabel"]
    assert constraint["spec"]["parameters"] == {"label": "owner"}
    assert constraint["spec"]["enforcementAction"] == "dryrun"
    *_, installed = yaml.safe_load_all(exports.assignment_gatekeeper(assigned))
    assert installed["spec"]["enforcementAction"] == "deny"


def test_gatekeeper_yaml_of_an_initiative_has_all_its_policies(baseline: Definition) -> None:
    text = exports.definition_gatekeeper(definitions.version(baseline), {"effect": "Deny"})
    kinds = [one["kind"] for one in yaml.safe_load_all(text)]
    assert kinds.count("ConstraintTemplate") == baseline.policy_count


def test_parameters_that_do_not_fit_are_refused_with_their_name(own: Definition) -> None:
    with pytest.raises(PolicyError) as caught:
        exports.definition_gatekeeper(definitions.version(own), {"colour": "red"})
    assert caught.value.code == "UndefinedPolicyParameter"
    assert caught.value.target == "properties.parameters.colour"


def test_an_exported_assignment_is_arms(assigned: Assignment) -> None:
    found = imports.read(exports.assignment_json(assigned))
    assert (found.thing, found.name) == ("policyAssignments", "ours")
    assert found.body["properties"]["parameters"] == {"effect": {"value": "Deny"}}
    assert found.body["properties"]["policyDefinitionId"] == assigned.definition.arm_id
    assert words(exports.assignment_az(assigned))[:4] == ["az", "policy", "assignment", "create"]
