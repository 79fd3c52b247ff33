"""What would newly be refused, reported or changed, before anybody presses Create."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments, definitions, whatif
from policy_app.services.cluster import addon
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.whatif import Impact, ObjectImpact, Outcome
from policy_app.services.whatif.lines import Manifest
from policy_app.services.whatif.shapes import to_object
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft

MUTATE_READ_ONLY = "8e875f96-2c56-40ca-86db-b9f6a0be7347"


@pytest.fixture
def api(portal: None) -> Api:
    """The demo cluster, with one Pod that is privileged and one that is not."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))
    return api


def deployment(name: str, replicas: int, *, privileged: bool = False) -> dict[str, Any]:
    """A Deployment of one container."""
    made = pod(name, privileged=privileged)
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": made["spec"]},
        },
    }


def drafted(scope: Scope, definition: Definition, effect: str, **fields: Any) -> AssignmentDraft:
    """An assignment with an effect."""
    parameters = {"effect": effect, **fields.pop("parameters", {})}
    return draft(scope, definition, parameters=parameters, **fields)


def become(impact: Impact, cluster: str = "aks-demo") -> dict[str, Outcome]:
    """What becomes of each object of a cluster, by its label."""
    (one,) = (each for each in impact.clusters if each.cluster.scope.name == cluster)
    return {each.label: each.outcome for each in one.objects}


def the(impact: Impact, label: str) -> ObjectImpact:
    """The one object of that label."""
    (one,) = (each for found in impact.clusters for each in found.objects if each.label == label)
    return one


def test_deny_would_refuse_the_privileged_pod_and_leave_the_other_alone(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    impact = whatif.examine(drafted(rg_demo, baseline, "deny"))
    assert become(impact) == {"Pod bad": Outcome.DENIED}
    (finding,) = the(impact, "Pod bad").findings
    assert finding.message.startswith("Privileged container is not allowed: bad")
    assert finding.path == "spec.containers[0].securityContext.privileged"
    assert finding.container == "bad"
    assert impact.denied == whatif.Tally(1, 1)


def test_audit_would_only_report_it(api: Api, rg_demo: Scope, baseline: Definition) -> None:
    impact = whatif.examine(drafted(rg_demo, baseline, "audit"))
    assert become(impact) == {"Pod bad": Outcome.AUDITED}
    assert impact.denied.objects == 0


def test_disabled_changes_nothing(api: Api, rg_demo: Scope, baseline: Definition) -> None:
    assert become(whatif.examine(drafted(rg_demo, baseline, "disabled"))) == {}


def test_an_excluded_namespace_is_not_concerned(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    excluded = {"excludedNamespaces": ["default"]}
    assert become(whatif.examine(drafted(rg_demo, baseline, "deny", parameters=excluded))) == {}


def test_turning_audit_into_deny_tells_what_turns_red(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    assignments.put(drafted(rg_demo, baseline, "audit"), None)
    assert become(whatif.examine(drafted(rg_demo, baseline, "audit"))) == {}
    impact = whatif.examine(drafted(rg_demo, baseline, "deny"))
    assert become(impact) == {"Pod bad": Outcome.DENIED}


def test_turning_deny_into_audit_tells_what_is_let_in_again(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    assignments.put(drafted(rg_demo, baseline, "deny"), None)
    impact = whatif.examine(drafted(rg_demo, baseline, "audit"))
    assert become(impact) == {"Pod bad": Outcome.RELIEVED}


def test_an_exclusion_that_is_added_relieves_the_cluster_that_it_names(
    api: Api, rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    assignments.put(drafted(rg_demo, baseline, "deny"), None)
    without = drafted(rg_demo, baseline, "deny", not_scopes=[aks_demo.scope.arm_id])
    assert become(whatif.examine(without)) == {"Pod bad": Outcome.RELIEVED}


def test_who_refuses_it_already_is_named(api: Api, rg_demo: Scope, baseline: Definition) -> None:
    assignments.put(drafted(rg_demo, baseline, "deny", name="first"), None)
    impact = whatif.examine(drafted(rg_demo, baseline, "deny", name="second"))
    (already,) = the(impact, "Pod bad").refused_by
    assert already.startswith("azurepolicy-k8sazurev2noprivilege-")


def test_pods_are_told_under_the_deployment_that_people_know(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    api.create(deployment("shop", 3, privileged=True))
    (found,) = whatif.examine(drafted(rg_demo, baseline, "deny")).clusters
    pods = [one for one in found.objects if one.name.startswith("shop-")]
    assert {one.workload for one in pods} == {"Deployment shop"}
    assert found.tallies[Outcome.DENIED] == whatif.Tally(4, 2)
    ((namespace, tallies, objects),) = found.by_namespace
    assert (namespace, tallies[Outcome.DENIED].workloads, len(objects)) == ("default", 2, 4)


def test_a_deployment_without_pods_is_asked_about_those_it_would_make(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    api.create(deployment("asleep", 0, privileged=True))
    one = the(whatif.examine(drafted(rg_demo, baseline, "deny")), "Deployment asleep")
    (finding,) = one.findings
    assert finding.generated == "Pod asleep-pod"
    assert finding.path == "spec.template.spec.containers[0].securityContext.privileged"


def test_what_mutators_would_change_is_told_field_by_field(api: Api, rg_demo: Scope) -> None:
    policy = definitions.built_in("policy", MUTATE_READ_ONLY)
    impact = whatif.examine(drafted(rg_demo, policy, "Mutate"))
    one = the(impact, "Pod good")
    assert one.outcome == Outcome.MUTATED
    (change,) = one.changes
    assert change.path.endswith("readOnlyRootFilesystem")
    assert change.after is True


def test_a_policy_without_a_match_in_the_cluster_concerns_nothing(api: Api, rg_demo: Scope) -> None:
    lan_only = definitions.built_in("policy", "3fc4dc25-5baf-40d8-9b05-7fe74c1bc64e")
    assert become(whatif.examine(drafted(rg_demo, lan_only, "deny"))) == {}


def test_a_cluster_whose_add_on_is_off_is_not_concerned(
    api: Api, rg_demo: Scope, aks_demo: Cluster, baseline: Definition
) -> None:
    addon.switch(aks_demo, on=False)
    assert become(whatif.examine(drafted(rg_demo, baseline, "deny"))) == {}


def test_nothing_is_written(api: Api, rg_demo: Scope, baseline: Definition) -> None:
    whatif.examine(drafted(rg_demo, baseline, "deny"))
    assert assignments.find(rg_demo, "baseline") is None
    assert api.names("constraints.gatekeeper.sh/v1beta1", "K8sAzureV2NoPrivilege") == []


def test_what_time_did_not_allow_is_told_of_how_many(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    (found,) = whatif.examine(drafted(rg_demo, baseline, "deny"), seconds=0).clusters
    assert not found.complete
    assert (found.examined, found.objects) == (0, [])
    assert found.total > 1


def test_the_lines_of_the_manifest_are_shown_around_the_field(api: Api) -> None:
    (thing,) = (one for one in api.all("v1", "Pod") if one["metadata"]["name"] == "bad")
    shown = Manifest(thing).excerpt("spec.containers[0].securityContext.privileged")
    (about,) = (line for line in shown.lines if line.about)
    assert about.text.strip() == "privileged: true"
    assert "managedFields" not in Manifest(thing).text


def test_json_names_the_policy_the_field_and_the_line(
    api: Api, rg_demo: Scope, baseline: Definition
) -> None:
    told = to_object(whatif.examine(drafted(rg_demo, baseline, "deny")))
    (cluster,) = told["clusters"]
    (thing,) = cluster["objects"]
    (finding,) = thing["findings"]
    assert told["complete"] is True
    assert told["summary"]["denied"] == {"objects": 1, "workloads": 1}
    assert (thing["kind"], thing["namespace"], thing["name"]) == ("Pod", "default", "bad")
    assert finding["path"] == "spec.containers[0].securityContext.privileged"
    assert finding["line"] > 1
    assert finding["policyDefinitionReferenceId"]
