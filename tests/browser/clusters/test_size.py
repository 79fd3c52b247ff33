"""With thousands of objects a page of a cluster needs few queries, and shows them in pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.models import Assignment, Cluster, KubeObject, Refusal
from policy_app.services.cluster import bootstrap

QUERIES = 25
MANY = 3000
CLUSTER = "/clusters/aks-demo"
AtMost = Callable[[int], AbstractContextManager[None]]
PAGES = [
    "/clusters",
    CLUSTER,
    f"{CLUSTER}?tab=namespaces",
    f"{CLUSTER}?tab=workloads",
    f"{CLUSTER}?tab=workloads&kind=Job&page=9&sort=-namespace",
    f"{CLUSTER}?tab=events",
    f"{CLUSTER}?tab=events&type=Warning&search=did",
    f"{CLUSTER}?tab=denied&search=pod",
    f"{CLUSTER}?tab=policies",
    f"{CLUSTER}?tab=addon",
    f"{CLUSTER}/-/object?resource=pods&namespace=many-0001&name=one-00001",
]


def stored(cluster: Cluster, number: int, kind: str, group: str, namespace: str) -> KubeObject:
    """One of many objects."""
    name, uid = f"one-{number:05}", str(uuid.uuid4())
    metadata: dict[str, Any] = {"name": name, "uid": uid, "namespace": namespace}
    metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
    body: dict[str, Any] = {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind}
    body |= {"metadata": metadata, "spec": {}, "status": {}}
    if kind == "Event":
        about = {"kind": "Pod", "name": name, "uid": uid}
        body |= {"involvedObject": about, "type": "Warning", "reason": "It", "message": "did"}
    return KubeObject(
        cluster=cluster,
        group=group,
        plural=f"{kind.lower()}s",
        namespace=namespace,
        name=name,
        uid=uid,
        revision=1000 + number,
        body=body,
    )


@pytest.fixture
def many(aks_demo: Cluster) -> None:
    """A cluster with thousands of each kind."""
    bootstrap.fill(aks_demo)
    rows = []
    for number in range(MANY):
        namespace = f"many-{number % 1000:04}"
        for kind, group in (("Pod", ""), ("Job", "batch"), ("Event", "")):
            rows.append(stored(aks_demo, number, kind, group, namespace))
    rows += [stored(aks_demo, number, "Namespace", "", "") for number in range(1000)]
    KubeObject.objects.bulk_create(rows, batch_size=500)
    now = timezone.now()
    refused = Refusal(cluster=aks_demo, at=now, door="cluster", operation="CREATE", kind="Pod")
    Refusal.objects.bulk_create(
        Refusal(**{**_fields(refused), "name": f"pod-{number}"}) for number in range(MANY)
    )


def _fields(row: Refusal) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields[1:]}


def test_pages_of_a_large_cluster_need_few_queries(
    client: Client,
    many: None,
    no_privileged: Assignment,
    alice: User,
    django_assert_max_num_queries: AtMost,
) -> None:
    client.force_login(alice)
    # The first look syncs the add-on and audits, and the second one lets controllers see what that
    # changed; what follows is what people wait for.
    for _ in range(2):
        assert client.get(f"{CLUSTER}?tab=addon").status_code == 200
    # Nor do they wait for what the cluster would do by itself in the meantime.
    KubeObject.objects.update(due_at=None)
    for address in PAGES:
        with django_assert_max_num_queries(QUERIES):
            answer = client.get(address)
        assert answer.status_code == 200, address
        rows = BeautifulSoup(answer.content, "html.parser").select("#results tbody tr")
        assert len(rows) <= 50, address
