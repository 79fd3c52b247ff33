"""Templates in CEL at the command line: judged, verified, explained and refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.offline import POD, found, outcome, write
from tests.cli.processes import ROOT, run

TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: celprivileged}
spec:
  crd:
    spec:
      names: {kind: CelPrivileged}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            exempt: {type: array, items: {type: string}, default: []}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        generateVAP: true
        variables:
        - name: bad
          expression: |
            object.spec.containers.filter(c, !(c.name in variables.params.exempt) &&
              c.?securityContext.?privileged.orValue(false))
        validations:
        - expression: size(variables.bad) == 0
          messageExpression: '"privileged: " + variables.bad.map(c, c.name).join(", ")'
"""
CONSTRAINT = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: CelPrivileged
metadata: {name: no-privilege}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}
  parameters: {exempt: [trusted]}
"""
SUITE = """\
apiVersion: test.gatekeeper.sh/v1alpha1
kind: Suite
tests:
- name: cel
  template: template.yaml
  constraint: constraint.yaml
  cases:
  - name: denied
    object: bad.yaml
    assertions: [{violations: 1, message: "privileged: app"}]
  - name: allowed
    object: good.yaml
    assertions: [{violations: no}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A template, a constraint, a Pod that it denies and one that it allows."""
    write(tmp_path / "template.yaml", TEMPLATE)
    write(tmp_path / "constraint.yaml", CONSTRAINT)
    write(tmp_path / "bad.yaml", POD)
    write(tmp_path / "good.yaml", POD.replace("name: app", "name: trusted"))
    return tmp_path


def policies(folder: Path) -> tuple[str, ...]:
    files = (folder / "template.yaml", folder / "constraint.yaml")
    return tuple(part for file in files for part in ("--constraints", str(file)))


def test_a_pod_is_judged_in_both_ways(folder: Path) -> None:
    denied = found("-f", str(folder / "bad.yaml"), *policies(folder))
    (result,) = denied["results"]
    assert result["message"] == "privileged: app"
    assert (result["constraint"], result["enforcementAction"]) == ("no-privilege", "deny")
    assert denied["summary"]["exitCode"] == 1

    allowed = found("-f", str(folder / "good.yaml"), *policies(folder))
    assert (allowed["results"], allowed["summary"]["exitCode"]) == ([], 0)


def test_an_explanation_points_at_what_the_message_names(folder: Path) -> None:
    answer = outcome("-f", str(folder / "bad.yaml"), *policies(folder), "--explain")

    assert answer.returncode == 1
    assert "bad.yaml:8: deny: Pod default/web: privileged: app" in answer.stdout
    assert "field: spec.containers[0].securityContext.privileged" in answer.stdout


def test_a_suite_verifies_a_template_in_cel(folder: Path) -> None:
    write(folder / "suite.yaml", SUITE)
    answer = run("verify", str(folder))
    assert (answer.returncode, answer.stdout.splitlines()[-2:]) == (
        0,
        ["2 passed, 0 failed, 0 skipped", "PASS"],
    )

    write(folder / "suite.yaml", SUITE.replace("violations: no", "violations: 1"))
    answer = run("verify", str(folder))
    assert (answer.returncode, answer.stdout.splitlines()[-2]) == (
        1,
        "1 passed, 1 failed, 0 skipped",
    )


@pytest.mark.parametrize("command", ["test", "verify"])
def test_cel_that_does_not_compile_is_refused_with_its_place(folder: Path, command: str) -> None:
    write(folder / "template.yaml", TEMPLATE.replace("size(variables.bad)", "sizes(variables.bad)"))
    write(folder / "suite.yaml", SUITE)
    if command == "test":
        answer = outcome("-f", str(folder / "bad.yaml"), *policies(folder))
        assert answer.returncode == 3
        assert "template.yaml:25:11: invalid ConstraintTemplate" in answer.stderr
    else:
        answer = run("verify", str(folder))
        assert answer.returncode == 1
    shown = answer.stdout + answer.stderr
    assert "spec.targets[0].code[0].source.validations[0].expression: compilation failed" in shown
    assert "<input>:1:6: undeclared reference to 'sizes'" in shown


def test_a_policy_past_its_budget_denies_within_seconds(folder: Path) -> None:
    template: dict[str, Any] = yaml.safe_load(TEMPLATE)
    source = template["spec"]["targets"][0]["code"][0]["source"]
    source["variables"][0]["expression"] = "['x']" + ".map(a, a + a + a + a)" * 18
    del source["validations"][0]["messageExpression"]
    write(folder / "template.yaml", json.dumps(template))

    report = found("-f", str(folder / "good.yaml"), *policies(folder))

    (result,) = report["results"]
    assert "running out of cost budget" in result["message"]


def test_the_compiler_is_only_loaded_for_cel() -> None:
    program = "import sys; from policy_app.evaluation.gatekeeper import client; "
    program += "sys.exit(bool({'cel_expr_python', 'policy_app.evaluation.cel'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


REGO = """\
    - engine: Rego
      source:
        rego: |
          package celprivileged
          violation[{"msg": "Rego"}] { input.review.object.spec.containers[_].name == "app" }
"""


@pytest.mark.parametrize(
    ("flags", "passed"),
    [
        ((), False),
        (("--enable-k8s-native-validation",), True),
        (("--enable-k8s-native-validation=true",), True),
        (("--enable-k8s-native-validation=false",), False),
    ],
)
def test_verify_runs_the_cel_of_a_template_in_both_languages_where_it_is_told_to(
    folder: Path, flags: tuple[str, ...], passed: bool
) -> None:
    write(folder / "template.yaml", TEMPLATE + REGO)
    answer = run("verify", write(folder / "suite.yaml", SUITE), *flags)
    assert answer.returncode == (0 if passed else 1)
    # The suite asks for what the CEL says.
    assert ("got messages [Rego]" in answer.stdout) is not passed


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), "Rego"),
        (("--enable-k8s-native-validation",), "privileged: app"),
        (("--enable-k8s-native-validation=t",), "privileged: app"),
        (("--enable-k8s-native-validation=false",), "Rego"),
    ],
)
def test_test_runs_the_cel_of_a_template_in_both_languages_where_it_is_told_to(
    folder: Path, flags: tuple[str, ...], message: str
) -> None:
    write(folder / "template.yaml", TEMPLATE + REGO)
    bad = str(folder / "bad.yaml")
    for arguments in ((bad, *policies(folder)), (str(folder),)):
        (result,) = found(*flags, "-f", *arguments)["results"][:1]
        assert result["message"] == message


def test_test_refuses_cel_where_it_is_told_to_know_none(folder: Path) -> None:
    arguments = ("-f", str(folder / "bad.yaml"), *policies(folder))
    answer = outcome("--enable-k8s-native-validation=false", *arguments)
    assert answer.returncode == 3
    assert "no language driver is installed" in answer.stderr


def test_the_path_may_stand_behind_the_switch_as_with_gator(folder: Path) -> None:
    suite = write(folder / "suite.yaml", SUITE)
    answer = run("verify", "--enable-k8s-native-validation", suite)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_verify_refuses_cel_where_it_is_told_to_know_none(folder: Path) -> None:
    suite = write(folder / "suite.yaml", SUITE)
    answer = run("verify", suite, "--enable-k8s-native-validation=false")
    assert answer.returncode == 1
    assert "no language driver is installed" in answer.stdout
