"""What Gatekeeper's webhook refuses about Gatekeeper's own resources."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.vet import is_own_resource, vet

from .mutators import assign
from .samples import constraint_object, pod, template, template_object
from .test_config import config_object
from .test_external_data import provider_object

TEMPLATES = {"K8sPrivileged": template()}
SCOPED: dict[str, Any] = {
    "enforcementAction": "scoped",
    "scopedEnforcementActions": [{"action": "deny", "enforcementPoints": [{"name": "here"}]}],
}
EXPANSION: dict[str, Any] = {
    "apiVersion": "expansion.gatekeeper.sh/v1beta1",
    "kind": "ExpansionTemplate",
    "metadata": {"name": "expand"},
    "spec": {
        "applyTo": [{"groups": ["apps"], "versions": ["v1"], "kinds": ["Deployment"]}],
        "templateSource": "spec.template",
        "generatedGVK": {"group": "", "version": "v1", "kind": "Pod"},
    },
}


@pytest.mark.parametrize(
    "value",
    [
        template_object(),
        constraint_object(),
        constraint_object(enforcementAction=""),
        config_object(),
        provider_object(),
        EXPANSION,
        assign("spec.x", 1),
        pod("a" * 64),
        {"apiVersion": "config.gatekeeper.sh/v1alpha1", "kind": "Other"},
        {"apiVersion": "status.gatekeeper.sh/v1beta1", "kind": "ConstraintPodStatus"},
    ],
)
def test_what_is_right_or_not_gatekeepers_is_let_in(value: dict[str, Any]) -> None:
    assert vet(value, TEMPLATES) == ()


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        (template_object("package a\nviolation[x] { x = }"), 422, "unable to compile modules"),
        (template_object("package a\ndeny { true }"), 422, "missing required rules: [violation]"),
        (template_object(kind="A" * 64), 500, "larger than 63 char; length: 64"),
        (constraint_object(kind="Other"), 422, 'template "other" not found'),
        (constraint_object(parameters={"exempt": 1}), 422, "schema validation failed"),
        (
            constraint_object(match={"labelSelector": {"matchExpressions": [{"key": "a"}]}}),
            422,
            "spec.match.labelSelector",
        ),
        (
            constraint_object(enforcementAction="block"),
            500,
            'unrecognized enforcementAction: "block"',
        ),
        (constraint_object(**SCOPED), 500, "unrecognized enforcement points"),
        (config_object("mine"), 422, "config resource must have name 'config'"),
        (provider_object(url="http://a/"), 422, "only HTTPS scheme is supported"),
        (EXPANSION | {"spec": {}}, 422, "ExpansionTemplate expand has empty source field"),
        (assign("spec..x", 1), 422, "spec.location"),
        (assign("metadata.name", "x"), 422, "metadata"),
    ],
)
def test_what_is_wrong_is_refused_in_gatekeepers_words(
    value: dict[str, Any], code: int, words: str
) -> None:
    (refusal,) = vet(value, TEMPLATES)

    assert words in f"{refusal.path}: {refusal.message}"
    assert refusal.code == code


@pytest.mark.parametrize(("expression", "faults"), [("true", 0), ("1 +", 1), ("nothing(1)", 1)])
def test_a_template_in_cel_must_compile_as_well(expression: str, faults: int) -> None:
    value = template_object()
    source = {"validations": [{"expression": expression, "message": "no"}]}
    target = value["spec"]["targets"][0]
    target["code"] = [{"engine": "K8sNativeValidation", "source": source}]
    del target["rego"]

    assert len(vet(value)) == faults


def test_own_resources_are_known_by_their_group() -> None:
    assert is_own_resource(EXPANSION)
    assert not is_own_resource(pod())
    assert not is_own_resource({})
