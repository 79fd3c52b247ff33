"""An assignment to be exempt from, with Pods that it finds fault with."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Assignment, Cluster, Definition, Exemption, Scope
from policy_app.services import assignments, exemptions
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft


@pytest.fixture
def visitor(client: Client, alice: User) -> Client:
    """A client that has signed in as ``alice``."""
    client.force_login(alice)
    return client


@pytest.fixture
def denying(aks_demo: Cluster, baseline: Definition, rg_demo: Scope) -> Assignment:
    """The baseline at rg-demo with deny, younger than a privileged Pod and a good one."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))
    given = draft(rg_demo, baseline, display_name="Baseline", parameters={"effect": "Deny"})
    return assignments.put(given, None)[0]


@pytest.fixture
def exemption(denying: Assignment, aks_demo: Cluster, alice: User) -> Exemption:
    """A waiver of alice's for aks-demo, of one policy, without an end."""
    properties = {
        "policyAssignmentId": denying.arm_id,
        "exemptionCategory": "Waiver",
        "displayName": "Until the move",
        "policyDefinitionReferenceIds": ["NoPrivilegedContainers"],
    }
    return exemptions.put(aks_demo.scope, "move", {"properties": properties}, alice)[0]
