"""``policy-portal expand`` and ``mutate``: what is printed, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.offline import POD, write
from tests.cli.processes import run

ESCALATION = "[Preview]: Sets Privilege escalation in the Pod spec to false."
WORKLOADS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: b}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: d}]}}}}}
"""
MUTATOR = """\
apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata: {name: team}
spec:
  location: metadata.labels.team
  parameters: {assign: {value: a}}
"""
EXPANSION = """\
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: own}
spec:
  applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}]
  templateSource: spec.template
  generatedGVK: {group: "", version: v1, kind: Pod}
"""


def test_workloads_are_expanded_in_gators_order() -> None:
    answer = run("expand", "-f", "-", stdin=WORKLOADS)
    assert (answer.returncode, answer.stderr) == (0, "")
    made = list(yaml.safe_load_all(answer.stdout))
    assert [(one["metadata"]["name"], one["kind"]) for one in made] == [
        ("web-pod", "Pod"),
        ("night-job", "Job"),
        ("night-job-pod", "Pod"),
    ]
    assert made[0]["metadata"] == {
        "name": "web-pod",
        "namespace": "shop",
        "labels": {"app": "web"},
    }
    assert "\n---\n" in answer.stdout


def test_expanded_objects_can_be_printed_as_json_and_are_mutated() -> None:
    text = f"{WORKLOADS.partition('---')[0]}---\n{MUTATOR}"
    answer = run("expand", "-f", "-", "--output", "json", stdin=text)
    assert json.loads(answer.stdout)["metadata"]["labels"] == {"app": "web", "team": "a"}


def test_expansion_templates_among_the_manifests_replace_the_ready_made_ones() -> None:
    answer = run("expand", "-f", "-", stdin=f"{WORKLOADS}---\n{EXPANSION}")
    made = list(yaml.safe_load_all(answer.stdout))
    assert [one["metadata"]["name"] for one in made] == ["web-pod"]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("kind: Pod\n x\n", 2, "<stdin>:"),
        (EXPANSION.replace("spec.template", "''"), 3, "empty source field"),
        (f"{EXPANSION}---\n{WORKLOADS.replace('template: {meta', 'templat: {meta')}", 1, "source"),
    ],
)
def test_what_cannot_be_expanded_is_told(text: str, code: int, said: str) -> None:
    answer = run("expand", "-f", "-", stdin=text)
    assert answer.returncode == code
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


def test_mutated_objects_are_printed_ready_to_be_applied(tmp_path: Path) -> None:
    mutators = write(tmp_path / "m" / "team.yaml", MUTATOR)
    bare = POD.replace("privileged: true", "runAsUser: 1")
    answer = run(
        *("mutate", "-f", "-", "--constraints", mutators, "--definition", ESCALATION), stdin=bare
    )
    assert answer.returncode == 0
    pod = yaml.safe_load(answer.stdout)
    assert pod["metadata"] == {"name": "web", "labels": {"team": "a"}}
    assert pod["spec"]["containers"][0]["securityContext"] == {
        "runAsUser": 1,
        "allowPrivilegeEscalation": False,
    }


def test_a_diff_shows_changes_alone() -> None:
    two = f"{POD}---\n{POD.replace('name: web', 'name: hub, labels: {team: b}')}---\n{MUTATOR}"
    answer = run("mutate", "-f", "-", "-o", "diff", stdin=two)
    lines = answer.stdout.splitlines()
    assert lines[:2] == ["--- <stdin>:1", "+++ <stdin>:1 (mutated)"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["+  labels:", "+    team: a"]


def test_a_patch_is_a_line_an_object() -> None:
    answer = run("mutate", "-f", "-", "-o", "patch", stdin=f"{POD}---\n{MUTATOR}")
    [line] = answer.stdout.splitlines()
    assert json.loads(line) == {
        "file": "<stdin>",
        "line": 1,
        "kind": "Pod",
        "name": "web",
        "patch": [{"op": "add", "path": "/metadata/labels", "value": {"team": "a"}}],
        "mutators": ["AssignMetadata/team"],
    }


def test_an_object_that_cannot_be_mutated_is_named() -> None:
    assign = MUTATOR.replace("AssignMetadata", "Assign").replace(
        "location: metadata.labels.team",
        'applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]\n'
        '  location: "spec.containers[name: a].image"',
    )
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: none}\n"
    answer = run("mutate", "-f", "-", stdin=f"{pod}---\n{assign}")
    assert answer.returncode == 1
    assert answer.stderr.startswith("policy-portal mutate: <stdin>:1: ")


def test_a_mutator_that_is_none_ends_with_3() -> None:
    broken = MUTATOR.replace("metadata.labels.team", "spec.x")
    answer = run("mutate", "-f", "-", stdin=f"{POD}---\n{broken}")
    assert answer.returncode == 3
    assert "error: <stdin>:" in answer.stderr
