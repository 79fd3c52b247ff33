"""The demo manifests: what each shows on the Test page under the two initiatives."""

from __future__ import annotations

import pytest

from tests.catalog.shelf import initiative, policies, said
from tests.catalog.suites import FIXTURES


def refusing(initiative_name: str, manifest: str) -> set[str]:
    """The reference ids of the members that refuse something in a manifest."""
    path = FIXTURES / "manifests" / manifest
    return {
        one.reference_id
        for one in policies(initiative(initiative_name), {"effect": "deny"})
        if [*said(one, path)]
    }


def test_the_baseline_refuses_the_privileged_pod_for_that_alone() -> None:
    assert refusing("PSPBaselineStandard", "nginx-privileged.yaml") == {"NoPrivilegedContainers"}


@pytest.mark.parametrize(
    "manifest",
    ["nginx-unprivileged.yaml", "restricted-pod.yaml", "web-deployment.yaml", "windows-pod.yaml"],
)
def test_the_baseline_lets_an_ordinary_manifest_in(manifest: str) -> None:
    assert refusing("PSPBaselineStandard", manifest) == set()


def test_every_member_of_the_baseline_refuses_the_node_agent() -> None:
    members = {one.reference_id for one in initiative("PSPBaselineStandard").members}

    assert refusing("PSPBaselineStandard", "node-agent.yaml") == members


def test_the_baseline_refuses_only_the_log_collector_of_the_shop() -> None:
    (policy,) = (
        one
        for one in policies(initiative("PSPBaselineStandard"), {"effect": "deny"})
        if [*said(one, FIXTURES / "manifests" / "shop.yaml")]
    )

    (message,) = said(policy, FIXTURES / "manifests" / "shop.yaml")
    assert policy.reference_id == "NoHostPathVolume"
    assert "pod: log-collector." in message


def test_the_restricted_initiative_lets_the_restricted_pod_in() -> None:
    assert refusing("PSPRestrictedStandard", "restricted-pod.yaml") == set()


def test_the_restricted_initiative_wants_more_said_than_the_baseline() -> None:
    assert refusing("PSPRestrictedStandard", "nginx-unprivileged.yaml") == {
        "NoPrivilegeEscalation",
        "AllowedUsersGroups",
        "AllowedSeccompProfiles",
    }
