"""A cluster with something in it, put there as kubectl would."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import access, assignments, drafts
from tests.services.cluster.conftest import audits_at_once

__all__ = ["audits_at_once"]

Object = dict[str, Any]
Create = Callable[..., int]
SHOP = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop-window"}}


@pytest.fixture
def kubectl(client: Client, aks_demo: Cluster, alice: User) -> Create:
    """Create an object through the cluster's API as ``alice``; gives the status."""
    token = access.new_token(alice, "kubectl")

    def create(path: str, thing: Object) -> int:
        answer = Client().post(
            f"/clusters/aks-demo/{path}",
            json.dumps(thing),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        return answer.status_code

    return create


@pytest.fixture
def no_privileged(baseline: Definition, rg_demo: Scope, alice: User) -> Assignment:
    """The baseline initiative at the cluster's resource group, denying."""
    draft = drafts.AssignmentDraft(rg_demo, "baseline", baseline, display_name="Baseline")
    draft.parameters = {"effect": "Deny"}
    return assignments.put(draft, by=alice)[0]


@pytest.fixture
def filled(kubectl: Create, no_privileged: Assignment) -> None:
    """A Deployment that runs, one whose Pods are refused, a Secret, and a refused Pod."""
    assert kubectl("api/v1/namespaces", SHOP) == 201
    path = "apis/apps/v1/namespaces/shop-window/deployments"
    for name, privileged in (("web", False), ("miner", True)):
        assert kubectl(path, deployment(name, privileged)) == 201
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}}
    secret |= {"stringData": {"password": "hunter2-is-secret"}}
    assert kubectl("api/v1/namespaces/shop-window/secrets", secret) == 201
    assert kubectl("api/v1/namespaces/shop-window/pods", pod("naughty", privileged=True)) == 403


def pod(name: str, *, privileged: bool = False) -> Object:
    """A Pod of one container."""
    head = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}}
    return head | {"spec": _spec(privileged)}


def deployment(name: str, privileged: bool) -> Object:
    """A Deployment of two Pods."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": _spec(privileged)}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    head = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}}
    return head | {"spec": spec}


def _spec(privileged: bool) -> Object:
    container: Object = {"name": "main", "image": "registry.example/shop:1.0"}
    if privileged:
        container["securityContext"] = {"privileged": True}
    return {"containers": [container]}
