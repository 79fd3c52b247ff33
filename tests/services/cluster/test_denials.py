"""What a policy refused is kept, although the transaction that it ended was undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.models import KubeChange, KubeObject, Refusal
from policy_app.services.cluster import denials
from tests.services.cluster.inside import Api, constraint, pod, template


@pytest.fixture
def api(portal: None) -> Api:
    """The demo cluster, where Pods and Secrets need an owner."""
    api = Api()
    api.create(template())
    wanted = constraint()
    wanted["spec"]["match"]["kinds"][0]["kinds"] = ["Pod", "Secret"]
    api.create(wanted)
    return api


def refused(api: Api, thing: dict[str, Any], **options: Any) -> str:
    """The refusal of an object."""
    with pytest.raises(ApiError) as caught:
        api.create(thing, **options)
    return caught.value.message


def events(api: Api, namespace: str) -> list[dict[str, Any]]:
    """The events about refusals in a namespace."""
    found = api.all("v1", "Event", namespace)
    return [one for one in found if one["reason"] == "FailedAdmission"]


def test_a_refusal_is_a_record_and_an_event_with_the_text(api: Api) -> None:
    text = refused(api, pod())
    (row,) = denials.latest(api.cluster)
    assert (row.operation, row.kind, row.namespace, row.name) == ("CREATE", "Pod", "default", "web")
    assert row.username == "admin"
    assert row.constraints == ["wants-needsowner"]
    assert row.message in text
    assert row.door == Refusal.Door.CLUSTER
    (event,) = events(api, "default")
    assert event["message"] == (
        'Admission webhook "validation.gatekeeper.sh" denied request, Resource Namespace: default,'
        " Constraint: wants-needsowner, Message: the label owner is missing"
    )
    assert event["type"] == "Warning"
    assert event["involvedObject"]["kind"] == "Pod"
    assert event["involvedObject"]["name"] == "web"
    assert api.names("v1", "Pod", "default") == []


def test_the_same_refusal_again_is_the_same_event_counted(api: Api) -> None:
    refused(api, pod())
    refused(api, pod())
    (event,) = events(api, "default")
    assert event["count"] == 2
    assert len(denials.latest(api.cluster)) == 2


def test_a_dry_run_leaves_a_record_and_nothing_in_the_cluster(api: Api) -> None:
    refused(api, pod(), dry_run=True)
    (row,) = denials.latest(api.cluster)
    assert row.dry_run
    assert events(api, "default") == []


def test_a_pod_that_a_controller_may_not_make_is_kept_as_well(api: Api) -> None:
    labels = {"app": "web"}
    api.create(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod()["spec"]},
            },
        }
    )
    (row, *_) = denials.latest(api.cluster)
    assert row.kind == "Pod"
    assert row.username == "system:serviceaccount:kube-system:replicaset-controller"
    reasons = {one["reason"] for one in api.all("v1", "Event", "default")}
    assert {"FailedCreate", "FailedAdmission"} <= reasons


def test_what_is_in_a_refused_secret_is_stored_nowhere(api: Api) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": "default"},
        "data": {"password": "aHVudGVyMg=="},
    }
    refused(api, secret)
    assert denials.latest(api.cluster)[0].kind == "Secret"
    everything = [
        *Refusal.objects.values_list("message", flat=True),
        *(json.dumps(one.body) for one in KubeObject.objects.filter(cluster=api.cluster)),
        *(json.dumps(one.body) for one in KubeChange.objects.filter(cluster=api.cluster)),
    ]
    assert not [one for one in everything if "aHVudGVyMg" in one]


def test_a_warning_is_no_refusal(api: Api) -> None:
    api.patch(constraint(), {"spec": {"enforcementAction": "warn"}})
    outcome = api.create(pod())
    assert outcome.warnings == ("[wants-needsowner] the label owner is missing",)
    assert denials.latest(api.cluster) == []


def test_only_so_many_are_kept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(denials, "KEPT", 3)
    monkeypatch.setattr(denials, "_THINNED_EVERY", 2)
    for number in range(6):
        refused(api, pod(f"web-{number}"))
    names = [row.name for row in denials.latest(api.cluster)]
    assert names[:3] == ["web-5", "web-4", "web-3"]
    assert len(names) <= 4
