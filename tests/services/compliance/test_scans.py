"""Scans find what is wrong, keep who became what when, and judge no more than what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from policy_app.models import (
    Cluster,
    ClusterAudit,
    ComplianceEvent,
    ComplianceSample,
    Component,
    ComponentState,
    Definition,
    KubeObject,
    PolicyState,
    Scan,
    Scope,
)
from policy_app.services import assignments, exemptions
from policy_app.services.cluster import addon
from tests.services.compliance.scans import judged, policies, scan, verdicts
from tests.services.compliance.worlds import (
    assign,
    by_namespace,
    definition,
    home,
    labelled,
    needs_label,
    put,
    remove,
)

GOOD, BAD = "Compliant", "NonCompliant"
VALUES = {"label": "owner"}


@pytest.fixture
def label(portal: None) -> Definition:
    """The policy that Pods must have an owner."""
    return needs_label()


@pytest.fixture
def world(aks_demo: Cluster, rg_demo: Scope, label: Definition) -> Cluster:
    """A cluster with one good Pod and one bad, under one policy that denies; not yet scanned."""
    addon.catch_up(aks_demo)
    put(aks_demo, labelled("good", owner="me"))
    put(aks_demo, labelled("bad"))
    assign(rg_demo, label, "owned", effect="deny")
    return aks_demo


def faults(cluster: Cluster) -> dict[str, str]:
    """The message by the Pod's name."""
    rows = ComponentState.objects.filter(cluster=cluster)
    return dict(rows.values_list("component__name", "message"))


def history(cluster: Cluster) -> list[tuple[str, str, str]]:
    """Name, before and after, the oldest first."""
    rows = ComplianceEvent.objects.filter(cluster=cluster).order_by("pk")
    return list(rows.values_list("name", "before", "after"))


def exempt(scope: Scope, row: Any, **more: Any) -> Any:
    """Exempt what is below the scope from an assignment."""
    properties = {"policyAssignmentId": row.arm_id, "exemptionCategory": "Waiver", **more}
    return exemptions.put(scope, "waived", {"properties": properties}, None)[0]


def test_the_first_scan_tells_good_from_bad(world: Cluster) -> None:
    found = scan(world)
    assert found.state == Scan.State.DONE
    assert faults(world) == {"bad": "the label owner is missing"}
    assert policies(world) == {"owned/needs-label": (BAD, "", "deny", 1, 1, 0, True)}
    row = Component.objects.get(cluster=world, name="bad")
    assert (row.non_compliant, row.blocking, row.namespace) == (1, 1, "default")
    audit = ClusterAudit.objects.get(cluster=world)
    assert (audit.state, audit.components, audit.non_compliant, audit.blocked) == (BAD, 2, 1, 1)
    assert history(world) == [("bad", "", BAD)]


def test_the_sample_of_the_day_says_how_the_day_stands(world: Cluster) -> None:
    scan(world)
    put(world, labelled("bad", owner="me"))
    scan(world)
    today = timezone.now().date()
    whole = ComplianceSample.objects.get(cluster=world, assignment_key="", day=today)
    assert (whole.state, whole.components, whole.non_compliant) == (GOOD, 2, 0)
    of_one = ComplianceSample.objects.get(
        cluster=world, assignment_key__endswith="/owned", day=today
    )
    assert of_one.policies == {GOOD: 1}


def test_a_second_scan_of_the_same_judges_and_writes_nothing(world: Cluster) -> None:
    scan(world)
    before, told = verdicts(world), history(world)
    again = scan(world)
    assert (again.reach, judged(again)) == (Scan.Reach.CHANGES, [])
    assert (verdicts(world), history(world)) == (before, told)


def test_only_what_changed_is_judged_again(world: Cluster) -> None:
    scan(world)
    put(world, labelled("bad", owner="you"))
    put(world, labelled("new"))
    assert judged(scan(world)) == ["bad", "new"]
    assert faults(world) == {"new": "the label owner is missing"}
    assert history(world)[0] == ("bad", "", BAD)
    assert sorted(history(world)[1:]) == [("bad", BAD, GOOD), ("new", "", BAD)]


def test_what_was_deleted_goes_and_leaves_its_history(world: Cluster) -> None:
    scan(world)
    remove(world, "pods", "default", "bad")
    remove(world, "pods", "default", "good")
    found = scan(world)
    assert found.summary["removed"] == 2
    assert verdicts(world) == {}
    assert history(world) == [("bad", "", BAD), ("bad", BAD, "")]
    assert policies(world) == {"owned/needs-label": (GOOD, "", "deny", 0, 0, 0, True)}


def test_a_new_assignment_is_judged_for_itself_alone(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    scan(world)
    assign(rg_demo, label, "teamed", effect="audit", label="team")
    found = scan(world)
    row = PolicyState.objects.get(cluster=world, assignment_key__endswith="/teamed")
    assert [chunk.task["policies"] for chunk in found.chunks.all()] == [[row.pk]]
    assert policies(world)["teamed/needs-label"] == (BAD, "", "dryrun", 0, 2, 0, True)
    bad = Component.objects.get(cluster=world, name="bad")
    assert (bad.non_compliant, bad.blocking) == (2, 1)


def test_a_changed_parameter_is_judged_anew(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    scan(world)
    assign(rg_demo, label, "owned", effect="deny", label="absent")
    scan(world)
    assert sorted(faults(world)) == ["bad", "good"]


def test_another_effect_changes_what_blocks(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    scan(world)
    assign(rg_demo, label, "owned", effect="audit")
    scan(world)
    row = Component.objects.get(cluster=world, name="bad")
    assert (row.non_compliant, row.blocking) == (1, 0)
    # It is as bad as before, and since then.
    assert history(world) == [("bad", "", BAD)]


def test_an_assignment_that_goes_takes_its_verdicts_along(world: Cluster, rg_demo: Scope) -> None:
    scan(world)
    assignments.delete(assignments.get(rg_demo, "owned"), None)
    scan(world)
    assert verdicts(world) == {}
    assert history(world)[-1] == ("bad", BAD, "")
    assert policies(world)["owned/needs-label"][-1] is False
    assert ClusterAudit.objects.get(cluster=world).components == 0


def test_an_exemption_is_a_state_of_its_own_and_ends(world: Cluster, rg_demo: Scope) -> None:
    scan(world)
    row = exempt(rg_demo, assignments.get(rg_demo, "owned"))
    scan(world)
    assert policies(world)["owned/needs-label"][:2] == ("Exempt", "Exempt")
    assert verdicts(world) == {}
    assert history(world)[-1] == ("bad", BAD, "Exempt")
    assert ClusterAudit.objects.get(cluster=world).state == "Exempt"
    exemptions.delete(row, None)
    scan(world)
    assert faults(world) == {"bad": "the label owner is missing"}


def test_two_templates_of_one_name_are_a_conflict(
    world: Cluster, rg_demo: Scope, label: Definition
) -> None:
    other = template_with("the label %v is nowhere")
    assign(rg_demo, definition("other", other, values=VALUES), "other")
    scan(world)
    assert policies(world)["other/other"][:2] == ("Conflict", "ConstraintTemplateConflicts")
    assert policies(world)["owned/needs-label"][0] == BAD
    assert ClusterAudit.objects.get(cluster=world).state == BAD


def test_a_template_that_does_not_compile_is_an_error(world: Cluster, rg_demo: Scope) -> None:
    broken = template_with("x", kind="Broken")
    broken["spec"]["targets"][0]["rego"] = "package broken\nviolation[{"
    assign(rg_demo, definition("broken", broken), "broken")
    scan(world)
    state, code, *_ = policies(world)["broken/broken"]
    assert (state, code) == ("Error", "InvalidConstraintTemplate")
    assert "broken" not in str(verdicts(world))


def template_with(message: str, kind: str = "NeedsOwner") -> Any:
    """The template of the labels with other words."""
    from tests.services.cluster.inside import template

    thing = template(kind)
    rego = thing["spec"]["targets"][0]["rego"].replace("the label %v is missing", message)
    thing["spec"]["targets"][0]["rego"] = rego
    return thing


def test_what_is_in_an_unknown_namespace_cannot_be_judged(world: Cluster) -> None:
    put(world, labelled("lost", "nowhere"))
    scan(world)
    assert policies(world)["owned/needs-label"] == (BAD, "", "deny", 1, 1, 1, True)
    row = Component.objects.get(cluster=world, name="lost")
    assert row.error == "the namespace 'nowhere' is not known."
    assert (row.non_compliant, row.blocking) == (0, 0)
    put(world, home("nowhere"))
    assert judged(scan(world)) == ["lost"]
    assert Component.objects.get(cluster=world, name="lost").error == ""
    assert history(world)[-1] == ("lost", "Error", BAD)


def test_a_namespaces_labels_decide_again_where_a_policy_looks_at_them(
    world: Cluster, rg_demo: Scope
) -> None:
    assign(rg_demo, definition("strict", by_namespace()), "strict")
    put(world, home("other"))
    put(world, labelled("there", "other", owner="me"))
    scan(world)
    assert "there" not in faults(world)
    put(world, home("other", strict="yes"))
    found = scan(world)
    assert judged(found) == ["there"]
    assert faults(world)["there"] == "the namespace is strict"


def test_namespaces_that_the_add_on_leaves_out_have_no_components(world: Cluster) -> None:
    put(world, labelled("hidden", "kube-system"))
    scan(world)
    assert not Component.objects.filter(cluster=world, name="hidden").exists()


def owned(world: Cluster, name: str, owner: str) -> None:
    """A ReplicaSet of the Deployment of that name."""
    above = KubeObject.objects.get(cluster=world, plural="deployments", name=owner)
    mine = {"apiVersion": "apps/v1", "kind": "Deployment", "name": owner, "uid": above.uid}
    metadata = {"name": name, "namespace": "default", "ownerReferences": [mine]}
    put(world, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": {}, "metadata": metadata})


@pytest.fixture
def owners(world: Cluster) -> Cluster:
    """The Pod web-1-a of the ReplicaSet web-1 of the Deployment web, and another Deployment."""
    for name in ("web", "shop"):
        metadata = {"name": name, "namespace": "default"}
        put(
            world, {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}, "metadata": metadata}
        )
    owned(world, "web-1", "web")
    middle = KubeObject.objects.get(cluster=world, plural="replicasets", name="web-1")
    thing = labelled("web-1-a")
    its = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": middle.uid}
    thing["metadata"]["ownerReferences"] = [its]
    put(world, thing)
    scan(world)
    return world


def workload(world: Cluster) -> tuple[str, str]:
    """By what the Pod is known."""
    row = Component.objects.get(cluster=world, name="web-1-a")
    return row.workload_kind, row.workload_name


def test_a_pod_is_known_by_its_outermost_owner(owners: Cluster) -> None:
    assert workload(owners) == ("Deployment", "web")


def test_a_pod_goes_along_when_its_owner_comes_to_another(owners: Cluster) -> None:
    owned(owners, "web-1", "shop")
    assert "web-1-a" not in judged(scan(owners))
    assert workload(owners) == ("Deployment", "shop")


def test_without_the_log_of_changes_everything_is_judged(world: Cluster) -> None:
    scan(world)
    remove(world, "pods", "default", "bad")
    state = world.state
    state.refresh_from_db()
    state.compacted = state.revision
    state.save()
    found = scan(world)
    assert found.reach == Scan.Reach.FULL
    assert faults(world) == {}


def test_mutations_have_a_state_and_no_components(world: Cluster, rg_demo: Scope) -> None:
    mutates = Definition.objects.get(
        name__in=Definition.objects.filter(display_name__icontains="mutate").values("name")[:1]
    )
    assign(rg_demo, mutates, "mutates", effect="Mutate")
    scan(world)
    (found,) = [one for name, one in policies(world).items() if name.startswith("mutates/")]
    assert found == (GOOD, "", "", 0, 0, 0, True)


def test_no_constraint_of_a_hand_has_a_policy_state(world: Cluster) -> None:
    scan(world)
    rows = KubeObject.objects.filter(cluster=world, group="constraints.gatekeeper.sh")
    written = {**rows.get().body}
    metadata = {"name": "by-hand"}
    put(world, {**written, "metadata": metadata})
    scan(world)
    assert list(policies(world)) == ["owned/needs-label"]


def test_a_workload_is_judged_by_the_pods_that_it_would_make(
    world: Cluster, rg_demo: Scope
) -> None:
    row = definition("all", template_with("no %v", "AllOwned"), source="All", values=VALUES)
    assign(rg_demo, row, "all", effect="audit")
    spec = {"template": {"metadata": {"labels": {}}, "spec": {"containers": []}}}
    metadata = {"name": "web", "namespace": "default"}
    thing = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    put(world, thing)
    scan(world)
    state = ComponentState.objects.get(cluster=world, kind="Deployment")
    assert state.message == "[Implied by expand-deployments] no owner"
    (found,) = state.violations
    assert (found["generated"], found["impliedBy"]) == ("Pod web-pod", "expand-deployments")


def test_a_full_scan_says_when_it_looked_at_everything(world: Cluster) -> None:
    scan(world)
    ComponentState.objects.update(judged_at=timezone.now() - timedelta(hours=2))
    scan(world)
    assert ComponentState.objects.get(cluster=world).judged_at < timezone.now() - timedelta(hours=1)
    scan(world, reach=Scan.Reach.FULL)
    assert ComponentState.objects.get(cluster=world).judged_at > timezone.now() - timedelta(hours=1)
