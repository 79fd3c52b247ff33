"""A cluster that was audited, with what breaks a policy in it and what does not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy_app.apimachinery.errors import ApiError
from policy_app.models import Assignment, Cluster, Definition, Scope
from policy_app.services import assignments
from policy_app.services.cluster import denials
from tests.browser.clusters.conftest import deployment
from tests.compliance_rows import audit_row, audited, component_row, fault_row, policy_row
from tests.services.cluster.inside import Api, pod
from tests.services.test_drafts import draft


@pytest.fixture
def visitor(client: Client, alice: User) -> Client:
    """A client that has signed in as ``alice``."""
    client.force_login(alice)
    return client


@pytest.fixture
def denying(baseline: Definition, rg_demo: Scope) -> Assignment:
    """The baseline initiative at the cluster's resource group, denying."""
    given = draft(rg_demo, baseline, display_name="Baseline", parameters={"effect": "Deny"})
    return assignments.put(given, None)[0]


@pytest.fixture
def judged(aks_demo: Cluster, baseline: Definition, rg_demo: Scope) -> Cluster:
    """Pods good and bad, a Deployment of bad ones, all older than the assignment; one refusal."""
    api = Api()
    api.create(pod("good"))
    api.create(pod("bad", privileged=True))
    miner = deployment("miner", True)
    miner["metadata"]["namespace"] = "default"
    api.create(miner)
    given = draft(rg_demo, baseline, display_name="Baseline", parameters={"effect": "Deny"})
    assignments.put(given, None)
    with pytest.raises(ApiError):
        api.create(pod("refused", privileged=True))
    denials.flush()
    audited(aks_demo)
    return aks_demo


@pytest.fixture
def shop(aks_demo: Cluster) -> Cluster:
    """Rows as an audit would leave them: two policies, three Pods in two namespaces."""
    deny = policy_row(aks_demo, 1, display_name="No privileged containers", reference_id="a")
    audit = policy_row(
        aks_demo, 2, display_name="Approved images", action="dryrun", reference_id="b"
    )
    worst = component_row(aks_demo, "worst", [deny, audit])
    fault_row(worst, deny)
    fault_row(worst, audit, message="Image nginx is not approved")
    fault_row(component_row(aks_demo, "plain", [deny, audit], namespace="bank"), audit)
    component_row(aks_demo, "good", [deny, audit])
    home = component_row(aks_demo, "bank", [audit], kind="Namespace", namespace="bank")
    fault_row(home, audit, message="The namespace has no owner")
    audit_row(aks_demo)
    return aks_demo
