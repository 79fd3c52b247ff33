"""Constraint files: placeholders become values of the YAML's tree, and nothing else runs."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import ConstraintError
from policy_app.evaluation.language.constraint_files import read_constraint

FILE = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAzureContainerAllowedPorts
metadata:
  name: container-allowed-ports
spec:
  match:
    excludedNamespaces: {{ .Values.excludedNamespaces }}
  parameters:
    allowedPorts: {{ .Values.allowedPorts }}
    text: "at most {{ .Values.most }} of {{ .Values.allowedPorts }}"
    inner: {{.Values.nested.deep}}
"""
DETAILS: dict[str, Any] = {
    "excludedNamespaces": ["kube-system"],
    "values": {"allowedPorts": [80, 443], "most": 3, "nested": {"deep": True}},
}


def refusal(text: str, details: dict[str, Any] = DETAILS) -> str:
    """Why a file is refused."""
    with pytest.raises(ConstraintError) as caught:
        read_constraint(text, details)
    return caught.value.message


def test_a_value_keeps_its_type_where_it_stands_alone_and_is_text_within_text() -> None:
    spec = read_constraint(FILE, DETAILS)["spec"]
    assert spec["match"] == {"excludedNamespaces": ["kube-system"]}
    assert spec["parameters"] == {
        "allowedPorts": [80, 443],
        "text": "at most 3 of [80, 443]",
        "inner": True,
    }


@pytest.mark.parametrize(
    "value",
    ["a\n    injected: true", "{x: y}", "# gone", "{{ .Values.most }}", '"', "- a", "&a *a"],
)
def test_no_value_changes_the_shape_of_the_file(value: str) -> None:
    given = {**DETAILS, "values": {**DETAILS["values"], "allowedPorts": value}}
    parameters = read_constraint(FILE, given)["spec"]["parameters"]
    assert set(parameters) == {"allowedPorts", "text", "inner"}
    assert parameters["allowedPorts"] == value


def test_a_file_without_places_takes_the_values_as_its_parameters() -> None:
    text = "kind: X\nspec:\n  parameters: {kept: 1, replaced: 2}\n"
    found = read_constraint(text, {"values": {"replaced": 3, "added": 4}})
    assert found["spec"]["parameters"] == {"kept": 1, "replaced": 3, "added": 4}


def test_a_file_alone_is_taken_as_it_stands() -> None:
    assert read_constraint("kind: X\n", {}) == {"kind": "X"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: {{ .Values.gone }}\n",
            "line 2: .Values.gone is asked for, and the definition's values do not have it (they "
            "have allowedPorts, excludedNamespaces, most, nested)",
        ),
        ("a: {{ .Values.nested.deep.er }}", ".Values.nested.deep.er is asked for"),
        (
            "a: {{ range .Values.allowedPorts }}x{{ end }}",
            "line 1: {{ range .Values.allowedPorts }} is not supported, only {{ .Values.name }} is",
        ),
        ("a: {{ .Values.most | quote }}", "is not supported"),
        ("a: {{ .Release.Name }}", "is not supported"),
        ("\n\na: {{ .Values.most\n}}", "line 3: {{ has no }} in the same line"),
        ("a: [1\nb: 2\n", "line 2: did not find expected"),
        ("a: 1\n---\nb: 2\n", "it should be one Kubernetes object, but is 2 documents"),
        ("- a\n", "it should be one Kubernetes object, but is an array"),
        ("", "it should be one Kubernetes object, but is 0 documents"),
        ("[" * 200, "deep"),
    ],
)
def test_what_is_no_constraint_file_is_refused_with_its_line(text: str, message: str) -> None:
    said = refusal(text)
    assert said.startswith("the definition's constraint file cannot be used: ")
    assert message in said
