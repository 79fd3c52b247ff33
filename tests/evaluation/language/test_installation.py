"""A cluster, policy by policy: each form of details is installed, and the first of a name stays."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.language.assignments import Assignment, effective_policies
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.installation import Installation, Installed, SourceError
from policy_app.evaluation.language.reasons import MEANINGS, NotInstalled

from .samples import PROVIDER, SCOPE, STORE, assignment, definition, member, policy_set, rule
from .samples import values as in_arm_form

KIND = "K8sPorts"
TEMPLATE_URL = f"{STORE}/ports/v1/template.yaml"
CONSTRAINT_URL = f"{STORE}/ports/v1/constraint.yaml"
MUTATION_URL = f"{STORE}/mutate/v1/mutation.yaml"
TEMPLATE = f"""\
apiVersion: templates.gatekeeper.sh/v1beta1
kind: ConstraintTemplate
metadata: {{name: {KIND.lower()}}}
spec:
  crd:
    spec:
      names: {{kind: {KIND}}}
      validation:
        openAPIV3Schema:
          properties:
            allowedPorts: {{type: array, items: {{type: integer}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package ports
      violation[{{"msg": "no"}}] {{ input.parameters.allowedPorts[_] != 80 }}
"""
CONSTRAINT = f"""\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {KIND}
metadata: {{name: ports}}
spec:
  enforcementAction: warn
  match:
    excludedNamespaces: [own]
    kinds: [{{apiGroups: [""], kinds: [Service]}}]
  parameters:
    allowedPorts: {{{{ .Values.ports }}}}
"""
MUTATION = """\
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: user}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]
  location: spec.securityContext.runAsUser
  parameters: {assign: {value: 1000}}
"""
TEXTS = {TEMPLATE_URL: TEMPLATE, CONSTRAINT_URL: CONSTRAINT, MUTATION_URL: MUTATION}


def texts(source: Source) -> str:
    """The texts above by their URLs."""
    if source.url not in TEXTS:
        raise SourceError(f"{source.url} is nowhere.")
    return TEXTS[source.url]


def embedded(text: str) -> dict[str, str]:
    """A text inside a definition."""
    content = base64.b64encode(text.encode()).decode()
    return {"sourceType": "Base64Encoded", "content": content}


def at(url: str) -> dict[str, str]:
    """A text at a URL."""
    return {"sourceType": "PublicURL", "url": url}


def installing(*details: dict[str, Any], **properties: Any) -> list[Installed | NotInstalled]:
    """What becomes of assignments of definitions with these details, one after the other."""
    installation = Installation(texts)
    found = []
    for number, one in enumerate(details):
        effect = "Mutate" if "mutationInfo" in one else "Deny"
        written = definition(
            f"policy-{number}",
            parameters={"namespaces": {"type": "Array", "defaultValue": []}}
            | properties.get("parameters", {}),
            policyRule={"if": {}, "then": {"effect": effect, "details": one}},
        )
        resource = assignment(written["id"]) | {
            "id": f"{SCOPE}{PROVIDER}/policyAssignments/demo-{number}"
        }
        assigned = Assignment.parse(resource)
        (policy,) = effective_policies(assigned, PolicyDefinition.parse(written))
        found.append(installation.add(policy))
    return found


def generated(info: dict[str, str], **more: Any) -> dict[str, Any]:
    """Details whose constraint is made from them."""
    return {"templateInfo": info, "apiGroups": [""], "kinds": ["Service"]} | more


def constraint_of(outcome: Installed | NotInstalled) -> Constraint:
    """The constraint that was installed."""
    assert isinstance(outcome, Installed), outcome
    assert outcome.constraint is not None
    return outcome.constraint


def reason_of(outcome: Installed | NotInstalled) -> NotInstalled:
    """Why nothing was."""
    assert isinstance(outcome, NotInstalled)
    assert outcome.code in MEANINGS
    return outcome


def test_a_template_at_a_url_and_one_inside_the_definition_make_the_same_constraint() -> None:
    values = {"allowedPorts": [80]}
    (one,) = installing(generated(at(TEMPLATE_URL), values=values))
    (other,) = installing(generated(embedded(TEMPLATE), values=values))
    assert constraint_of(one).to_object() == constraint_of(other).to_object()
    assert constraint_of(one).parameters == values


@pytest.mark.parametrize(
    "details",
    [
        {"constraintTemplate": TEMPLATE_URL, "constraint": CONSTRAINT_URL},
        {"templateInfo": at(TEMPLATE_URL), "constraintInfo": at(CONSTRAINT_URL)},
        {"templateInfo": embedded(TEMPLATE), "constraintInfo": embedded(CONSTRAINT)},
    ],
    ids=["retired form", "constraintInfo at a URL", "constraintInfo inside"],
)
def test_a_constraint_file_is_filled_in_renamed_and_narrowed(details: dict[str, Any]) -> None:
    narrowing = {
        "excludedNamespaces": ["shop"],
        "labelSelector": {"matchLabels": {"app": "web"}},
        "source": "All",
        "values": {"ports": [80, 443]},
    }
    (outcome,) = installing(details | narrowing)
    shown = constraint_of(outcome).to_object()
    assert shown["metadata"]["name"].startswith("azurepolicy-ports-")
    assert shown["metadata"]["labels"] == {"managed-by": "azure-policy-addon"}
    assert shown["spec"] == {
        "enforcementAction": "deny",
        "match": {
            "excludedNamespaces": ["own", "shop", "kube-system", "gatekeeper-system"],
            "kinds": [{"apiGroups": [""], "kinds": ["Service"]}],
            "labelSelector": {"matchLabels": {"app": "web"}},
            "source": "All",
        },
        "parameters": {"allowedPorts": [80, 443]},
    }
    url = CONSTRAINT_URL if "Base64" not in str(details) else None
    assert shown["metadata"]["annotations"].get("constraint-url") == url


def test_the_assignments_own_place_of_a_template_is_taken() -> None:
    url = {"type": "String", "defaultValue": TEMPLATE_URL}
    (outcome,) = installing(generated(at("[parameters('url')]")), parameters={"url": url})
    assert constraint_of(outcome).kind == KIND


def test_the_first_template_of_a_name_stays_and_another_place_is_a_conflict() -> None:
    first, same, other = installing(
        generated(at(TEMPLATE_URL)), generated(at(TEMPLATE_URL)), generated(embedded(TEMPLATE))
    )
    assert constraint_of(first).name != constraint_of(same).name
    conflict = reason_of(other)
    assert (conflict.code, conflict.failed) == ("ConstraintTemplateConflicts", True)
    assert TEMPLATE_URL in conflict.reason
    assert "k8sports" in conflict.reason


def test_a_template_that_was_refused_keeps_no_name() -> None:
    refused, taken = installing(
        generated(at(TEMPLATE_URL), values={"allowedPorts": "none"}),
        generated(embedded(TEMPLATE)),
    )
    assert reason_of(refused).code == "InvalidConstraint"
    assert constraint_of(taken).kind == KIND


def test_mutators_are_installed_from_a_url_and_from_inside_the_definition() -> None:
    for info in (at(MUTATION_URL), embedded(MUTATION)):
        (outcome,) = installing({"mutationInfo": info})
        assert isinstance(outcome, Installed)
        (mutator,) = outcome.mutators
        assert mutator.to_object()["spec"]["match"] == {
            "excludedNamespaces": ["kube-system", "gatekeeper-system"]
        }


@pytest.mark.parametrize(
    ("details", "code", "said"),
    [
        (generated(at("https://x.io/t.yaml")), "ConstraintTemplateInstallFailed", "x.io/t.yaml"),
        ({"mutationInfo": at("https://x.io/m")}, "ConstraintTemplateInstallFailed", "x.io/m"),
        ({}, "ConstraintTemplateInstallFailed", "name no constraint template"),
        (
            {"templateInfo": at(TEMPLATE_URL), "constraintInfo": at("https://x.io/c.yaml")},
            "ConstraintInstallFailed",
            "x.io/c.yaml",
        ),
        (generated(embedded("a: [")), "InvalidConstraintTemplate", "no YAML"),
        (generated(embedded("[" * 500_000)), "InvalidConstraintTemplate", "no YAML"),
        (generated(embedded("kind: Pod")), "InvalidConstraintTemplate", "no ConstraintTemplate"),
        ({"mutationInfo": embedded("a: [")}, "InvalidConstraintTemplate", "no YAML"),
        ({"mutationInfo": embedded(TEMPLATE)}, "InvalidConstraintTemplate", "else than mutators"),
        (
            {"templateInfo": at(TEMPLATE_URL), "constraintInfo": embedded("kind: Pod")},
            "InvalidConstraint",
            "wrong group for constraint",
        ),
        (
            {"templateInfo": at(TEMPLATE_URL), "constraintInfo": embedded(CONSTRAINT)},
            "InvalidConstraint",
            "line 10: .Values.ports is asked for",
        ),
        (
            {
                "templateInfo": at(TEMPLATE_URL),
                "constraintInfo": embedded(CONSTRAINT.replace(KIND, "K8sOther")),
                "values": {"ports": [1]},
            },
            "InvalidConstraint",
            'wrong kind for constraint "azurepolicy-ports-',
        ),
    ],
)
def test_what_cannot_be_installed_says_why_in_the_add_ons_code(
    details: dict[str, Any], code: str, said: str
) -> None:
    reason = reason_of(installing(details)[0])
    assert (reason.code, reason.failed) == (code, True)
    assert said in reason.reason


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("kinds", ["*"], "kinds must name each one"),
        ("warn", "yes", "warn should be true or false, but is a string"),
        ("scope", 5, "spec.match.scope"),
    ],
)
def test_what_a_parameter_gives_is_held_to_the_same_rules(name: str, value: Any, said: str) -> None:
    kind = {list: "Array", str: "String", int: "Integer"}[type(value)]
    given = {"given": {"type": kind, "defaultValue": value}}
    details = generated(at(TEMPLATE_URL)) | {name: "[parameters('given')]"}
    reason = reason_of(installing(details, parameters=given)[0])
    assert reason.code == "InvalidConstraint"
    assert said in reason.reason


def test_a_member_that_is_not_in_the_catalogue_is_told_and_the_others_are_installed() -> None:
    whole = PolicySetDefinition.parse(policy_set(member("gone", "A"), member("there", "B")))
    there = definition("there", policyRule=rule(templateInfo=at(TEMPLATE_URL), values={}))
    members = {(there["id"].lower(), ""): PolicyDefinition.parse(there)}
    assigned = Assignment.parse(
        assignment(
            f"{PROVIDER}/policySetDefinitions/baseline", parameters=in_arm_form(effect="deny")
        )
    )
    installation = Installation(texts)
    gone, found = map(installation.add, effective_policies(assigned, whole, members))
    assert reason_of(gone).code == "ConstraintInstallFailed"
    assert constraint_of(found).enforcement_action == "deny"
