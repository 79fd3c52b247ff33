"""``kubectl get`` prints the columns that people know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.apimachinery import tables
from policy_app.apimachinery.kinds import Kind
from tests.apimachinery.kinds_at_hand import CRON_TAB, KINDS, complete, cron_tab, kind_of

HEADINGS = yaml.safe_load((Path(__file__).parent / "headings.yaml").read_text())
NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)
BORN = "2026-01-01T00:00:00Z"


def printed(kind: Kind, thing: dict[str, Any], *, wide: bool = False) -> dict[str, Any]:
    """The cells of an object by the column's heading."""
    made = tables.table(kind, [thing], now=NOW)
    cells = made["rows"][0]["cells"]
    shown = zip(made["columnDefinitions"], cells, strict=True)
    return {one["name"]: cell for one, cell in shown if wide or not one["priority"]}


@pytest.mark.parametrize(
    ("api_version", "kind"), [(version, kind) for version in HEADINGS for kind in HEADINGS[version]]
)
def test_each_kind_has_the_columns_of_kubectl(api_version: str, kind: str) -> None:
    headings = HEADINGS[api_version][kind]
    shown = [one.name.upper() for one in kind_of(api_version, kind).columns if not one.priority]
    assert shown == headings.split("|" if "|" in headings else " ")


@pytest.mark.parametrize("kind", KINDS.all, ids=lambda one: f"{one.api_version} {one.kind}")
def test_every_kind_prints_an_object_that_says_nothing(kind: Kind) -> None:
    thing = {"metadata": {"name": "a", "creationTimestamp": BORN}}
    made = tables.table(kind, [thing], now=NOW)
    assert len(made["rows"][0]["cells"]) == len(made["columnDefinitions"])


def test_a_pod_shows_its_containers_and_their_restarts() -> None:
    pod = {
        "metadata": {"name": "p", "creationTimestamp": BORN},
        "spec": {"containers": [{"name": "a"}, {"name": "b"}], "nodeName": "n"},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "containerStatuses": [
                {"ready": True, "restartCount": 2},
                {"ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            ],
        },
    }
    cells = printed(kind_of("v1", "Pod"), pod, wide=True)
    assert cells["Ready"] == "1/2"
    assert cells["Status"] == "CrashLoopBackOff"
    assert cells["Age"] == "60m"
    assert (cells["IP"], cells["Node"]) == ("10.0.0.1", "n")


def test_a_service_shows_its_addresses_and_ports() -> None:
    service = complete(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "s", "creationTimestamp": BORN},
            "spec": {
                "type": "LoadBalancer",
                "clusterIP": "10.0.0.9",
                "ports": [{"port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}],
            },
        }
    )
    cells = printed(kind_of("v1", "Service"), service)
    assert cells["Cluster-IP"] == "10.0.0.9"
    assert cells["External-IP"] == "<pending>"
    assert cells["Port(s)"] == "80:30080/TCP,53/UDP"


def test_the_default_class_and_the_number_of_replicas_are_seen_at_once() -> None:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    thing = {"metadata": {"name": "fast", "annotations": annotations}}
    storage = kind_of("storage.k8s.io/v1", "StorageClass")
    assert printed(storage, thing)["Name"] == "fast (default)"
    deployment = {
        "metadata": {"name": "d"},
        "spec": {"replicas": 3},
        "status": {"readyReplicas": 2},
    }
    assert printed(kind_of("apps/v1", "Deployment"), deployment)["Ready"] == "2/3"


def test_what_is_not_there_is_shown_as_kubectl_shows_it() -> None:
    claim = {"metadata": {"name": "c"}}
    cells = printed(kind_of("v1", "PersistentVolumeClaim"), claim, wide=True)
    assert (cells["Volume"], cells["VolumeMode"]) == ("", "<unset>")
    budget = printed(kind_of("policy/v1", "PodDisruptionBudget"), {"metadata": {"name": "b"}})
    assert (budget["Min Available"], budget["Allowed Disruptions"]) == ("N/A", 0)


def test_a_custom_resource_has_the_columns_of_its_definition() -> None:
    thing = cron_tab(replicas=4)
    assert printed(CRON_TAB, thing, wide=True) == {"Name": "a", "Replicas": 4}
    assert printed(CRON_TAB, {"metadata": {"name": "a"}}, wide=True)["Replicas"] == ""


def test_rows_carry_as_much_of_the_object_as_is_asked_for() -> None:
    kind, thing = kind_of("v1", "ConfigMap"), {"metadata": {"name": "a"}, "data": {"b": "c"}}
    (metadata,) = tables.table(kind, [thing], now=NOW)["rows"]
    assert metadata["object"]["kind"] == "PartialObjectMetadata"
    assert "data" not in metadata["object"]
    (whole,) = tables.table(kind, [thing], now=NOW, include="Object")["rows"]
    assert whole["object"] == thing
    (none,) = tables.table(kind, [thing], now=NOW, include="None")["rows"]
    assert "object" not in none


def test_wide_columns_of_events_stand_where_they_belong() -> None:
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "web.1"}}
    event |= {"involvedObject": {"kind": "Pod", "name": "web"}, "source": {"component": "kubelet"}}
    assert [*printed(kind_of("v1", "Event"), event, wide=True)] == [
        "Last Seen",
        "Type",
        "Reason",
        "Object",
        "Subobject",
        "Source",
        "Message",
        "First Seen",
        "Count",
        "Name",
    ]
