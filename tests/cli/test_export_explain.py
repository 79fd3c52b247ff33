"""``policy-portal export`` and ``explain``: from policies to objects, and from messages back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.offline import BAD, BASELINE, PRIVILEGED, PRIVILEGED_ID, PRIVILEGED_TITLE, write
from tests.cli.processes import ROOT, environment, run
from tests.starting_points import prepared

EXPORT = ("export", "--format", "gatekeeper")
MESSAGE = 'Privileged container is not allowed: web, securityContext: {"privileged": true}'
ASSIGN = """
from policy_app.cli import environment
environment.start({data!r})
from policy_app.services import assignments, definitions, scopes, setup
from policy_app.services.drafts import AssignmentDraft
setup.prepare()
scope = scopes.get("/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo")
definition = definitions.built_in("initiative", {initiative!r})
draft = AssignmentDraft(
    scope, "baseline", definition, display_name="Baseline", parameters={{"effect": "deny"}},
    non_compliance_messages=[{{"message": "Ask the platform team."}}],
)
print(assignments.put(draft, None)[0].arm_id)
"""
EXEMPT = """
from policy_app.services import exemptions
given = {
    "policyAssignmentId": draft.arm_id,
    "exemptionCategory": "Waiver",
    "policyDefinitionReferenceIds": ["NoPrivilegedContainers"],
}
exemptions.put(scope, "exempt", {"properties": given}, None)
print(draft.arm_id)
"""
INTERNAL_LOAD_BALANCERS = "3fc4dc25-5baf-40d8-9b05-7fe74c1bc64e"


def exported(*arguments: str) -> list[dict[str, Any]]:
    answer = run(*EXPORT, *arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    return list(yaml.safe_load_all(answer.stdout))


def test_a_definition_is_exported_as_template_and_constraint() -> None:
    template, constraint = exported(PRIVILEGED, "--set", "effect=Deny")
    assert template["kind"] == "ConstraintTemplate"
    assert constraint["kind"] == template["spec"]["crd"]["spec"]["names"]["kind"]
    assert constraint["spec"]["enforcementAction"] == "deny"
    annotations = constraint["metadata"]["annotations"]
    assert annotations["azure-policy-definition-id"] == PRIVILEGED_ID


def test_what_is_exported_decides_as_the_policy_does(tmp_path: Path) -> None:
    answer = run(*EXPORT, BASELINE, "--set", "effect=deny")
    policies = write(tmp_path / "policies.yaml", answer.stdout)
    again = run("test", "-f", BAD, "--constraints", policies, "-o", "json")
    direct = run("test", "-f", BAD, "--initiative", BASELINE, "--set", "effect=deny", "-o", "json")
    keys = ("line", "constraint", "enforcementAction", "message")
    first, second = (
        [{key: one[key] for key in keys} for one in json.loads(each.stdout)["results"]]
        for each in (again, direct)
    )
    assert first == second != []


def test_mutators_and_expansion_templates_are_exported_where_they_are_needed() -> None:
    [mutator] = exported("[Preview]: Sets Privilege escalation in the Pod spec to false.")
    assert mutator["apiVersion"].startswith("mutations.gatekeeper.sh/")
    kinds = [one["kind"] for one in exported(PRIVILEGED, "--set", "source=All")]
    assert kinds[0] == "ConstraintTemplate"
    assert set(kinds[1:-1]) == {"ExpansionTemplate"}


def test_an_assignment_in_a_file_is_exported_with_its_parameters(tmp_path: Path) -> None:
    properties = {
        "policyDefinitionId": PRIVILEGED_ID,
        "parameters": {"effect": {"value": "Deny"}, "excludedNamespaces": {"value": ["ops"]}},
    }
    identity = "/subscriptions/1/providers/Microsoft.Authorization/policyAssignments/a"
    file = write(tmp_path / "a.json", {"id": identity, "name": "a", "properties": properties})
    _, constraint = exported(file)
    assert "ops" in constraint["spec"]["match"]["excludedNamespaces"]
    assert constraint["metadata"]["annotations"]["azure-policy-assignment-id"] == identity


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nothing like it",), 3),
        ((PRIVILEGED, "--set", "effect=x"), 3),
        ((PRIVILEGED, "--parameters", "none.json"), 2),
    ],
)
def test_nothing_is_printed_where_something_is_missing(
    arguments: tuple[str, ...], code: int
) -> None:
    answer = run(*EXPORT, *arguments)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert "error: " in answer.stderr


@pytest.mark.parametrize(
    "text",
    [
        MESSAGE,
        f"[azurepolicy-k8sazurev2noprivilege-0123456789abcdef0123] {MESSAGE}",
        f"[denied by azurepolicy-k8sazurev2noprivilege-0123456789abcdef0123] {MESSAGE}",
        f"Warning: [azurepolicy-k8sazurev2noprivilege-0123456789abcdef0123] {MESSAGE}",
        'Error from server (Forbidden): error when creating "x.yaml": admission webhook '
        '"validation.gatekeeper.sh" denied the request: '
        f"[azurepolicy-k8sazurev2noprivilege-0123456789abcdef0123] {MESSAGE}",
        f"[of-our-own] [Implied by expand-deployments] {MESSAGE}",
    ],
)
def test_a_message_leads_to_its_definition_and_field(text: str) -> None:
    answer = run("explain", text)
    assert answer.returncode == 0
    assert f"  policy: {PRIVILEGED_TITLE}\n" in answer.stdout
    assert f"  definition: {PRIVILEGED_ID} (version 9." in answer.stdout
    assert "  field: spec.containers[*].securityContext.privileged\n" in answer.stdout
    assert "Kubernetes cluster pod security baseline standards" in answer.stdout


def test_every_message_of_our_manifests_is_known() -> None:
    report = run(
        *("test", "-f", "fixtures/manifests", "--initiative", BASELINE, "-o", "json"),
    )
    results = json.loads(report.stdout)["results"]
    lines = "\n".join(f"[{one['constraint']}] {one['message']}" for one in results)
    answer = run("explain", "-", stdin=lines)
    assert answer.returncode == 0
    explained = answer.stdout.split("\n[")
    assert len(explained) == len(set(lines.splitlines()))
    for one, text in zip(results, explained, strict=False):
        assert one["definitionId"] in text


def test_a_constraint_that_came_as_a_file_leads_to_its_definition() -> None:
    ports = "440b515e-a580-421e-abeb-b159a61ddcbc"
    *_, constraint = exported(ports, "--set", 'allowedContainerPortsList=["80"]')
    name = constraint["metadata"]["name"]
    assert name.startswith("azurepolicy-container-allowed-ports-")
    answer = run("explain", f"[{name}] Port 81 for container web has not been allowed.")
    assert answer.returncode == 0
    assert f"policyDefinitions/{ports} " in answer.stdout


@pytest.mark.parametrize(("text", "code"), [("hello", 1), ("", 2), ("\n \n", 2)])
def test_a_text_that_is_no_message_is_told(text: str, code: int) -> None:
    assert run("explain", text).returncode == code


def test_the_portals_own_assignments_are_exported_and_named(tmp_path: Path) -> None:
    data = str(prepared(tmp_path))
    assignment = run_in_portal(ASSIGN.format(data=data, initiative=BASELINE))
    objects = exported(assignment, "--data", data)
    named = names_of("K8sAzureV2NoPrivilege", objects)
    answer = run("explain", f"[{named[0]}] {MESSAGE}", "--data", data)
    assert f"  assignment: {assignment}\n" in answer.stdout
    assert "  message: Ask the platform team.\n" in answer.stdout
    gone = run(*EXPORT, f"{assignment}-not", "--data", data)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "the portal has no assignment" in gone.stderr


def test_an_assignment_is_exported_as_it_is_in_force_on_a_cluster(tmp_path: Path) -> None:
    data = str(prepared(tmp_path))
    script = ASSIGN.format(data=data, initiative=BASELINE) + EXEMPT
    assignment = run_in_portal(script)
    on = ("--data", data, "--cluster")
    everywhere = exported(assignment, "--data", data)
    demo = run(*EXPORT, assignment, *on, "AKS-demo")
    assert demo.returncode == 0
    kinds = {one["kind"] for one in yaml.safe_load_all(demo.stdout)}
    assert {one["kind"] for one in everywhere} - kinds == {"K8sAzureV2NoPrivilege"}
    assert f"note: {PRIVILEGED_TITLE} is exempt here: exempt (Waiver).\n" in demo.stderr
    for cluster, said in (
        ("aks-staging", f"{assignment} does not reach /subscriptions/"),
        ("aks", "the portal has no cluster aks; its clusters are: aks-demo, aks-staging"),
    ):
        answer = run(*EXPORT, assignment, *on, cluster)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert said in answer.stderr


@pytest.mark.parametrize("command", [EXPORT, ("test", "-f", BAD, "--definition")])
def test_a_policy_for_other_clusters_is_refused_where_it_is_asked_for_alone(
    command: tuple[str, ...],
) -> None:
    arc = run(*command, INTERNAL_LOAD_BALANCERS, "--cluster-type", "connectedClusters")
    assert arc.returncode == 3
    assert "is not for this cluster" in arc.stderr
    assert "--cluster-type tells what the cluster is." in arc.stderr
    assert run(*command, INTERNAL_LOAD_BALANCERS).returncode == 0


def test_members_of_an_initiative_for_other_clusters_are_left_out_with_a_note() -> None:
    benchmark = "4fd005fd-51be-478f-a8fb-149d48b20d48"
    both = {
        kind: run(*EXPORT, benchmark, "--cluster-type", kind)
        for kind in ("managedClusters", "connectedClusters")
    }
    aks, arc = (list(yaml.safe_load_all(one.stdout)) for one in both.values())
    assert 0 < len(arc) < len(aks)
    assert "is not for this cluster" in both["connectedClusters"].stderr
    assert "is not for this cluster" not in both["managedClusters"].stderr


def names_of(kind: str, objects: list[dict[str, Any]]) -> list[str]:
    return [one["metadata"]["name"] for one in objects if one["kind"] == kind]


def run_in_portal(script: str) -> str:
    """The last line that a script prints."""
    made = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment({"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))}),
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip().splitlines()[-1]
