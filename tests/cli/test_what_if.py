"""``policy-portal what-if``: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.processes import run
from tests.starting_points import prepared

BASELINE = "a8640138-9b0a-4a28-b8cb-1666c838647d"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
ASSIGNMENT = f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/baseline"
_PREPARE = f"""
from policy_app.services import assignments, drafts, scopes
from tests.services.cluster.inside import Api, pod
Api().create(pod("bad", privileged=True))
body = {{"properties": {{
    "policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}",
    "parameters": {{"effect": {{"value": "audit"}}}},
}}}}
assignments.put(drafts.from_arm(scopes.get("{GROUP}"), "baseline", body), None)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A portal with a privileged Pod, and the baseline assigned to audit it."""
    folder = str(tmp_path_factory.mktemp("what-if"))
    prepared(Path(folder))
    filled = run("manage", "--data", folder, "shell", "--command", _PREPARE)
    assert filled.returncode == 0, filled.stderr
    return folder


def test_turning_audit_into_deny_names_the_pod_the_field_and_the_line(data: str) -> None:
    ended = run("what-if", "--data", data, "--set", "effect=deny", ASSIGNMENT)
    assert ended.returncode == 1, ended.stderr
    assert "1 object of 1 workload would be refused" in ended.stdout
    assert "namespace default: 1 denied" in ended.stdout
    assert "Pod bad" in ended.stdout
    assert "[spec.containers[0].securityContext.privileged, line " in ended.stdout


def test_an_assignment_as_it_stands_breaks_nothing(data: str) -> None:
    ended = run("what-if", "--data", data, ASSIGNMENT)
    assert ended.returncode == 0, ended.stderr
    assert "Nothing would change for what is there." in ended.stdout


def test_json_carries_the_same_and_never_decides_the_exit_code(data: str) -> None:
    arguments = ("--data", data, "--definition", BASELINE, "--scope", GROUP, "--set", "effect=deny")
    ended = run("what-if", *arguments, "--output", "json", "--cluster", "aks-demo")
    assert ended.returncode == 1, ended.stderr
    told = json.loads(ended.stdout)
    (cluster,) = told["clusters"]
    assert cluster["name"] == "aks-demo"
    assert [thing["name"] for thing in cluster["objects"]] == ["bad"]
    kept = run("what-if", *arguments, "--output", "json", "--fail-on", "never")
    assert kept.returncode == 0


def test_the_body_of_a_put_can_be_examined(data: str, tmp_path: Path) -> None:
    body = tmp_path / "assignment.json"
    named = f"/providers/Microsoft.Authorization/policySetDefinitions/{BASELINE}"
    body.write_text(json.dumps({"properties": {"policyDefinitionId": named}}))
    ended = run("what-if", "--data", data, "--scope", GROUP, "--body", str(body))
    assert ended.returncode == 0, ended.stderr
    assert "would be reported, and let in" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "name one thing"),
        (("--definition", BASELINE), 2, "--scope ID is needed"),
        (("--definition", "no such thing", "--scope", GROUP), 1, "no definition 'no such thing'"),
        (("--definition", BASELINE, "--scope", "/nowhere"), 1, "/nowhere"),
        ((f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/no",), 1, "'no'"),
        (("/subscriptions/x",), 2, "no assignment's id"),
        (("--set", "efect=deny", ASSIGNMENT), 2, "No policy here has this parameter"),
        (("--set", "effect=Forbid", ASSIGNMENT), 1, "Forbid"),
        (("--cluster", "aks-nowhere", ASSIGNMENT), 1, "its clusters are: aks-demo"),
    ],
)
def test_wrong_input_is_refused_with_what_would_be_right(
    data: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = run("what-if", "--data", data, *arguments)
    assert ended.returncode == code, ended.stdout
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_body_that_is_no_json_is_refused_with_its_line(data: str, tmp_path: Path) -> None:
    body = tmp_path / "assignment.json"
    body.write_text('{\n  "properties": nothing\n}')
    ended = run("what-if", "--data", data, "--scope", GROUP, "--body", str(body))
    assert ended.returncode == 2
    assert "assignment.json:2:17: the file is not JSON" in ended.stderr
