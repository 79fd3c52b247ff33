"""Assignments become constraints on the clusters they reach, and those decide manifests."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments, definitions, enforcement, testing
from policy_app.services.errors import PolicyError
from policy_app.services.testing import Upload
from tests.factories import add_version, make_policy
from tests.services.test_drafts import draft

INTERNAL_LOAD_BALANCERS = "3fc4dc25-5baf-40d8-9b05-7fe74c1bc64e"
OWN_TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: ownkind}
spec:
  crd: {spec: {names: {kind: OwnKind}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package own
      violation[{"msg": "not here"}] { true }
"""
PRIVILEGED = (settings.FIXTURES_DIR / "manifests" / "nginx-privileged.yaml").read_bytes()
UNPRIVILEGED = (settings.FIXTURES_DIR / "manifests" / "nginx-unprivileged.yaml").read_bytes()
REFUSAL = re.compile(
    r'Error from server \(Forbidden\): error when creating "nginx-privileged\.yaml": '
    r'admission webhook "validation\.gatekeeper\.sh" denied the request: '
    r"\[azurepolicy-k8sazurev2noprivilege-[0-9a-f]{20}\] "
    r"Privileged container is not allowed: nginx-privileged, "
    r'securityContext: \{"privileged": true\}'
)


def applied(cluster: Cluster, data: bytes = PRIVILEGED, namespace: str = "default") -> str:
    """What ``kubectl apply`` prints for one manifest."""
    report = testing.run(cluster, [Upload("nginx-privileged.yaml", data)], namespace)
    (document,) = report.documents
    return document.output


def assign(scope: Scope, definition: Definition, effect: str = "deny", **fields: Any) -> None:
    """Put the definition to work at the scope."""
    parameters = {"effect": effect, **fields.pop("parameters", {})}
    assignments.put(draft(scope, definition, parameters=parameters, **fields), None)


def test_the_whole_story(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition, alice: User
) -> None:
    assert applied(aks_demo) == "pod/nginx-privileged created"
    row, _ = assignments.put(
        draft(rg_demo, baseline, parameters={"effect": "deny", "excludedNamespaces": ["payments"]}),
        alice,
    )
    assert REFUSAL.fullmatch(applied(aks_demo))
    assert applied(aks_demo, UNPRIVILEGED) == "pod/nginx-unprivileged created"
    assert applied(aks_demo, namespace="payments") == "pod/nginx-privileged created"
    assignments.delete(row, alice)
    assert applied(aks_demo) == "pod/nginx-privileged created"


def test_an_assignment_above_reaches_both_clusters_and_one_beside_reaches_neither(
    rg_staging: Scope, aks_demo: Cluster, aks_staging: Cluster, baseline: Definition
) -> None:
    assign(rg_staging, baseline)
    assert applied(aks_demo).endswith("created")
    assert REFUSAL.fullmatch(applied(aks_staging))
    assign(Scope.objects.get(name="mg-demo"), baseline)
    assert REFUSAL.search(applied(aks_demo))


@pytest.mark.parametrize("level", ["rg-demo", "aks-demo", "00000000-0000-0000-0000-000000000001"])
def test_an_excluded_scope_has_nothing_in_force(
    aks_demo: Cluster, aks_staging: Cluster, baseline: Definition, level: str
) -> None:
    excluded = Scope.objects.get(name=level).arm_id.upper()
    assign(Scope.objects.get(name="mg-demo"), baseline, not_scopes=[excluded])
    assert applied(aks_demo).endswith("created")
    reached = level != "00000000-0000-0000-0000-000000000001"
    assert bool(REFUSAL.search(applied(aks_staging))) is reached


def test_audit_accepts_and_notes(rg_demo: Scope, aks_demo: Cluster, baseline: Definition) -> None:
    assign(rg_demo, baseline, "Audit")
    report = testing.run(aks_demo, [Upload("p.yaml", PRIVILEGED)])
    (document,) = report.documents
    assert document.decision.allowed
    assert [one.enforcement_action for one in document.decision.violations] == ["dryrun"]
    assert document.output == "pod/nginx-privileged created"


def test_deny_that_is_not_enforced_accepts_and_notes(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline, enforcement_mode="DoNotEnforce")
    (document,) = testing.run(aks_demo, [Upload("p.yaml", PRIVILEGED)]).documents
    assert [one.origin.effect for one in document.decision.audits] == ["Deny"]
    assert document.decision.allowed


def test_disabled_installs_nothing(rg_demo: Scope, aks_demo: Cluster, baseline: Definition) -> None:
    assign(rg_demo, baseline, "disabled")
    assert enforcement.in_force(aks_demo).constraints == []


def test_an_override_changes_one_policy_of_the_initiative(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    selector = {"kind": "policyDefinitionReferenceId", "in": ["NoPrivilegedContainers"]}
    override = {"kind": "policyEffect", "value": "Audit", "selectors": [selector]}
    assign(rg_demo, baseline, overrides=[override])
    actions = {
        one.kind: one.enforcement_action for one in enforcement.in_force(aks_demo).constraints
    }
    assert actions["K8sAzureV2NoPrivilege"] == "dryrun"
    assert set(actions.values()) == {"deny", "dryrun"}


def test_a_resource_selector_keeps_an_assignment_from_a_cluster(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    selector = {"name": "north", "selectors": [{"kind": "resourceLocation", "in": ["northeurope"]}]}
    assign(rg_demo, baseline, resource_selectors=[selector])
    assert enforcement.in_force(aks_demo).constraints == []


def test_a_cluster_whose_addon_is_off_has_nothing_in_force(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    Cluster.objects.filter(pk=aks_demo.pk).update(addon_enabled=False)
    aks_demo.refresh_from_db()
    assert applied(aks_demo).endswith("created")


def test_a_draft_can_be_tried_before_it_is_stored(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    tried = enforcement.in_force(aks_demo, extra=[draft(rg_demo, baseline)])
    assert "K8sAzureV2NoPrivilege" in {one.kind for one in tried.constraints}
    assert enforcement.in_force(aks_demo).constraints == []


def test_every_member_of_both_initiatives_is_installed(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition, restricted: Definition
) -> None:
    assign(rg_demo, baseline, name="baseline")
    assign(rg_demo, restricted, name="restricted")
    in_force = enforcement.in_force(aks_demo)
    assert in_force.not_installed == []
    members = len(baseline.versions.get().body["policyDefinitions"])
    members += len(restricted.versions.get().body["policyDefinitions"])
    assert len({one.name for one in in_force.constraints}) == members


def test_a_violation_points_at_its_line_and_at_what_is_behind_it(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline, non_compliance_messages=[{"message": "Ask the platform team."}])
    (document,) = testing.run(aks_demo, [Upload("p.yaml", PRIVILEGED)]).documents
    (violation,) = document.decision.violations
    assert violation.container == "nginx-privileged"
    assert violation.place is not None
    assert violation.place.path == "spec.containers[0].securityContext.privileged"
    line = PRIVILEGED.decode().splitlines()[(violation.place.line or 0) - 1]
    assert line.strip() == "privileged: true"
    assert violation.origin.definition_reference_id == "NoPrivilegedContainers"
    assert violation.origin.non_compliance_message == "Ask the platform team."
    assert list(document.lines) == [violation.place.line]


def test_a_constraint_that_does_not_apply_says_why(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    (document,) = testing.run(aks_demo, [Upload("p.yaml", PRIVILEGED)], "kube-system").documents
    assert document.decision.allowed
    reasons = {(one.criterion, one.reason) for one in document.decision.not_applied}
    assert {criterion for criterion, _ in reasons} == {"excludedNamespaces"}
    assert all("kube-system" in reason for _, reason in reasons)


def test_unreadable_documents_do_not_hide_the_others(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    report = testing.run(aks_demo, [Upload("p.yaml", b"kind: Pod\n---\n" + PRIVILEGED)])
    assert (report.denied_count, report.problem_count) == (1, 1)
    assert "apiVersion" in report.files[0].problems[0].message
    assert report.summary == "1 refused, 0 accepted, 1 unreadable on aks-demo."


def test_an_old_cluster_answers_in_its_old_words(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    Cluster.objects.filter(pk=aks_demo.pk).update(gatekeeper=Cluster.Generation.LEGACY)
    aks_demo.refresh_from_db()
    assert applied(aks_demo).startswith("Error from server ([denied by azurepolicy-k8sazurev2")


@pytest.mark.parametrize(
    "uploads",
    [[], [Upload("x", b"a" * (5 * 1024 * 1024 + 1))], [Upload("x", b"a")] * 51],
    ids=["nothing", "a file too large", "too many files"],
)
def test_what_cannot_be_tested_is_refused_in_words(
    aks_demo: Cluster, uploads: list[Upload]
) -> None:
    with pytest.raises(PolicyError, match=r"at least one|may have|at a time"):
        testing.run(aks_demo, uploads)


@pytest.mark.parametrize(
    "manifest",
    [
        b"apiVersion: v1\nkind: Pod\nmetadata: 3\n",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: [a]}\nspec: {containers: {a: b}}\n",
        b"apiVersion: v1\nkind: Namespace\n",
        b"apiVersion: v1\nkind: Pod\nspec:\n  containers: [1, null, [x], {name: {}}]\n",
        b"apiVersion: 1\nkind: [Pod]\n",
    ],
)
def test_odd_objects_are_decided_or_named_as_problems(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition, manifest: bytes
) -> None:
    assign(rg_demo, baseline)
    report = testing.run(aks_demo, [Upload("odd.yaml", manifest)])
    assert len(report.documents) + report.problem_count == 1


def test_a_template_that_fails_as_a_whole_refuses_the_object_in_words(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ReviewError("the msg of a violation must be a string")

    monkeypatch.setattr(Client, "review", fail)
    (document,) = testing.run(aks_demo, [Upload("p.yaml", PRIVILEGED)]).documents
    assert not document.accepted
    assert document.output.startswith("Error from server (InternalError): error when creating")


def custom_policy(name: str, template: str) -> Definition:
    """A policy whose template is written into it."""
    content = base64.b64encode(template.encode()).decode()
    details = {
        "templateInfo": {"sourceType": "Base64Encoded", "content": content},
        "apiGroups": [""],
        "kinds": ["Pod"],
    }
    row = make_policy(name, mode="Microsoft.Kubernetes.Data")
    rule = {"if": {}, "then": {"effect": "deny", "details": details}}
    add_version(row, "1.0.0", mode="Microsoft.Kubernetes.Data", policyRule=rule)
    return row


def test_of_two_templates_of_one_name_the_first_assigned_stays(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    first = custom_policy("first", OWN_TEMPLATE)
    second = custom_policy("second", OWN_TEMPLATE.replace("not here", "nor there"))
    for row in (first, second):
        assignments.put(draft(rg_demo, row, name=row.name, parameters={}), None)

    found = enforcement.in_force(aks_demo)

    assert "not here" in applied(aks_demo)
    (conflict,) = found.not_installed
    assert (conflict.code, conflict.origin.definition_id) == (
        "ConstraintTemplateConflicts",
        second.arm_id,
    )
    mine = enforcement.brought_by(draft(rg_demo, second, name="second", parameters={}), aks_demo)
    assert (mine.constraints, mine.not_installed) == ([], [conflict])
    assignments.delete(assignments.get(rg_demo, "first"), None)
    assert "nor there" in applied(aks_demo)


def test_a_draft_takes_the_place_of_the_assignment_that_it_changes(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    changed = draft(rg_demo, baseline, name="BASELINE", parameters={"effect": "disabled"})
    assert enforcement.in_force(aks_demo, extra=[changed]).constraints == []
    assert enforcement.in_force(aks_demo).constraints


def test_a_template_that_is_nowhere_is_told_with_its_address(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    row = custom_policy("elsewhere", OWN_TEMPLATE)
    version = row.versions.get()
    info = {"sourceType": "PublicURL", "url": "https://policies.example.org/t.yaml"}
    version.body["policyRule"]["then"]["details"]["templateInfo"] = info
    version.save()
    assignments.put(draft(rg_demo, row, parameters={}), None)

    (absent,) = enforcement.in_force(aks_demo).not_installed

    assert absent.code == "ConstraintTemplateInstallFailed"
    assert absent.reason == (
        "https://policies.example.org/t.yaml is not in the portal's store, and the portal fetches "
        "nothing: POLICY_PORTAL_TEMPLATE_HOSTS names no host."
    )


def test_a_policy_for_managed_clusters_alone_leaves_connected_ones_be_and_says_so(
    rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assign(rg_demo, definitions.built_in("policy", INTERNAL_LOAD_BALANCERS))
    service = b"""\
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {type: LoadBalancer, ports: [{port: 80}], selector: {app: shop}}
"""
    assert "denied the request" in applied(aks_demo, service)
    aks_demo.resource_type = Cluster.CONNECTED
    aks_demo.save()
    assert applied(aks_demo, service) == "service/shop created"
    (absent,) = enforcement.in_force(aks_demo).not_installed
    assert (absent.code, absent.failed) == ("NotApplicable", False)
    assert "of type Microsoft.Kubernetes/connectedClusters" in absent.reason
    # Most policies are for both, and stay.
    assign(rg_demo, baseline, name="both")
    assert REFUSAL.fullmatch(applied(aks_demo))
