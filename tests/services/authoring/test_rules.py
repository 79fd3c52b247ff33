"""What a policy definition is refused for, with the code and the field, or the line of its Rego."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Definition, Scope
from policy_app.services import authoring
from policy_app.services.authoring import TextError, check_template
from tests.services.authoring.bodies import TEMPLATE, details, encoded, faults, policy
from tests.services.test_cel_templates import TEMPLATE as CEL

RULE = "properties.policyRule"
DETAILS = f"{RULE}.then.details"


def ruled(**then: Any) -> dict[str, Any]:
    """A body whose ``then`` has these fields."""
    body = policy()
    body["properties"]["policyRule"]["then"].update(then)
    return body


def detailed(**fields: Any) -> dict[str, Any]:
    """A body whose details have these fields."""
    return ruled(details={**details(), **fields})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (ruled(effect="Dney"), ("InvalidPolicyRule", f"{RULE}.then.effect")),
        (ruled(effect="Modify"), ("InvalidPolicyRule", f"{RULE}.then.effect")),
        (detailed(excludedNamespace=[]), ("InvalidPolicyRule", f"{DETAILS}.excludedNamespace")),
        (detailed(kinds=["*"]), ("InvalidPolicyRule", f"{DETAILS}.kinds")),
        (detailed(scope="Everywhere"), ("InvalidPolicyRule", f"{DETAILS}.scope")),
        (
            detailed(values={"label": "[parameters('labl')]"}),
            ("UndefinedPolicyParameter", f"{DETAILS}.values.label"),
        ),
        (
            detailed(values={"label": "[parameters('label'"}),
            ("UnusedPolicyParameters", "properties.parameters.label"),
        ),
        (detailed(values={"label": "[nope(parameters('label'))]"}), ("InvalidPolicyRule", DETAILS)),
        (
            detailed(values={"label": "[parameters('label')]", "labels": 7}),
            ("InvalidPolicyRule", f"{DETAILS}.values.labels"),
        ),
        (policy(mode="microsoft.kubernetes.dta"), ("InvalidPolicyRule", "properties.mode")),
        (policy(mode="Kubernetes"), ("InvalidPolicyRule", "properties.mode")),
        (
            detailed(values={"label": "x"}),
            ("UnusedPolicyParameters", "properties.parameters.label"),
        ),
    ],
)
def test_a_rule_is_held_to_azures_structure(
    subscription: Scope, body: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in faults(subscription, body)
    assert not Definition.objects.filter(name="own").exists()


def test_every_fault_is_told_at_once(subscription: Scope) -> None:
    body = detailed(values={"label": "[parameters('other')]"})
    body["properties"]["parameters"]["effect"]["allowedValues"] = ["Audit", "Dney"]
    assert {target for _, target in faults(subscription, body)} == {
        "properties.parameters.effect.allowedValues[1]",
        f"{DETAILS}.values.label",
        "properties.parameters.label",
    }


def test_a_policy_with_too_many_parameters_is_refused(subscription: Scope) -> None:
    parameters = {f"p{n}": {"type": "String", "defaultValue": ""} for n in range(21)}
    values = {name: f"[parameters('{name}')]" for name in parameters}
    body = detailed(values=values)
    body["properties"]["parameters"] |= parameters
    assert ("InvalidPolicyParameters", "properties.parameters") in faults(subscription, body)


def test_a_policy_about_azure_resources_deploys_with_parameters_of_its_own(
    subscription: Scope,
) -> None:
    template = {"resources": [{"name": "[parameters('clusterName')]"}]}
    deployment = {
        "properties": {
            "mode": "incremental",
            "template": template,
            "parameters": {"clusterName": {"value": "[field('name')]"}},
        }
    }
    then = {"effect": "DeployIfNotExists", "details": {"type": "x", "deployment": deployment}}
    body = policy(mode="Indexed", parameters={}, policyRule={"if": {"field": "type"}, "then": then})
    row, _ = authoring.put(subscription, "own", body, None)
    assert row.evaluation_gap.startswith("It judges Azure resources (mode Indexed)")


@pytest.mark.parametrize(
    ("old", "new", "line", "rego_line", "said"),
    [
        ("msg := sprintf", "msg := sprint", 24, 6, "undefined function sprint"),
        ("violation[{", "violation[", 21, 3, "parse"),
        ("    kind: K8sNeedsLabel", "    kind: Other", 4, 0, "not equal to the lowercase"),
        ("  targets:", "  target:", 0, 0, "exactly 1 item in targets"),
        ("kind: ConstraintTemplate", "kind: [", 4, 0, "no YAML"),
        ("input.parameters.label", "data.secrets.label", 22, 4, "disallowed ref"),
        (
            "package k8sneedslabel",
            "package k8sneedslabel\n        import data.other",
            20,
            2,
            "bad import",
        ),
    ],
)
def test_a_template_that_does_not_compile_is_refused_at_its_line(
    subscription: Scope, old: str, new: str, line: int, rego_line: int, said: str
) -> None:
    assert old in TEMPLATE
    broken = TEMPLATE.replace(old, new, 1)
    fault = check_template(broken)
    assert fault is not None
    assert said in fault.message
    if line:
        assert fault.line == line
    assert fault.rego_line == rego_line
    with pytest.raises(TextError) as caught:
        authoring.put(subscription, "own", policy(broken), None)
    assert caught.value.fault == fault
    assert caught.value.target == f"{DETAILS}.templateInfo.content"


def test_an_expression_in_cel_is_refused_at_its_line() -> None:
    assert check_template(CEL) is None
    fault = check_template(CEL.replace("orValue(false)", "orNothing(false)"))
    assert fault is not None
    assert "undeclared reference to 'orNothing'" in fault.message
    assert fault.path == "spec.targets[0].code[0].source.validations[0].expression"
    assert "object.spec.containers" in CEL.splitlines()[fault.line - 1]
    assert fault.rego_line == 0


def test_a_template_that_compiles_has_no_fault() -> None:
    assert check_template(TEMPLATE) is None
    assert check_template(f"{TEMPLATE}---\n{TEMPLATE}") is not None


def test_mutators_are_read_when_they_are_saved(subscription: Scope) -> None:
    mutator = (
        "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata: {name: pull}\n"
        'spec:\n  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]\n'
        "  location: spec.containers[name:*].imagePullPolicy\n"
        "  parameters: {assign: {value: Always}}\n"
    )

    def body(text: str) -> dict[str, Any]:
        info = {"sourceType": "Base64Encoded", "content": encoded(text)}
        then = {"effect": "Mutate", "details": {"mutationInfo": info}}
        return policy(parameters={}, policyRule={"if": {}, "then": then})

    row, _ = authoring.put(subscription, "own", body(mutator), None)
    assert row.evaluation_gap == ""
    expected = ("InvalidPolicyRule", f"{DETAILS}.mutationInfo.content")
    assert faults(subscription, body(mutator.replace("spec.containers", "spec..")), name="b") == [
        expected
    ]
    assert faults(subscription, body("kind: Pod\napiVersion: v1\n"), name="b") == [expected]


def test_a_definition_is_kept_at_a_subscription_or_a_group(rg_demo: Scope) -> None:
    assert faults(rg_demo, policy()) == [("InvalidScope", "scope")]
