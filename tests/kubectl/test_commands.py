"""The commands that people use every day, on one Deployment and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.kubectl.conftest import MakeKubectl
from tests.kubectl.running import Kubectl, Simulation


@pytest.fixture
def web(simulation: Simulation, kubectl_of: MakeKubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace with a Deployment ``web`` of two Pods, which is deleted afterwards."""
    kubectl = kubectl_of(simulation, "aks-staging")
    kubectl.ok("create", "namespace", "daily")
    kubectl.ok("config", "set-context", "--current", "--namespace=daily")
    kubectl.ok("create", "deployment", "web", "--image=nginx:1", "--replicas=2", "--port=80")
    yield kubectl
    kubectl.ok("config", "set-context", "--current", "--namespace=default")
    kubectl.ok("delete", "namespace", "daily")


def test_every_day_commands(web: Kubectl) -> None:
    assert "successfully rolled out" in web.ok("rollout", "status", "deployment/web").out
    assert web.ok("wait", "--for=condition=Available", "deployment/web", "--timeout=20s").out
    assert re.search(r"web\s+2/2\s+2\s+2\s+\d+s", web.ok("get", "deployment", "web").out)
    columns = "custom-columns=IMAGE:.spec.template.spec.containers[0].image"
    assert web.ok("get", "deploy", "-o", columns).lines == ["IMAGE", "nginx:1"]
    assert web.ok("get", "deploy/web", "-o", "jsonpath={.spec.replicas}").out == "2"
    assert "kind: Deployment" in web.ok("get", "deploy/web", "-o", "yaml").out
    assert len(web.ok("get", "pods", "-l", "app=web", "-o", "name").lines) == 2

    web.ok("label", "deployment", "web", "tier=front")
    web.ok("annotate", "deployment", "web", "owner=storefront")
    web.ok("scale", "deployment", "web", "--replicas=3")
    web.ok("set", "image", "deployment/web", "nginx=nginx:2")
    web.ok("rollout", "status", "deployment/web")
    pods = web.ok("get", "pods", "-o", "json").json()["items"]
    assert [one["spec"]["containers"][0]["image"] for one in pods] == ["nginx:2"] * 3
    assert "nginx:2" in web.ok("describe", "deployment", "web").out
    # It says on stderr which of the Pods it took.
    assert "nginx:2" in web("logs", "deployment/web").out


@pytest.mark.parametrize(
    ("form", "patch"),
    [
        (
            "strategic",
            '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","tty":true}]}}}}',
        ),
        ("json", '[{"op":"add","path":"/spec/template/spec/containers/0/tty","value":true}]'),
        ("merge", '{"metadata":{"labels":{"app":null,"patched":"yes"}}}'),
    ],
)
def test_each_form_of_patch(web: Kubectl, form: str, patch: str) -> None:
    web.ok("patch", "deployment", "web", f"--type={form}", "-p", patch)
    thing = web.ok("get", "deployment", "web", "-o", "json").json()
    if form == "merge":
        assert thing["metadata"]["labels"] == {"patched": "yes"}
    else:
        [container] = thing["spec"]["template"]["spec"]["containers"]
        assert (container["tty"], container["image"]) == (True, "nginx:1")
    assert "(no change)" in web.ok("patch", "deploy/web", "--type=merge", "-p", "{}").out


def test_questions_about_the_api(web: Kubectl) -> None:
    assert web.ok("auth", "can-i", "create", "pods").out == "yes\n"
    assert "replicas" in web.ok("explain", "deployment.spec").out
    assert "deployments" in web.ok("api-resources", "--api-group=apps").out
    other = web("auth", "can-i", "create", "pods", "--as=nobody")
    assert (other.code, other.out.split()[0]) == (1, "no")
    refused = web("get", "pods", "--as=nobody")
    assert 'User "nobody" cannot list resource "pods"' in refused.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["get", "pod", "nobody"], 'Error from server (NotFound): pods "nobody" not found'),
        (["get", "nonsense"], 'error: the server doesn\'t have a resource type "nonsense"'),
        (
            ["create", "deployment", "web", "--image=x"],
            'error: failed to create deployment: deployments.apps "web" already exists',
        ),
        (["get", "pods", "-l", "a in (b"], "unable to parse requirement"),
    ],
)
def test_what_is_wrong_is_told_in_the_servers_words(
    web: Kubectl, arguments: list[str], told: str
) -> None:
    refused = web(*arguments)
    assert refused.code == 1
    assert told in refused.err


def test_an_unknown_field_is_refused(web: Kubectl) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [], imagePull: x}\n"
    refused = web("apply", "-f", "-", stdin=pod)
    assert refused.code == 1
    assert 'unknown field "spec.imagePull"' in refused.err
