"""``policy-portal test``: inputs that cannot be read, and policies that cannot be had."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from policy_app.cli.offline.elsewhere import at_hosts
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.installation import SourceError
from policy_app.services.outbound import Limits, Outbound
from tests.cli.offline import (
    BAD,
    BASELINE,
    DENY,
    GOOD,
    PRIVILEGED,
    PRIVILEGED_TITLE,
    TEMPLATE,
    found,
    outcome,
    write,
)
from tests.cli.processes import ROOT


def test_without_any_policy_it_is_wrong_usage() -> None:
    answer = outcome("-f", BAD)
    assert answer.returncode == 2
    assert "there is no policy to test against" in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--definition", "no such thing"), "There is no built-in definition with this id"),
        (("--definition", PRIVILEGED_TITLE[:-1]), f"Did you mean {PRIVILEGED_TITLE!r}?"),
        (("--definition", BASELINE), f"This is an initiative. Use --initiative '{BASELINE}'."),
        (("--initiative", PRIVILEGED), "This is one policy definition. Use --definition"),
        (("--definition", "none.json"), "The file cannot be read: No such file or directory."),
        (("--definition", BAD), "This is no JSON"),
        (("--definition", PRIVILEGED, "--set", "effect=refuse"), "must be one of"),
        (("--definition", PRIVILEGED, "--set", "efect=Deny"), "No policy here has this parameter"),
        (("--definition", PRIVILEGED, "--set", "warn=yes"), "takes JSON of type Boolean"),
        (("--constraints", BAD), "There is no constraint, mutator or template"),
        (("--constraints", "nowhere"), "The file cannot be read: No such file or directory."),
    ],
)
def test_a_policy_that_cannot_be_had_ends_with_3(arguments: tuple[str, ...], said: str) -> None:
    answer = outcome("-f", GOOD, *arguments)
    assert said in answer.stderr
    assert answer.returncode == 3


def test_a_definition_about_azure_resources_judges_nothing_here(tmp_path: Path) -> None:
    rule = {"if": {"field": "type", "equals": "x"}, "then": {"effect": "Deny"}}
    file = write(tmp_path / "arm.json", {"mode": "Indexed", "policyRule": rule})
    answer = outcome("-f", GOOD, "--definition", file)
    assert answer.returncode == 3
    assert "judges ARM resources (mode Indexed)" in answer.stderr


def test_rego_that_does_not_compile_ends_with_3(tmp_path: Path) -> None:
    text = (TEMPLATE / "template.yaml").read_text().replace("violation[", "violation[[[", 1)
    broken = write(tmp_path / "t.yaml", text)
    answer = outcome("-f", GOOD, "--constraints", broken)
    assert answer.returncode == 3
    assert f"error: {broken}:" in answer.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind: Pod\n  apiVersion: v1\n", ":2:"),
        ("just text\n", "This document is text, not an object with fields."),
        ("apiVersion: v1\n", "kind is missing"),
        ("", "The file holds no Kubernetes object."),
        ("a: &a [x]\nb: *b\n", "The alias *b has no anchor before it"),
        ("{{ .Values.x }}: 1\n", "render it first (helm template)"),
        ("a: \x07\n", "The character U+0007 is not allowed in YAML"),
    ],
)
def test_an_input_that_cannot_be_read_ends_with_2_and_its_place(
    tmp_path: Path, content: str, said: str
) -> None:
    bad = write(tmp_path / "bad.yaml", content)
    report = found("-f", bad, "-f", BAD, "--definition", PRIVILEGED, *DENY)
    assert report["summary"]["exitCode"] == 2
    [error] = report["errors"]
    assert (error["kind"], error["source"]) == ("input", bad)
    # what can be read is judged all the same
    assert [one["file"] for one in report["results"]] == [BAD]
    assert said in outcome("-f", bad, "--definition", PRIVILEGED).stderr


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for data in (b"\xff\xfea\x00", b"a: \xff\n", bytes(range(256)), b"[" * 100_000):
        file.write_bytes(data)
        answer = outcome("-f", str(file), "--definition", PRIVILEGED)
        assert answer.returncode == 2
        assert answer.stderr.startswith(f"error: {file}:")


def test_aliases_cannot_fill_the_memory(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    bomb = write(tmp_path / "bomb.yaml", "\n".join(lines))
    answer = outcome("-f", bomb, "--definition", PRIVILEGED)
    assert answer.returncode == 2
    assert "Aliases add more than" in answer.stderr


def test_a_missing_file_and_an_empty_folder_are_inputs_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        assert outcome("-f", str(path), "--definition", PRIVILEGED).returncode == 2


def test_parameters_that_cannot_be_read_end_with_2(tmp_path: Path) -> None:
    for content in ("a: [", "[1]", ""):
        file = write(tmp_path / "p.yaml", content)
        answer = outcome("-f", GOOD, "--definition", PRIVILEGED, "--parameters", file)
        assert answer.returncode == 2
        assert f"error: {file}" in answer.stderr


def test_a_setting_without_a_value_is_wrong_usage() -> None:
    answer = outcome("-f", GOOD, "--definition", PRIVILEGED, "--set", "effect")
    assert answer.returncode == 2
    assert "error: --set effect: This is no setting. Write name=value." in answer.stderr


def test_objects_of_any_shape_are_judged_or_refused(tmp_path: Path) -> None:
    shapes = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": None, "spec": []},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": "x"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5, "labels": []}},
        {"apiVersion": "v1", "kind": "Namespace"},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\ud800"}},
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"x": 1}},
    ]
    file = write(tmp_path / "shapes.json", "\n".join(map(json.dumps, shapes)))
    for form in ("text", "json", "junit", "sarif"):
        answer = outcome("-f", file, "--initiative", BASELINE, "--output", form)
        assert answer.returncode == 2
        assert 'unknown field "request.x"' in answer.stderr


def test_a_request_is_judged_as_one(tmp_path: Path) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}
    pod["spec"] = {"containers": [{"name": "a", "securityContext": {"privileged": True}}]}
    request = {"operation": "CREATE", "namespace": "shop", "object": pod}
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    file = write(tmp_path / "review.json", json.dumps(review, indent=1))
    [violation] = found("-f", file, "--definition", PRIVILEGED, *DENY)["results"]
    assert (violation["kind"], violation["namespace"]) == ("Pod", "shop")
    assert "privileged" in Path(file).read_text().splitlines()[violation["line"] - 1]


def test_the_reader_of_the_output_may_leave() -> None:
    command = f"policy_app.cli test -f {BAD} --definition {PRIVILEGED} -o json"
    shell = f"{sys.executable} -m {command} | head -c 1"
    answer = subprocess.run(
        ["/bin/sh", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""


def elsewhere(tmp_path: Path) -> str:
    """A definition whose template does not come with the portal."""
    details = {
        "templateInfo": {"sourceType": "PublicURL", "url": "https://policies.example.org/t.yaml"},
        "apiGroups": [""],
        "kinds": ["Pod"],
    }
    rule = {"if": {}, "then": {"effect": "Deny", "details": details}}
    properties = {"mode": "Microsoft.Kubernetes.Data", "policyRule": rule}
    return write(tmp_path / "elsewhere.json", properties)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            (),
            "https://policies.example.org/t.yaml is not among the files that come with the portal",
        ),
        (
            ("--allow-host", "other.example.org"),
            "policies.example.org is not among the hosts that are allowed.",
        ),
    ],
)
def test_a_template_from_a_host_that_is_not_allowed_is_not_fetched(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    answer = outcome("-f", GOOD, "--definition", elsewhere(tmp_path), *options)
    assert answer.returncode == 3
    assert said in answer.stderr


def test_a_template_from_a_host_that_is_allowed_is_fetched_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def get(client: Outbound, url: str, limits: Limits) -> bytes:
        client.check(url)
        asked.append(url)
        return b"kind: ConstraintTemplate"

    monkeypatch.setattr(Outbound, "get", get)
    text = at_hosts(["policies.example.org"])
    source = Source("PublicURL", "https://policies.example.org/t.yaml")
    assert text(source) == text(source) == "kind: ConstraintTemplate"
    assert asked == [source.url]
    with pytest.raises(SourceError, match="not among the hosts"):
        text(Source("PublicURL", "https://example.org/t.yaml"))


def test_a_link_that_leads_nowhere_is_no_manifest_that_passed(tmp_path: Path) -> None:
    (tmp_path / "lost.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "again").symlink_to(tmp_path)
    answer = outcome("-f", str(tmp_path), "--definition", PRIVILEGED)
    assert answer.returncode == 2
    assert f"{tmp_path}/lost.yaml: The file cannot be read: No such file" in answer.stderr


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        (f"{PRIVILEGED[:-1]}5", f"Did you mean '{PRIVILEGED} ("),
        ("00000000-0000-0000-0000-000000000000", "Give a GUID"),
        (f"{PRIVILEGED}@1.*.*", "There is: 9.2.0."),
    ],
)
def test_a_reference_with_a_slip_is_helped(reference: str, hint: str) -> None:
    answer = outcome("-f", BAD, "--definition", reference)
    assert answer.returncode == 3
    assert hint in answer.stderr
    assert "no constraint: nothing was judged" in answer.stdout
