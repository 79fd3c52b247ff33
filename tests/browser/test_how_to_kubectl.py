"""The how-to from its first click: assigned in Chromium, seen with a real kubectl."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from policy_app.services import access
from tests.browser.conftest import OpenPage
from tests.browser.test_how_to import REFUSED, assign_the_baseline, delete_the_assignment
from tests.kubectl import programs
from tests.kubectl.running import Kubectl

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kubectl,
    pytest.mark.django_db(transaction=True),
]
MANIFESTS = settings.FIXTURES_DIR / "manifests"


def test_what_is_assigned_in_the_browser_is_refused_by_the_cluster(
    open_page: OpenPage, live_server: LiveServer, alice: User, tmp_path: Path
) -> None:
    program = programs.found().get(programs.USUAL)
    if program is None:
        pytest.skip(f"kubectl {programs.USUAL} is not here")
    token = access.new_token(alice, "a test")
    address = live_server.url.replace("http://", f"http://alice:{token}@")
    config = tmp_path / "config.yaml"
    config.write_text(kubeconfig(f"{address}/clusters/aks-demo"))
    kubectl = Kubectl(program, config, tmp_path, settings.BASE_DIR)

    page = open_page()
    page.goto("/")
    assign_the_baseline(page)
    assert len(kubectl.ok("get", "constrainttemplates", "-o", "name").lines) == 5
    refused = kubectl("apply", "-f", MANIFESTS / "nginx-privileged.yaml")
    assert (refused.code, bool(REFUSED.search(refused.err))) == (1, True), refused
    kubectl.ok("apply", "-f", MANIFESTS / "nginx-unprivileged.yaml")
    assert "1/1     Running" in kubectl.ok("get", "pods").out
    kubectl.ok("delete", "pod", "nginx-unprivileged")

    delete_the_assignment(page)
    accepted = kubectl.ok("apply", "-f", MANIFESTS / "nginx-privileged.yaml")
    assert accepted.out == "pod/nginx-privileged created\n"


def kubeconfig(server: str) -> str:
    context = {"cluster": "c", "user": "u"}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": context}],
            "current-context": "c",
        }
    )
