"""From an assigned policy to the constraint that the add-on installs, or the reason for none."""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.assignments import Assignment, effective_policies
from policy_app.evaluation.language.constraints import build_constraint
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.reasons import NotInstalled

from .samples import PROVIDER, SCOPE, assignment, definition, member, policy_set, values


def template(rego: str = "package a\nviolation[{}] { false }\n") -> ConstraintTemplate:
    """A template for the sample definition; its name is longer than a constraint's may be."""
    kind = "K8sAzureV2NoPrivilegedContainersAnywhere"
    images = {"excludedImages": {"type": "array", "items": {"type": "string"}}}
    return ConstraintTemplate.parse(
        {
            "apiVersion": "templates.gatekeeper.sh/v1beta1",
            "kind": "ConstraintTemplate",
            "metadata": {"name": kind.lower()},
            "spec": {
                "crd": {
                    "spec": {
                        "names": {"kind": kind},
                        "validation": {"openAPIV3Schema": {"properties": images}},
                    }
                },
                "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": rego}],
            },
        }
    )


def build(
    written: dict[str, Any] | None = None,
    found: ConstraintTemplate | None = None,
    **properties: Any,
) -> Constraint | NotInstalled:
    """What becomes of the sample definition, assigned with these properties."""
    assigned = Assignment.parse(assignment(**properties))
    (policy,) = effective_policies(assigned, PolicyDefinition.parse(written or definition()))
    return build_constraint(policy, found or template())


def built(**properties: Any) -> Constraint:
    """The constraint of the sample definition, assigned with these properties."""
    found = build(**properties)
    assert isinstance(found, Constraint)
    return found


def absent(
    written: dict[str, Any] | None = None,
    found: ConstraintTemplate | None = None,
    **properties: Any,
) -> NotInstalled:
    """Why the sample definition puts no constraint into the cluster."""
    reason = build(written, found, **properties)
    assert isinstance(reason, NotInstalled)
    return reason


def test_a_constraint_is_as_the_add_on_installs_it() -> None:
    shown = built(parameters=values(effect="Deny", excludedImages=["a.io/*"])).to_object()

    assert shown["apiVersion"] == "constraints.gatekeeper.sh/v1beta1"
    assert shown["kind"] == "K8sAzureV2NoPrivilegedContainersAnywhere"
    assert shown["metadata"]["labels"] == {"managed-by": "azure-policy-addon"}
    assert shown["metadata"]["annotations"] == {
        "azure-policy-assignment-id": f"{SCOPE}{PROVIDER}/policyAssignments/demo",
        "azure-policy-definition-id": f"{PROVIDER}/policyDefinitions/no-privilege",
        "azure-policy-definition-reference-id": "",
        "azure-policy-setdefinition-id": "",
        "constraint-installed-by": "azure-policy-addon",
    }
    assert shown["spec"] == {
        "enforcementAction": "deny",
        "match": {
            "kinds": [{"apiGroups": [""], "kinds": ["Pod"]}],
            "excludedNamespaces": ["kube-system", "mine", "gatekeeper-system"],
        },
        "parameters": {"excludedImages": ["a.io/*"]},
    }


def test_the_name_is_cut_to_what_kubernetes_takes_and_stays_the_same() -> None:
    name = built().name

    assert name.startswith("azurepolicy-k8sazurev2noprivilegedcontaine-")
    assert len(name) == 63
    assert built(parameters=values(effect="Deny")).name == name


def test_two_members_of_a_set_that_use_one_definition_have_names_of_their_own() -> None:
    twice = PolicySetDefinition.parse(
        policy_set(member("no-privilege", "A"), member("no-privilege", "B"))
    )
    known = {(f"{PROVIDER}/policyDefinitions/no-privilege".lower(), ""): definition()}
    members = {key: PolicyDefinition.parse(one) for key, one in known.items()}
    assigned = Assignment.parse(assignment(f"{PROVIDER}/policySetDefinitions/baseline"))

    found = [
        build_constraint(one, template()) for one in effective_policies(assigned, twice, members)
    ]

    names = {one.name for one in found if isinstance(one, Constraint)}
    assert len(names) == 2


def test_what_restricts_the_assignment_restricts_the_constraint() -> None:
    selector = {"matchLabels": {"app": "web"}}
    found = built(
        parameters=values(
            namespaces=["shop"], excludedNamespaces=[], labelSelector=selector, effect="Audit"
        )
    )

    assert found.match is not None
    assert found.match.to_object() == {
        "kinds": [{"apiGroups": [""], "kinds": ["Pod"]}],
        "namespaces": ["shop"],
        "excludedNamespaces": ["kube-system", "gatekeeper-system"],
        "labelSelector": selector,
    }


def test_the_action_follows_effect_warn_and_enforcement() -> None:
    assert built(parameters=values(effect="Audit")).enforcement_action == "dryrun"
    assert built(parameters=values(effect="Audit", warn=True)).enforcement_action == "warn"
    assert (
        built(parameters=values(effect="Deny"), enforcementMode="DoNotEnforce").enforcement_action
        == "dryrun"
    )


def test_the_constraint_knows_where_it_comes_from() -> None:
    found = built(
        parameters=values(effect="Deny"), nonComplianceMessages=[{"message": "Ask us first."}]
    )

    assert (found.origin.effect, found.origin.definition_version) == ("Deny", "9.2.0")
    assert found.origin.non_compliance_message == "Ask us first."


def test_a_disabled_policy_installs_nothing_and_that_is_no_failure() -> None:
    reason = absent(parameters=values(effect="Disabled"))

    assert (reason.code, reason.failed) == ("Disabled", False)
    assert reason.origin.definition_id.endswith("no-privilege")


def test_policies_that_judge_resources_or_change_objects_install_no_constraint() -> None:
    resources = definition(mode="Indexed", policyRule={"if": {}, "then": {"effect": "Audit"}})
    info = {"sourceType": "PublicURL", "url": "https://example.com/kubernetes/m/v1/mutation.yaml"}
    mutates = definition(
        policyRule={"if": {}, "then": {"effect": "Mutate", "details": {"mutationInfo": info}}}
    )

    assert absent(resources).code == "NotKubernetes"
    assert absent(mutates).code == "Mutation"


def test_a_missing_template_is_told_with_its_address() -> None:
    assigned = Assignment.parse(assignment())
    (policy,) = effective_policies(assigned, PolicyDefinition.parse(definition()))

    reason = build_constraint(policy, None)

    assert isinstance(reason, NotInstalled)
    assert (reason.code, reason.failed) == ("ConstraintTemplateInstallFailed", True)
    assert "no-privilege/v2/template.yaml" in reason.reason


def test_parameters_that_the_template_refuses_are_told_in_its_words() -> None:
    reason = absent(parameters=values(excludedImages=["a", 5]))

    assert reason.code == "InvalidConstraint"
    assert "schema validation failed: spec.parameters.excludedImages[1]" in reason.reason


def test_a_match_that_gatekeeper_refuses_is_told() -> None:
    wrong = {"matchExpressions": [{"key": "a", "operator": "Like"}]}

    reason = absent(parameters=values(labelSelector=wrong))

    assert reason.code == "InvalidConstraint"
    assert '"Like" is not a valid label selector operator' in reason.reason


def test_rego_that_does_not_compile_is_the_templates_fault() -> None:
    reason = absent(found=template('package a\nviolation[{"msg": "x"}] { := }\n'))

    assert reason.code == "InvalidConstraintTemplate"
    assert "unable to compile modules" in reason.reason


def test_a_policy_that_could_not_be_resolved_is_told() -> None:
    one = PolicySetDefinition.parse(policy_set(member("gone", "A")))
    assigned = Assignment.parse(assignment(f"{PROVIDER}/policySetDefinitions/baseline"))

    (policy,) = effective_policies(assigned, one, {})
    reason = build_constraint(policy, None)

    assert isinstance(reason, NotInstalled)
    assert reason.code == "ConstraintInstallFailed"
    assert "is not in the catalogue" in reason.reason
