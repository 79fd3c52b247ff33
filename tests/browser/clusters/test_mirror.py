"""The page of a mirror says what it mirrors, as of when, and how to bring it up to date."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.browser.clusters.test_pages import read, texts
from tests.services.cluster.inside import pod, template
from tests.services.snapshots.taking_files import manifest, take

AGAIN = "policy-portal snapshot --kubeconfig /home/me/.kube/config --cluster prod"


@pytest.fixture(autouse=True)
def mirror(client: Client, portal: None, alice: User, tmp_path: Path) -> None:
    """A mirror, looked at by ``alice``."""
    client.force_login(alice)
    file = manifest(tmp_path / "a.yaml", pod(namespace="shop"), pod(namespace="shop"), template())
    take(file, again=AGAIN)


def test_the_overview_tells_of_the_snapshot_and_gives_the_command(
    client: Client, tmp_path: Path
) -> None:
    page = read(client, "/clusters/prod")
    (told,) = texts(page, "section[aria-labelledby=mirror]")
    assert f"Mirror of {tmp_path / 'a.yaml'} , as of 20" in told
    assert "2 objects; the last snapshot: 2 added, 0 changed, 0 removed, 0 unchanged." in told
    assert AGAIN in told
    assert "stand there more than once; the first one is kept pods (1)" in told
    assert f"{tmp_path / 'a.yaml'}:13" in told
    assert "ConstraintTemplate.templates.gatekeeper.sh (1)" in told
    assert texts(page, ".page-subtitle") == ["Mirror of a Kubernetes cluster"]


def test_nobody_is_told_to_apply_something_to_a_mirror(client: Client) -> None:
    shown = " ".join(texts(read(client, "/clusters/prod"), "code"))
    assert "kubectl get namespaces,pods --all-namespaces" in shown
    assert "kubectl apply" not in shown
    assert "kubectl apply" in " ".join(texts(read(client, "/clusters/aks-demo"), "code"))


def test_the_list_of_clusters_tells_mirrors_from_simulated_ones(client: Client) -> None:
    assert texts(read(client, "/clusters?search=prod"), "tbody .badge") == ["Mirror"]
    assert texts(read(client, "/clusters?search=staging"), "tbody .badge-info") == []


@pytest.mark.parametrize("tab", ["workloads", "objects", "namespaces", "policies", "addon"])
def test_every_tab_of_a_mirror_can_be_read(client: Client, tab: str) -> None:
    read(client, f"/clusters/prod?tab={tab}")
