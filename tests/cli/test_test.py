"""``policy-portal test``: what it judges and what it says about it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.offline import (
    BAD,
    BASELINE,
    DENY,
    GOOD,
    HOST_NAMESPACE,
    POD,
    PRIVILEGED,
    PRIVILEGED_ID,
    PRIVILEGED_TITLE,
    TEMPLATE,
    found,
    outcome,
    write,
)
from tests.cli.processes import ROOT


@pytest.mark.parametrize("reference", [PRIVILEGED, PRIVILEGED_ID.upper(), PRIVILEGED_TITLE])
def test_a_definition_is_found_by_guid_id_and_title(reference: str) -> None:
    report = found("-f", BAD, "--definition", reference, *DENY)
    [violation] = report["results"]
    assert violation == {
        "file": BAD,
        "line": 10,
        "document": 1,
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "default",
        "name": "nginx-privileged",
        "definitionId": PRIVILEGED_ID,
        "definitionReferenceId": "",
        "constraint": violation["constraint"],
        "effect": "Deny",
        "enforcementAction": "deny",
        "message": "Privileged container is not allowed: nginx-privileged, "
        'securityContext: {"privileged": true}',
        "details": {},
    }
    assert violation["constraint"].startswith("azurepolicy-k8sazurev2noprivilege-")
    assert report["summary"]["exitCode"] == 1
    assert list(report) == ["results", "errors", "summary"]


def test_a_definition_may_be_a_file(tmp_path: Path) -> None:
    written = json.loads(
        next((ROOT / "fixtures/definitions").glob("ContainerNoPrivilege-9*")).read_text()
    )
    whole = write(tmp_path / "whole.json", written)
    bare = write(tmp_path / "bare@6.0.0.json", written["properties"])
    for file in (whole, bare):
        report = found("-f", BAD, "--definition", file, *DENY)
        assert [one["name"] for one in report["results"]] == ["nginx-privileged"]


def test_a_template_inside_a_definition_is_used(tmp_path: Path) -> None:
    written = json.loads(
        next((ROOT / "fixtures/definitions").glob("ContainerNoPrivilege-9*")).read_text()
    )
    content = base64.b64encode((TEMPLATE / "template.yaml").read_bytes()).decode()
    info = {"sourceType": "Base64Encoded", "content": content}
    written["properties"]["policyRule"]["then"]["details"]["templateInfo"] = info
    file = write(tmp_path / "own.json", written)
    assert len(found("-f", BAD, "--definition", file, *DENY)["results"]) == 1


def test_a_version_can_be_pinned() -> None:
    for pattern, version in (("5.*.*", "5.2.0"), ("6.*.*", "6.0.0"), ("6.0.0", "6.0.0")):
        answer = outcome(
            "-f",
            "-",
            "--definition",
            f"{HOST_NAMESPACE}@{pattern}",
            "--explain",
            *DENY,
            stdin=POD.replace("containers:", "hostPID: true\n  containers:"),
        )
        assert f"version: {version}\n" in answer.stdout
    gone = outcome("-f", BAD, "--definition", f"{HOST_NAMESPACE}@1.*.*")
    assert gone.returncode == 3
    assert "There is no version 1.*.* of it here. There is: 5.2.0, 6.0.0." in gone.stderr


def test_an_initiative_puts_all_its_members_to_work() -> None:
    report = found("-f", BAD, "--initiative", BASELINE, "--set", "effect=deny")
    named = {one["definitionId"].rpartition("/")[2] for one in report["results"]}
    assert PRIVILEGED in named
    assert all(one["definitionReferenceId"] for one in report["results"])
    assert report["summary"]["constraints"] > 3


def test_several_policies_share_parameters_as_far_as_they_know_them(tmp_path: Path) -> None:
    parameters = write(tmp_path / "p.yaml", "effect: Deny\nexcludedContainers: [app]\n")
    report = found(
        "-f",
        "-",
        "--definition",
        PRIVILEGED,
        "--definition",
        HOST_NAMESPACE,
        "--parameters",
        parameters,
        stdin=POD,
    )
    assert report["results"] == []
    assert report["summary"]["constraints"] == 2


@pytest.mark.parametrize(
    "content",
    [
        {"effect": {"value": "Deny"}, "excludedContainers": {"value": ["app"]}},
        {"effect": "Deny", "excludedContainers": ["app"]},
        {"$schema": "x", "parameters": {"excludedContainers": {"value": ["app"]}}},
    ],
)
def test_parameters_are_read_in_arms_form_and_plain(tmp_path: Path, content: Any) -> None:
    file = write(tmp_path / "p.json", content)
    excluded = found("-f", "-", "--definition", PRIVILEGED, "--parameters", file, stdin=POD)
    assert excluded["results"] == []
    over = ("--set", "excludedContainers=[]")
    judged = found("-f", "-", "--definition", PRIVILEGED, "--parameters", file, *over, stdin=POD)
    assert len(judged["results"]) == 1


def test_effects_come_from_the_defaults_where_no_parameter_says_otherwise() -> None:
    [violation] = found("-f", "-", "--initiative", BASELINE, stdin=POD)["results"][:1]
    assert (violation["effect"], violation["enforcementAction"]) == ("Audit", "dryrun")


@pytest.mark.parametrize(
    ("effect", "fail_on", "code"),
    [
        ("Deny", "deny", 1),
        ("Deny", "warn", 1),
        ("Deny", "audit", 1),
        ("Deny", "never", 0),
        ("Audit", "deny", 0),
        ("Audit", "warn", 0),
        ("Audit", "audit", 1),
        ("Audit", "never", 0),
    ],
)
def test_what_fails_a_run_is_chosen(effect: str, fail_on: str, code: int) -> None:
    answer = outcome(
        "-f", BAD, "--definition", PRIVILEGED, "--set", f"effect={effect}", "--fail-on", fail_on
    )
    assert answer.returncode == code


def test_a_warning_fails_a_run_where_warnings_do() -> None:
    warned = ("-f", BAD, "--definition", PRIVILEGED, "--set", "effect=Audit", "--set", "warn=true")
    assert outcome(*warned).returncode == 0
    assert outcome(*warned, "--fail-on", "warn").returncode == 1


def test_a_good_manifest_ends_with_0() -> None:
    answer = outcome("-f", GOOD, "--definition", PRIVILEGED, *DENY)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == (
        "1 object in 1 file, 1 constraint: 0 deny, 0 warn, 0 audit; 0 failed, 1 passed\n"
    )


def test_the_text_names_file_line_object_and_policy() -> None:
    answer = outcome("-f", BAD, "--definition", PRIVILEGED, *DENY)
    first, second, summary = answer.stdout.splitlines()
    assert first.startswith(f"{BAD}:10: deny: Pod default/nginx-privileged: Privileged container")
    assert second.startswith(f"    {PRIVILEGED_TITLE} [azurepolicy-")
    assert summary.endswith("1 deny, 0 warn, 0 audit; 1 failed, 0 passed")


def test_explanations_name_the_field_and_why_a_policy_did_not_apply() -> None:
    excluded = POD + "---\n" + POD.replace("name: web", "name: hub, namespace: kube-system")
    arguments = ("-f", "-", "--definition", PRIVILEGED, "--explain", *DENY)
    answer = outcome(*arguments, stdin=excluded)
    assert "    field: spec.containers[0].securityContext" in answer.stdout
    assert "Pod kube-system/hub" in answer.stdout
    assert "The namespace 'kube-system' is excluded." in answer.stdout
    report = found(*arguments, stdin=excluded)
    first, second = report["objects"]
    assert first["violations"][0]["field"].startswith("spec.containers[0].securityContext")
    assert second["notApplied"][0]["criterion"] == "excludedNamespaces"


def test_a_folder_is_read_at_any_depth_and_strangers_in_it_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", POD)
    write(tmp_path / "deep" / "er" / "b.yml", POD)
    write(tmp_path / "deep" / "c.json", {"apiVersion": "v1", "kind": "Pod", "metadata": {}})
    write(tmp_path / "notes.txt", "no manifest")
    write(tmp_path / ".hidden" / "d.yaml", POD)
    write(tmp_path / "values.yaml", "replicas: 1\n")
    write(tmp_path / "kustomization.yaml", "resources: [a.yaml]\n")
    arguments = ("-f", str(tmp_path), "--definition", PRIVILEGED, *DENY)
    report = found(*arguments)
    files = {Path(one["file"]).relative_to(tmp_path).as_posix() for one in report["results"]}
    assert files == {"a.yaml", "deep/er/b.yml"}
    assert report["summary"]["objects"] == 3
    assert (report["summary"]["skipped"], report["errors"]) == (2, [])
    assert "skipped: " in outcome(*arguments).stderr
    named = outcome("-f", str(tmp_path / "values.yaml"), "--definition", PRIVILEGED)
    assert named.returncode == 2


def test_all_objects_together_are_the_inventory(tmp_path: Path) -> None:
    service = """\
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
    first = write(tmp_path / "a.yaml", service.replace("NAME", "one"))
    second = write(tmp_path / "b.yaml", service.replace("NAME", "two"))
    unique = ("--definition", "b0fdedee-7b9e-4a17-9f5d-5e8e912d2f01", "--fail-on", "audit")
    assert found("-f", first, *unique)["results"] == []
    both = found("-f", first, "-f", second, *unique)
    assert {one["name"] for one in both["results"]} == {"one", "two"}


def test_objects_without_a_namespace_go_where_they_are_told() -> None:
    excluded = ("--definition", PRIVILEGED, "-n", "kube-system", *DENY)
    assert found("-f", BAD, *excluded)["results"] == []
    [violation] = found("-f", BAD, "--definition", PRIVILEGED, "--namespace", "shop")["results"]
    assert violation["namespace"] == "shop"


def test_a_workload_is_judged_by_the_pod_that_it_would_make() -> None:
    deployment = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: app
        image: nginx
        securityContext:
          privileged: true
"""
    arguments = ("-f", "-", "--definition", PRIVILEGED, *DENY)
    assert found(*arguments, stdin=deployment)["results"] == []
    [violation] = found(*arguments, "--set", "source=All", stdin=deployment)["results"]
    assert violation["message"].startswith("[Implied by expand-deployments] Privileged")
    assert (violation["kind"], violation["name"], violation["line"]) == ("Deployment", "web", 11)


def test_mutations_come_before_the_judgement(tmp_path: Path) -> None:
    mutator = """\
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: no-privilege}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]
  location: "spec.containers[name: *].securityContext.privileged"
  parameters: {assign: {value: false}}
"""
    file = write(tmp_path / "mutator.yaml", mutator)
    arguments = ("-f", BAD, "--definition", PRIVILEGED, *DENY)
    assert len(found(*arguments)["results"]) == 1
    assert found(*arguments, "--constraints", file)["results"] == []


def test_an_expansion_template_of_ones_own_is_used(tmp_path: Path) -> None:
    template = """\
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: expand-boxes}
spec:
  applyTo: [{groups: [example.org], versions: [v1], kinds: [Box]}]
  templateSource: spec.pod
  generatedGVK: {group: "", version: v1, kind: Pod}
  enforcementAction: warn
"""
    pod = json.dumps({"containers": [{"name": "a", "securityContext": {"privileged": True}}]})
    box = write(
        tmp_path / "box.yaml",
        "apiVersion: example.org/v1\nkind: Box\nmetadata: {name: b}\n"
        f"spec: {{pod: {{spec: {pod}}}}}\n",
    )
    file = write(tmp_path / "policies" / "expansion.yaml", template)
    report = found("-f", box, "--constraints", file, "--constraints", str(TEMPLATE))
    assert {one["enforcementAction"] for one in report["results"]} == {"warn"}
    assert all(one["message"].startswith("[Implied by expand-boxes]") for one in report["results"])


def test_templates_and_constraints_of_ones_own(tmp_path: Path) -> None:
    policies = str(TEMPLATE)
    report = found("-f", BAD, "--constraints", policies)
    assert {one["definitionId"] for one in report["results"]} == {""}
    assert {one["effect"] for one in report["results"]} == {""}
    assert report["summary"]["exitCode"] == 1
    # without a policy, those among the manifests count, as with gator
    mixed = found("-f", BAD, "-f", policies)
    assert BAD in {one["file"] for one in mixed["results"]}


def test_a_constraint_without_its_template_cannot_be_resolved(tmp_path: Path) -> None:
    constraint = TEMPLATE / "samples" / "constraints" / "no-privileged-containers.yaml"
    report = found("-f", BAD, "--constraints", str(constraint))
    assert report["summary"]["exitCode"] == 3
    [error] = report["errors"]
    assert (error["kind"], error["source"], error["line"]) == ("policy", str(constraint), 2)
    assert "missing ConstraintTemplate" in error["message"]
