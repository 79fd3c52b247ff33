"""``policy-portal rego``: queries and checks of files, with errors that say where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policy_app.cli import rego
from policy_app.cli.arguments import Parser
from policy_app.cli.failure import Failure

MODULE = """package t

violation[{"msg": msg}] {
  c := input.review.object.spec.containers[_]
  c.privileged
  msg := sprintf("%v", [c.name])
}
"""
TEMPLATE = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: t}
spec:
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package t
        import data.lib.a
        violation[{"msg": "no"}] {
          a.f(input.x)
        }
      libs:
        - |
          package lib.a
          f(x) { x == y }
"""
INPUT: dict[str, Any] = {
    "review": {"object": {"spec": {"containers": [{"name": "a"}, {"name": "b", "privileged": 1}]}}}
}


def _run(*arguments: str) -> int:
    parser = Parser()
    rego.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["rego", *arguments])
    code: int = parsed.run(parsed)
    return code


@pytest.fixture
def module(tmp_path: Path) -> str:
    """A file with one rule."""
    (tmp_path / "t.rego").write_text(MODULE)
    return str(tmp_path / "t.rego")


@pytest.fixture
def document(tmp_path: Path) -> str:
    """A file with an input."""
    (tmp_path / "input.json").write_text(json.dumps(INPUT))
    return str(tmp_path / "input.json")


def test_a_query_is_answered_as_json(
    module: str, document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("eval", "-d", module, "-i", document, "data.t.violation") == 0
    (result,) = json.loads(capsys.readouterr().out)["result"]
    assert result["expressions"][0]["value"] == [{"msg": "b"}]


def test_variables_of_a_query_are_bound(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("eval", "-d", module, "x := 1 + 1") == 0
    (result,) = json.loads(capsys.readouterr().out)["result"]
    assert result["bindings"] == {"x": 2}


def test_an_undefined_query_is_an_empty_object(
    module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("eval", "-d", module, "data.t.nothing") == 0
    assert json.loads(capsys.readouterr().out) == {}


def test_explain_names_the_line_and_the_fields(
    module: str, document: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("eval", "--explain", "-d", module, "-i", document, "data.t.violation") == 0
    (result,) = json.loads(capsys.readouterr().out)["result"]
    assert result["location"] == f"{module}:3"
    assert {"path": "spec.containers[1].privileged", "value": 1} in result["input"]


def test_data_documents_are_read_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data.yaml").write_text("a: {b: 1}\n")
    assert _run("eval", "-d", str(tmp_path), "data.a.b") == 0
    (result,) = json.loads(capsys.readouterr().out)["result"]
    assert result["expressions"][0]["value"] == 1


def test_a_good_file_passes_the_check(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check", module) == 0
    assert capsys.readouterr().err == ""


def test_an_error_in_a_template_names_the_line_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    assert _run("check", str(file)) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"{file}:16:13: rego_unsafe_var_error: var y is unsafe"
    assert said[1] == "\tf(x) { x == y }"
    assert said[2].rstrip() == "\t            ^"


def test_a_missing_file_is_told_without_a_trace() -> None:
    with pytest.raises(Failure, match=r"^/nowhere/x.rego cannot be read: No such file"):
        _run("check", "/nowhere/x.rego")


def test_a_file_that_is_no_yaml_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: [1\n")
    assert _run("check", str(file)) == 1
    assert str(file) in capsys.readouterr().err
