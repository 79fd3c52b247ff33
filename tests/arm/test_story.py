"""The main flow through REST: assign with deny, see the Pod refused, delete, see it pass."""

from __future__ import annotations

import pytest
from django.conf import settings

from policy_app.models import Cluster
from policy_app.services import testing
from tests.arm.addresses import assignment, body
from tests.arm.conftest import Arm

REFUSAL = (
    'Privileged container is not allowed: nginx-privileged, securityContext: {"privileged": true}'
)


def _apply(cluster: Cluster, file: str, namespace: str = "default") -> str:
    """What kubectl would print for one of the shipped manifests."""
    data = (settings.FIXTURES_DIR / "manifests" / file).read_bytes()
    report = testing.run(cluster, [testing.Upload(file, data)], namespace)
    return "\n".join(document.output for document in report.documents)


def test_an_assignment_refuses_the_privileged_pod_until_it_is_deleted(
    arm: Arm, aks_demo: Cluster, aks_staging: Cluster
) -> None:
    assert "created" in _apply(aks_demo, "nginx-privileged.yaml")

    excluded = {"value": ["kube-system", "gatekeeper-system", "azure-arc", "shop"]}
    parameters = {"effect": {"value": "deny"}, "excludedNamespaces": excluded}
    arm.put(assignment(), body(parameters=parameters))

    refused = _apply(aks_demo, "nginx-privileged.yaml")
    assert 'admission webhook "validation.gatekeeper.sh" denied the request:' in refused
    assert "[azurepolicy-" in refused
    assert REFUSAL in refused
    assert "created" in _apply(aks_demo, "nginx-unprivileged.yaml")
    assert "created" in _apply(aks_demo, "nginx-privileged.yaml", "shop")
    assert "created" in _apply(aks_staging, "nginx-privileged.yaml")

    assert arm.send("DELETE", assignment()).status_code == 200
    assert "created" in _apply(aks_demo, "nginx-privileged.yaml")


@pytest.mark.parametrize("enforcement", ["Default", "DoNotEnforce"])
def test_only_an_enforced_assignment_refuses(arm: Arm, aks_demo: Cluster, enforcement: str) -> None:
    arm.put(assignment(), body(enforcementMode=enforcement))
    refused = "denied the request" in _apply(aks_demo, "nginx-privileged.yaml")
    assert refused is (enforcement == "Default")
