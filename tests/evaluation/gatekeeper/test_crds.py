"""What a template becomes in a cluster: a CRD that kubectl can list, and a status."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.gatekeeper.crds import crd_of, preserving, template_status
from policy_app.evaluation.gatekeeper.json_schema import schema_faults
from policy_app.evaluation.gatekeeper.parameter_schema import to_json_schema
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

from .samples import constraint_object, template_object

PRESERVE = "x-kubernetes-preserve-unknown-fields"


def crd(**changes: Any) -> dict[str, Any]:
    """The CRD of a template."""
    return crd_of(ConstraintTemplate.parse(template_object(**changes)))


def schema_of(found: dict[str, Any]) -> dict[str, Any]:
    """The schema of the version that is stored."""
    (stored,) = [one for one in found["spec"]["versions"] if one["storage"]]
    schema: dict[str, Any] = stored["schema"]["openAPIV3Schema"]
    return schema


def test_a_crd_is_named_for_the_kind() -> None:
    found = crd()

    assert found["metadata"] == {
        "name": "k8sprivileged.constraints.gatekeeper.sh",
        "labels": {"gatekeeper.sh/constraint": "yes"},
    }
    assert found["spec"]["scope"] == "Cluster"
    assert found["spec"]["names"] == {
        "kind": "K8sPrivileged",
        "listKind": "K8sPrivilegedList",
        "plural": "k8sprivileged",
        "singular": "k8sprivileged",
        "categories": ["constraint", "constraints"],
    }


def test_labels_and_short_names_are_the_templates() -> None:
    written = template_object()
    written["metadata"]["labels"] = {"team": "a"}
    written["spec"]["crd"]["spec"]["names"]["shortNames"] = ["priv"]
    found = crd_of(ConstraintTemplate.parse(written))

    assert found["metadata"]["labels"] == {"team": "a", "gatekeeper.sh/constraint": "yes"}
    assert found["spec"]["names"]["shortNames"] == ["priv"]


def test_both_versions_are_served_and_show_action_and_violations() -> None:
    first, second = crd()["spec"]["versions"]

    assert (first["name"], first["served"], first["storage"]) == ("v1beta1", True, True)
    assert (second["name"], second["served"], second["storage"]) == ("v1alpha1", True, False)
    for version in (first, second):
        assert version["subresources"] == {"status": {}}
        assert [one["name"] for one in version["additionalPrinterColumns"]] == [
            "enforcement-action",
            "total-violations",
        ]


def test_the_schema_takes_a_constraint_and_refuses_another() -> None:
    schema = to_json_schema(schema_of(crd()))
    good = constraint_object(
        match={"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}], "namespaces": ["kube-*"]},
        parameters={"exempt": ["a"]},
    )

    assert schema_faults(schema, good) == []
    for bad in (
        constraint_object("a" * 64),
        constraint_object(match={"namespaces": ["Shop"]}),
        constraint_object(match={"source": "Elsewhere"}),
        constraint_object(enforcementAction=True),
        constraint_object(parameters={"exempt": "a"}),
    ):
        assert len(schema_faults(schema, bad)) == 1


def test_the_action_is_deny_by_default() -> None:
    spec = schema_of(crd())["properties"]["spec"]["properties"]

    assert spec["enforcementAction"] == {"type": "string", "default": "deny"}


def test_old_templates_tolerate_unknown_parameters_everywhere() -> None:
    assert schema_of(crd(version="v1beta1"))["properties"]["spec"]["properties"]["parameters"] == {
        "type": "object",
        PRESERVE: True,
        "properties": {"exempt": {"type": "array", "items": {"type": "string"}}},
    }
    assert PRESERVE not in schema_of(crd())["properties"]["spec"]["properties"]["parameters"]


def test_a_tolerant_schema_leaves_the_written_one_alone() -> None:
    written: dict[str, Any] = {
        "properties": {
            "a": {"type": "array"},
            "b": {"type": "object", "additionalProperties": {"properties": {"c": {}}}},
        }
    }
    inner = {PRESERVE: True, "properties": {"c": {PRESERVE: True}}}

    assert preserving(written) == {
        PRESERVE: True,
        "properties": {
            "a": {"type": "array", "items": {PRESERVE: True}},
            "b": {"type": "object", PRESERVE: True, "additionalProperties": inner},
        },
    }
    assert PRESERVE not in written


def test_without_a_schema_only_old_templates_have_parameters() -> None:
    for version, parameters in (("v1beta1", {PRESERVE: True}), ("v1", None)):
        written = template_object(version=version)
        del written["spec"]["crd"]["spec"]["validation"]
        found = schema_of(crd_of(ConstraintTemplate.parse(written)))
        assert found["properties"]["spec"]["properties"].get("parameters") == parameters


def test_a_template_that_works_is_created() -> None:
    status = template_status(template_object(), uid="abc", generation=2)

    assert status["created"] is True
    assert status["byPod"][0] == {
        "id": "gatekeeper-audit",
        "templateUID": "abc",
        "observedGeneration": 2,
        "operations": ["audit", "generate", "mutation-status", "status"],
    }


def test_an_error_of_the_compiler_has_its_code_and_place() -> None:
    status = template_status(template_object("package a\n\nviolation[x] { x = }\n"))
    (error,) = status["byPod"][0]["errors"]

    assert status["created"] is False
    assert error["code"] == "rego_parse_error"
    assert error["location"].startswith("3:")
    assert "unable to compile modules" in error["message"]


def test_any_other_error_is_one_of_creation() -> None:
    status = template_status(template_object("package a\n\ndeny { true }\n"))

    for pod in status["byPod"]:
        (error,) = pod["errors"]
        assert error["code"] == "create_error"
        assert "missing required rules: [violation]" in error["message"]
        assert "location" not in error


def test_a_template_is_created_though_its_defaults_want_more() -> None:
    schema = {"type": "object", "default": {}, "required": ["exempt"]}

    assert template_status(template_object(version="v1beta1", schema=schema))["created"] is True
