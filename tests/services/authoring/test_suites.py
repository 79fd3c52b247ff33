"""What was tried becomes a suite that passes as it is, and fails where the policy is another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.cli.main import main
from policy_app.models import Cluster, Definition
from policy_app.services import authoring, definitions, enforcement
from policy_app.services.authoring import suites
from policy_app.services.authoring.suites import Case
from policy_app.services.enforcement import InForce
from policy_app.services.errors import PolicyError
from tests.services.authoring.bodies import TEMPLATE, policy

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n"
WORKLOAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
TEMPLATED = """\
    spec:
      containers:
        - {name: web, image: nginx, securityContext: {privileged: true}}
"""
PRIVILEGED = "95edb821-ddaf-4404-9732-666045e056b4"
LABELLED = f"{POD}  labels: {{team: a}}\n"


def installed(row: Definition, cluster: Cluster, **parameters: Any) -> InForce:
    """A definition alone on a cluster."""
    return enforcement.alone(definitions.parse(definitions.version(row)), parameters, cluster)


def cases(row: Definition, cluster: Cluster, **texts: str) -> list[Case]:
    """A case for each text, by its name."""
    in_force = installed(row, cluster)
    return [
        case for name, text in texts.items() for case in suites.cases_of(name, text, {}, in_force)
    ]


def verified(folder: Path, files: suites.Files) -> int:
    """The exit code of ``policy-portal verify`` on the files of a suite."""
    with zipfile.ZipFile(io.BytesIO(suites.archive("Own suite", files))) as packed:
        packed.extractall(folder)
    return main(["verify", str(folder / "own-suite")])


def test_a_suite_of_what_was_tried_passes_as_it_is(
    own: Definition, aks_demo: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = cases(own, aks_demo, refused=POD, labelled=LABELLED)
    assert [case.messages for case in found] == [["The label team is missing."], []]
    files = suites.files_of("Own", found, lambda given: installed(own, aks_demo, **given))
    assert verified(tmp_path, files) == 0
    assert "2 passed, 0 failed, 0 skipped" in capsys.readouterr().out


def test_the_suite_fails_under_a_policy_that_says_otherwise(
    own: Definition, aks_demo: Cluster, tmp_path: Path
) -> None:
    found = cases(own, aks_demo, refused=POD)
    files = suites.files_of("Own", found, lambda given: installed(own, aks_demo, **given))
    (template,) = (path for path in files if path.startswith("templates/"))
    files[template] = files[template].replace("is missing", "is not there")
    assert verified(tmp_path, files) == 1


def test_a_case_that_says_something_else_by_now_is_told(own: Definition, aks_demo: Cluster) -> None:
    found = cases(own, aks_demo, refused=POD)
    other = policy(TEMPLATE.replace("is missing", "is not there"))["properties"]
    authoring.change(own, {"policyRule": other["policyRule"]}, None)
    own.refresh_from_db()
    with pytest.raises(PolicyError, match="not what it said when it was added") as refusal:
        suites.files_of("Own", found, lambda given: installed(own, aks_demo, **given))
    assert "refused: " in refusal.value.details[0].message


def test_cases_with_other_parameters_have_a_constraint_of_their_own(
    own: Definition, aks_demo: Cluster, tmp_path: Path
) -> None:
    cost = {"label": "cost"}
    found = cases(own, aks_demo, team=POD)
    found += suites.cases_of("cost", LABELLED, cost, installed(own, aks_demo, **cost))
    files = suites.files_of("Own", found, lambda given: installed(own, aks_demo, **given))
    tests = yaml.safe_load(files["suite.yaml"])["tests"]
    assert [[case["name"] for case in test["cases"]] for test in tests] == [["team"], ["cost"]]
    assert len({test["constraint"] for test in tests}) == 2
    assert verified(tmp_path, files) == 0


def test_the_pods_of_a_workload_are_judged_in_the_suite_too(
    portal: None, aks_demo: Cluster, tmp_path: Path
) -> None:
    privileged = definitions.built_in(Definition.Kind.POLICY, PRIVILEGED)
    made_too = {"source": "All"}
    in_force = installed(privileged, aks_demo, **made_too)
    found = suites.cases_of("workload", f"{WORKLOAD}  template:\n{TEMPLATED}", made_too, in_force)
    assert len(found[0].messages) == 1
    files = suites.files_of("All", found, lambda given: installed(privileged, aks_demo, **given))
    assert "kind: ExpansionTemplate" in files["expansion.yaml"]
    assert verified(tmp_path, files) == 0


def test_an_initiative_has_a_test_for_each_of_its_policies(
    baseline: Definition, aks_demo: Cluster, tmp_path: Path
) -> None:
    found = cases(baseline, aks_demo, privileged=f"{POD}{TEMPLATED[4:]}")
    files = suites.files_of("All", found, lambda given: installed(baseline, aks_demo, **given))
    tests = yaml.safe_load(files["suite.yaml"])["tests"]
    assert len(tests) == baseline.policy_count
    assert verified(tmp_path, files) == 0


def test_a_policy_that_reads_the_request_is_asked_with_one(
    own: Definition, aks_demo: Cluster, tmp_path: Path
) -> None:
    template = TEMPLATE.replace(
        "wanted := input", 'input.review.operation == "CREATE"\n          wanted := input'
    )
    authoring.change(own, {"policyRule": policy(template)["properties"]["policyRule"]}, None)
    own.refresh_from_db()
    found = cases(own, aks_demo, created=POD)
    assert found[0].messages == ["The label team is missing."]
    assert "kind: AdmissionReview" in found[0].manifest
    files = suites.files_of("Own", found, lambda given: installed(own, aks_demo, **given))
    assert verified(tmp_path, files) == 0


def test_what_is_no_case_is_refused_with_the_reason(own: Definition, aks_demo: Cluster) -> None:
    in_force = installed(own, aks_demo)
    for name, text, told in (
        ("", POD, "Give the case a name"),
        ("x", "a: [", "The manifest is no case"),
        ("x", "", "no object"),
    ):
        with pytest.raises(PolicyError, match=told):
            suites.cases_of(name, text, {}, in_force)
    with pytest.raises(PolicyError, match="2 cases have the name 'x'"):
        suites.check(cases(own, aks_demo, x=POD) * 2)
    with pytest.raises(PolicyError, match="1 to 100 cases"):
        suites.check([])
