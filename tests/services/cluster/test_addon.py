"""The add-on turns what is assigned to a cluster into objects of the cluster, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.utils import timezone

from policy_app.apimachinery.errors import ApiError
from policy_app.models import Assignment, Cluster, ClusterState, Definition, KubeObject, Scope
from policy_app.services import assignments, exemptions
from policy_app.services.cluster import addon
from tests.services.cluster.inside import Api, constraint, pod, template
from tests.services.test_drafts import draft
from tests.services.test_enforcement import custom_policy

NO_PRIVILEGE = "K8sAzureV2NoPrivilege"
CONSTRAINTS = "constraints.gatekeeper.sh/v1beta1"
TEMPLATES = "templates.gatekeeper.sh/v1"


@pytest.fixture
def api(portal: None) -> Api:
    """The demo cluster."""
    return Api()


def assign(scope: Scope, definition: Definition, effect: str = "deny", **fields: Any) -> Assignment:
    """Put the definition to work at the scope."""
    parameters = {"effect": effect, **fields.pop("parameters", {})}
    return assignments.put(draft(scope, definition, parameters=parameters, **fields), None)[0]


def refusal(api: Api, thing: dict[str, Any]) -> str:
    """What the cluster says to an object; empty where it takes it."""
    try:
        api.create(thing)
    except ApiError as error:
        return error.message
    return ""


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    """Let time pass."""
    now = timezone.now() + timedelta(**by)
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_an_assignment_becomes_templates_and_constraints_with_azures_names(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    row = assign(rg_demo, baseline)
    assert "k8sazurev2noprivilege" in api.names(TEMPLATES, "ConstraintTemplate")
    (made,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    metadata = made["metadata"]
    assert metadata["name"].startswith("azurepolicy-k8sazurev2noprivilege-")
    assert metadata["labels"] == {"managed-by": "azure-policy-addon"}
    annotations = metadata["annotations"]
    assert annotations["azure-policy-assignment-id"] == row.arm_id
    assert annotations["azure-policy-definition-reference-id"]
    assert annotations["azure-policy-setdefinition-id"] == baseline.arm_id
    assert annotations["constraint-installed-by"] == "azure-policy-addon"
    assert made["spec"]["enforcementAction"] == "deny"
    assert {one["enforced"] for one in made["status"]["byPod"]} == {True}
    (known,) = [
        one
        for one in api.all(TEMPLATES, "ConstraintTemplate")
        if one["metadata"]["name"] == "k8sazurev2noprivilege"
    ]
    assert known["metadata"]["labels"]["managed-by"] == "azure-policy-addon"
    noted = known["metadata"]["annotations"]
    assert noted["azure-policy-definition-id-1"].startswith("/providers/Microsoft.Authorization/")
    assert noted["constraint-template"].startswith("https://")
    assert noted["constraint-template-installed-by"] == "azure-policy-addon"
    assert known["status"]["created"] is True


def test_what_is_assigned_is_enforced_until_the_assignment_goes(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    row = assign(rg_demo, baseline)
    text = refusal(api, pod(privileged=True))
    assert text.startswith('admission webhook "validation.gatekeeper.sh" denied the request: [azur')
    assert 'Privileged container is not allowed: web, securityContext: {"privileged": true}' in text
    assert refusal(api, pod("plain")) == ""
    assignments.delete(row, None)
    assert refusal(api, pod(privileged=True)) == ""
    assert api.names(TEMPLATES, "ConstraintTemplate") == []
    assert api.all(CONSTRAINTS, NO_PRIVILEGE) == []


def test_an_old_cluster_refuses_in_the_words_of_the_2023_how_to(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    Cluster.objects.filter(pk=api.cluster.pk).update(gatekeeper=Cluster.Generation.LEGACY)
    assign(rg_demo, baseline)
    with pytest.raises(ApiError) as caught:
        api.create(pod(privileged=True))
    (name,) = api.names(CONSTRAINTS, NO_PRIVILEGE)
    said = (
        f"[denied by {name}] Privileged container is not allowed: web,"
        ' securityContext: {"privileged": true}'
    )
    prefix = 'admission webhook "validation.gatekeeper.sh" denied the request: '
    assert caught.value.to_status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": prefix + said,
        "reason": said,
        "code": 403,
    }


def test_the_parts_of_the_add_on_run_and_are_left_alone(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    running = api.all("v1", "Pod", "gatekeeper-system")
    names = sorted(one["metadata"]["name"].rsplit("-", 2)[0] for one in running)
    assert names == ["gatekeeper-audit", "gatekeeper-controller", "gatekeeper-controller"]
    assert {one["status"]["phase"] for one in running} == {"Running"}
    own = api.names("v1", "Pod", "kube-system")
    assert sorted(one.rsplit("-", 2)[0] for one in own) == ["azure-policy", "azure-policy-webhook"]
    assert refusal(api, pod("root", "kube-system", privileged=True)) == ""


def test_a_second_sync_changes_nothing(api: Api, rg_demo: Scope, baseline: Definition) -> None:
    assign(rg_demo, baseline)
    cluster = api.cluster
    before = ClusterState.objects.get(cluster=cluster).revision
    addon.sync(cluster)
    assert ClusterState.objects.get(cluster=cluster).revision == before


def test_what_was_changed_by_hand_is_set_back_and_what_people_made_stays(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    api.create(template())
    api.create(constraint(about="Service"))
    (made,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    api.patch(made, {"spec": {"enforcementAction": "dryrun"}, "metadata": {"labels": None}})
    assert refusal(api, pod("let-in", privileged=True)) == ""
    addon.sync(api.cluster)
    (again,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    assert again["spec"] == made["spec"]
    assert again["metadata"]["labels"] == made["metadata"]["labels"]
    assert again["metadata"]["uid"] == made["metadata"]["uid"]
    assert api.names(CONSTRAINTS, "NeedsOwner") == ["wants-needsowner"]


def test_what_was_deleted_by_hand_is_back_after_a_quarter_of_an_hour(
    api: Api, rg_demo: Scope, baseline: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    assign(rg_demo, baseline)
    (made,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    api.delete(made)
    assert api.all(CONSTRAINTS, NO_PRIVILEGE) == []
    later(monkeypatch, minutes=16)
    assert len(api.all(CONSTRAINTS, NO_PRIVILEGE)) == 1


def test_a_name_that_somebody_else_has_is_a_conflict(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    api.create(template(NO_PRIVILEGE))
    row = assign(rg_demo, baseline)
    (way,) = addon.timeline(api.cluster)
    assert (way.assignment_id, way.code) == (row.arm_id, "ConstraintTemplateConflicts")
    assert way.stopped_at == "Installed"
    assert "somebody else put there" in way.reason
    assert api.all(CONSTRAINTS, NO_PRIVILEGE) == []


def test_without_the_add_on_everything_of_it_goes_and_nothing_is_enforced(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    assert refusal(api, pod(privileged=True))
    addon.switch(api.cluster, on=False)
    assert refusal(api, pod(privileged=True)) == ""
    left = KubeObject.objects.filter(cluster=api.cluster)
    assert not left.filter(group__endswith="gatekeeper.sh").exists()
    assert not left.filter(name__endswith=".gatekeeper.sh").exists()
    assert api.names("v1", "Pod", "gatekeeper-system") == []
    (way,) = addon.timeline(api.cluster)
    assert [one.name for one in way.steps if one.reached] == ["Assigned"]
    addon.switch(api.cluster, on=True)
    assert refusal(api, pod("again", privileged=True))


def test_as_in_azure_an_assignment_waits_for_the_next_quarter_of_an_hour(
    api: Api, rg_demo: Scope, baseline: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    addon.set_timing(api.cluster, addon.Timing.AZURE)
    assign(rg_demo, baseline)
    assert refusal(api, pod(privileged=True)) == ""
    (way,) = addon.timeline(api.cluster)
    assert [one.name for one in way.steps if one.reached] == ["Assigned"]
    due = addon.next_sync(api.cluster)
    assert due is not None
    assert due > timezone.now()
    later(monkeypatch, minutes=16)
    assert refusal(api, pod("second", privileged=True))


def test_sync_now_does_not_wait(api: Api, rg_demo: Scope, baseline: Definition) -> None:
    addon.set_timing(api.cluster, addon.Timing.AZURE)
    assign(rg_demo, baseline)
    addon.sync(api.cluster)
    assert refusal(api, pod(privileged=True))


def test_an_unknown_timing_is_refused(api: Api) -> None:
    with pytest.raises(ValueError, match="sometimes"):
        addon.set_timing(api.cluster, "sometimes")


def test_an_exemption_ends_by_itself(
    api: Api, rg_demo: Scope, baseline: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = assign(rg_demo, baseline)
    ends = (timezone.now() + timedelta(minutes=5)).isoformat()
    properties = {
        "policyAssignmentId": row.arm_id,
        "exemptionCategory": "Waiver",
        "expiresOn": ends,
    }
    exemptions.put(rg_demo, "for-a-while", {"properties": properties}, None)
    assert refusal(api, pod(privileged=True)) == ""
    (way,) = addon.timeline(api.cluster)
    assert (way.code, way.stopped_at) == ("Exempt", "Installed")
    later(monkeypatch, minutes=6)
    assert refusal(api, pod("second", privileged=True))


def test_the_way_of_an_assignment_is_told_step_by_step(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    row = assign(rg_demo, baseline)
    (way,) = addon.timeline(api.cluster)
    assert way.assignment == row
    assert [one.name for one in way.steps] == [*addon.STEPS]
    assert all(one.reached for one in way.steps)
    moments = [one.at for one in way.steps if one.at is not None]
    assert moments == sorted(moments)
    assert (way.code, way.stopped_at) == ("", "")
    members = baseline.versions.get(version=baseline.latest_version).body["policyDefinitions"]
    assert len(way.constraints) == len(members)


def test_a_changed_assignment_goes_the_whole_way_again(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    (before,) = addon.timeline(api.cluster)
    assign(rg_demo, baseline, description="The same, with a word about why.")
    (after,) = addon.timeline(api.cluster)
    assert after.stopped_at == ""
    for old, new in zip(before.steps, after.steps, strict=True):
        assert old.at is not None
        assert new.at is not None
        assert new.at > old.at


def test_a_template_that_does_not_compile_stops_the_way_with_azures_code(
    api: Api, rg_demo: Scope
) -> None:
    broken = template("Broken", rego="package broken\nviolation[{")
    policy = custom_policy("broken", yaml.safe_dump(broken))
    assignments.put(draft(rg_demo, policy, parameters={}), None)
    (way,) = addon.timeline(api.cluster)
    assert (way.code, way.stopped_at) == ("InvalidConstraintTemplate", "Installed")
    assert way.reason
    assert way.meaning


def test_constraints_count_what_they_find_when_somebody_looks(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    api.create(pod(privileged=True))
    assign(rg_demo, baseline, "audit")
    addon.audit(api.cluster)
    (found,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    assert found["status"]["totalViolations"] == 1
    assert found["status"]["violations"][0]["name"] == "web"
    assert found["spec"]["enforcementAction"] == "dryrun"
    api.delete(pod())
    addon.audit(api.cluster)
    (found,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    assert found["status"]["totalViolations"] == 0
    assert "violations" not in found["status"]
