"""Which container and which field a message is about."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.locate import Locator

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "hostNetwork": True,
        "hostPID": False,
        "containers": [
            {
                "name": "app",
                "image": "docker.io/library/nginx:1.15",
                "ports": [{"containerPort": 80, "hostPort": 8080}],
                "securityContext": {
                    "privileged": True,
                    "capabilities": {"add": ["SYS_ADMIN", "NET_RAW"]},
                },
                "resources": {"limits": {"cpu": "4", "memory": "1Gi"}},
            },
            {"name": "app-proxy", "image": "envoy:1", "securityContext": {"privileged": True}},
        ],
        "initContainers": [{"name": "setup", "image": "busybox"}],
        "volumes": [{"name": "data", "hostPath": {"path": "/var/run/docker.sock"}}],
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "shop"},
    "spec": {"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 8443}], "externalIPs": []},
}
FIRST = "spec.containers[0]"


@pytest.mark.parametrize(
    ("message", "container", "path"),
    [
        (
            'Privileged container is not allowed: app, securityContext: {"privileged": true}',
            "app",
            f"{FIRST}.securityContext.privileged",
        ),
        (
            "Privileged container is not allowed: app-proxy",
            "app-proxy",
            "spec.containers[1].securityContext",
        ),
        (
            "Container image docker.io/library/nginx:1.15 for container app has not been allowed.",
            "app",
            f"{FIRST}.image",
        ),
        (
            "container <app> has a disallowed capability: SYS_ADMIN",
            "app",
            f"{FIRST}.securityContext.capabilities.add[0]",
        ),
        (
            "container <app> cpu limit <4> is higher than <1>",
            "app",
            f"{FIRST}.resources.limits.cpu",
        ),
        ("The hostPort 8080 of container app is taken", "app", f"{FIRST}.ports[0].hostPort"),
        ("Container <setup> has no probe", "setup", "spec.initContainers[0]"),
        ("image envoy:1 is not signed", "app-proxy", "spec.containers[1].image"),
        ("The hostNetwork and hostPort of the pod are not allowed: web", "", "spec.hostNetwork"),
        ("Sharing spec.hostPID is not allowed", "", "spec.hostPID"),
        (
            "HostPath volume /var/run/docker.sock is not allowed, pod: web",
            "",
            "spec.volumes[0].hostPath.path",
        ),
        ("Something else is wrong with this object", "", ""),
    ],
)
def test_a_message_about_a_pod(message: str, container: str, path: str) -> None:
    found = Locator(POD).locate(message)

    assert found[0] == container
    # Where a message names less than the field, the nearest part that it names will do.
    assert found[1].startswith(path) if path else found[1] == ""


def test_details_may_say_which_container_is_meant() -> None:
    assert Locator(POD).locate("not allowed", {"container": "app-proxy"}) == (
        "app-proxy",
        "spec.containers[1]",
    )


def test_containers_of_workloads_are_found_in_their_template() -> None:
    inner = {"containers": POD["spec"]["containers"]}
    deployment = {"kind": "Deployment", "spec": {"template": {"spec": inner}}}
    job = {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": inner}}}}}

    assert Locator(deployment).locate("container <app> is privileged") == (
        "app",
        "spec.template.spec.containers[0].securityContext.privileged",
    )
    assert (
        Locator(job).locate("container <app>")[1]
        == "spec.jobTemplate.spec.template.spec.containers[0]"
    )


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("Port 8443 for service shop has not been allowed.", "spec.ports[1].port"),
        ("type LoadBalancer is not allowed", "spec.type"),
        ("service has forbidden externalIPs", "spec.externalIPs"),
    ],
)
def test_a_message_about_another_object(message: str, path: str) -> None:
    assert Locator(SERVICE).locate(message) == ("", path)


@pytest.mark.parametrize(
    "thing",
    [
        {},
        {"spec": None},
        {"spec": {"containers": "x"}},
        {"spec": {"containers": [None, {"name": 5}, {}]}},
        {"spec": {"containers": [{"name": "a", "image": ["x"]}], "initContainers": {"a": 1}}},
    ],
)
def test_objects_of_any_shape_are_looked_through(thing: dict[str, Any]) -> None:
    assert Locator(thing).locate("container b is wrong", {"x": [1]}) == ("", "")
