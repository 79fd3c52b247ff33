"""Why a component is not compliant: the field, the line, and a change that helps."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from policy_app.models import Cluster, Component, Definition, KubeObject, Scope
from policy_app.services import assignments
from policy_app.services.cluster import addon
from policy_app.services.compliance import records
from policy_app.services.compliance.asking import next_apply
from policy_app.services.compliance.why import Explanation, Reason, explain
from policy_app.services.errors import NotFound
from tests.compliance_rows import audited
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft


@pytest.fixture
def api(portal: None) -> Api:
    """The demo cluster."""
    return Api()


@pytest.fixture
def judged(api: Api, baseline: Definition, rg_demo: Scope, aks_demo: Cluster) -> Cluster:
    """A privileged Pod and a privileged Deployment that were there before the baseline denied."""
    api.create(pod("bad", privileged=True))
    api.create(deployment("miner", privileged=True))
    assignments.put(draft(rg_demo, baseline, parameters={"effect": "Deny"}), None)
    audited(aks_demo)
    return aks_demo


def deployment(name: str, *, privileged: bool) -> dict[str, Any]:
    """A Deployment of one Pod."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": pod(name, privileged=privileged)["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }


def explained(cluster: Cluster, **about: str) -> Explanation:
    """The explanation of one component."""
    component = Component.objects.get(cluster=cluster, **about)
    return explain(component, records.faults_of(component))


def privileged(found: Explanation) -> Reason:
    """The reason that is about a privileged container."""
    (one,) = (one for one in found.reasons if "Privileged container" in one.message)
    return one


def test_a_reason_names_the_field_its_value_and_its_line(judged: Cluster) -> None:
    found = explained(judged, name="bad")
    reason = privileged(found)
    assert reason.path == "spec.containers[0].securityContext.privileged"
    assert reason.current == "true"
    assert reason.line is not None
    assert found.text.splitlines()[reason.line - 1].strip() == "privileged: true"
    assert reason.line in found.lines
    assert "privileged is false" in reason.wanted
    assert reason.still is True


def test_the_suggested_patch_is_one_that_admission_accepts(judged: Cluster, api: Api) -> None:
    advice = privileged(explained(judged, name="bad")).advice
    assert advice is not None
    assert [(one.path, one.current, one.wanted) for one in advice.changes] == [
        ("spec.containers[0].securityContext.privileged", "true", "false")
    ]
    assert yaml.safe_load(advice.patch) == [
        {
            "op": "replace",
            "path": "/spec/containers/0/securityContext/privileged",
            "value": False,
        }
    ]
    assert advice.command == (
        "kubectl patch pod bad -n default --type=json --patch-file=patch.yaml"
    )


def test_what_a_workload_makes_is_mended_in_the_workload(judged: Cluster) -> None:
    advice = privileged(explained(judged, kind="Pod", workload_name="miner")).advice
    assert advice is not None
    assert advice.target == "Deployment/miner"
    assert advice.is_maker
    assert [one.path for one in advice.changes] == [
        "spec.template.spec.containers[0].securityContext.privileged"
    ]


def test_a_violation_that_is_gone_by_now_is_told_as_such(judged: Cluster) -> None:
    row = KubeObject.objects.get(cluster=judged, plural="pods", name="bad")
    row.body["spec"]["containers"][0]["securityContext"] = {"privileged": False}
    row.revision += 1
    row.save()
    found = explained(judged, name="bad")
    assert found.changed_since
    assert privileged(found).still is False
    assert privileged(found).advice is None


def test_of_an_object_that_is_gone_the_message_is_left(judged: Cluster) -> None:
    KubeObject.objects.filter(cluster=judged, plural="pods", name="bad").delete()
    found = explained(judged, name="bad")
    assert found.thing is None
    reason = privileged(found)
    assert (reason.line, reason.current, reason.still) == (None, "", None)


def test_without_the_constraint_there_is_no_advice(judged: Cluster) -> None:
    assert privileged(explained(judged, name="bad")).advice is not None
    addon.switch(judged, on=False)
    found = privileged(explained(judged, name="bad"))
    assert (found.advice, found.still) == (None, None)


def test_the_next_apply_of_a_denied_object_is_refused(judged: Cluster) -> None:
    answer = next_apply(Component.objects.get(cluster=judged, name="bad"))
    assert answer.refused
    assert "denied the request" in answer.output
    assert answer.sentence == "The next apply of this object is refused."


def test_a_deployment_is_accepted_though_its_pods_are_refused(judged: Cluster) -> None:
    answer = next_apply(Component.objects.get(cluster=judged, kind="Deployment", name="miner"))
    assert not answer.refused
    assert any(one.refused for one in answer.made)
    assert "what the object makes is refused" in answer.sentence


def test_about_an_object_that_is_gone_nothing_can_be_asked(judged: Cluster) -> None:
    component = Component.objects.get(cluster=judged, name="bad")
    KubeObject.objects.filter(cluster=judged, uid=component.uid).delete()
    with pytest.raises(NotFound, match="not in the cluster any more"):
        next_apply(component)


def test_the_field_is_the_one_to_change_though_the_message_names_others(
    api: Api, baseline: Definition, rg_demo: Scope, aks_demo: Cluster
) -> None:
    thing = pod("bad", privileged=True)
    thing["spec"]["containers"][0]["securityContext"]["capabilities"] = {"add": ["CHOWN"]}
    api.create(thing)
    assignments.put(draft(rg_demo, baseline, parameters={"effect": "Deny"}), None)
    audited(aks_demo)
    component = Component.objects.get(name="bad")
    state = records.faults_of(component).get(message__contains="Privileged container")
    # As the words of the message would have it.
    state.violations[0]["path"] = "spec.containers[0].securityContext.capabilities.add[0]"
    (reason,) = explain(component, [state]).reasons
    assert reason.path == "spec.containers[0].securityContext.privileged"
    assert reason.current == "true"
