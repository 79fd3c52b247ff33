"""The Test manifests page shows what policies change, and what becomes of a workload's Pods."""

from __future__ import annotations

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client

from policy_app.models import Cluster, Scope
from tests.browser.test_testing import sent, words
from tests.services.test_admission import (
    DROP_ALL,
    MAKE_READ_ONLY,
    NO_PRIVILEGE,
    PLAIN,
    PRIVILEGED,
    assign,
    pod,
    workload,
)


@pytest.fixture(autouse=True)
def _signed_in(portal: None, alice: User, client: Client) -> None:
    client.force_login(alice)


def test_a_change_is_told_by_policy_and_field_and_drawn_as_a_diff(
    rg_demo: Scope, aks_demo: Cluster, client: Client
) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    assign(rg_demo, DROP_ALL)
    page = sent(client, aks_demo, text=yaml.safe_dump(pod(PLAIN)))
    assert words(page, ".test-mutation > p") == ["Changed in 2 places on its way into the cluster:"]
    changes = words(page, ".test-mutation li")
    assert (
        "Sets readOnlyRootFileSystem in the Pod spec to true if it is not set. "
        "spec.containers[0].securityContext" in changes[0]
    )
    assert 'capabilities to {"drop": ["ALL"]}' in changes[1]
    added = [row.get_text() for row in page.select(".diff-added")]
    assert "+      readOnlyRootFilesystem: true" in added
    assert all(text.startswith("+") for text in added)
    link = page.select_one(".test-mutation li a")
    assert link is not None
    assert "/policy/definitions/" in str(link["href"])


def test_an_object_that_no_policy_changes_has_no_diff(
    rg_demo: Scope, aks_demo: Cluster, client: Client
) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    page = sent(client, aks_demo, text=yaml.safe_dump(service))
    assert not page.select(".test-mutation")
    assert "No assignment puts a constraint on this cluster" not in page.get_text()


def test_the_pods_of_a_workload_stand_below_it_with_their_own_verdict(
    rg_demo: Scope, aks_demo: Cluster, client: Client
) -> None:
    assign(rg_demo, NO_PRIVILEGE, effect="Deny")
    assign(rg_demo, MAKE_READ_ONLY)
    page = sent(client, aks_demo, text=yaml.safe_dump(workload("Deployment", PRIVILEGED)))
    assert words(page, ".test-card > h3 .badge") == ["Accepted, but not what it creates"]
    assert words(page, ".test-made-card > h4") == ["Refused Pod web-pod"]
    assert "Privileged container is not allowed: app" in words(page, ".test-made-card p")[0]
    assert page.select(".test-made-card .test-mutation")
    (marked,) = page.select(".line-marked")
    assert "privileged: true" in marked.get_text()


def test_what_is_implied_names_the_object_that_it_is_found_in(
    rg_demo: Scope, aks_demo: Cluster, client: Client
) -> None:
    assign(rg_demo, NO_PRIVILEGE, effect="Deny", source="All")
    page = sent(client, aks_demo, text=yaml.safe_dump(workload("Deployment", PRIVILEGED)))
    assert words(page, ".test-card > h3 .badge") == ["Refused"]
    own = page.select_one(".test-card > .test-violation")
    assert own is not None
    assert "[Implied by expand-deployments]" in own.get_text()
    assert "Pod web-pod, which it creates" in own.get_text()


def test_a_failing_mutation_is_told_in_words(
    rg_demo: Scope, aks_demo: Cluster, client: Client
) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    odd = pod()
    odd["spec"]["containers"] = "nginx"
    page = sent(client, aks_demo, text=yaml.safe_dump(odd))
    assert words(page, ".test-card > h3 .badge") == ["Failed"]
    assert '"mutation.gatekeeper.sh" denied the request' in words(page, "pre")[0]
