"""The Python client of Kubernetes goes the way of the how-to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.kubectl.running import Simulation

# Its types want objects of its classes where it takes, as people write them, dictionaries.
client: Any = import_module("kubernetes.client")
config: Any = import_module("kubernetes.config")
dynamic: Any = import_module("kubernetes.dynamic")
utils: Any = import_module("kubernetes.utils")
watch: Any = import_module("kubernetes.watch")

MANIFESTS = settings.FIXTURES_DIR / "manifests"


@pytest.fixture
def connected(simulation: Simulation) -> Iterator[Any]:
    """A client for aks-staging, with a token that this client sends over plain HTTP, too."""
    configuration = client.Configuration()
    configuration.host = f"{simulation.portal.url}/clusters/aks-staging"
    configuration.api_key = {"authorization": f"Bearer {simulation.token()}"}
    with client.ApiClient(configuration) as made:
        yield made


def manifest(name: str) -> Any:
    return yaml.safe_load((MANIFESTS / name).read_text())


def test_a_privileged_pod_is_refused_while_the_baseline_is_assigned(
    simulation: Simulation, connected: Any
) -> None:
    core, custom = client.CoreV1Api(connected), client.CustomObjectsApi(connected)
    simulation.assign("python", "rg-staging")
    try:
        templates = custom.list_cluster_custom_object(
            "templates.gatekeeper.sh", "v1", "constrainttemplates"
        )
        kinds = [one["spec"]["crd"]["spec"]["names"]["kind"] for one in templates["items"]]
        assert "K8sAzureV2NoPrivilege" in kinds
        with pytest.raises(client.ApiException) as refused:
            core.create_namespaced_pod("default", manifest("nginx-privileged.yaml"))
        status = json.loads(refused.value.body)
        assert (refused.value.status, status["reason"]) == (403, "Forbidden")
        assert "Privileged container is not allowed: nginx-privileged" in status["message"]
        with pytest.raises(utils.FailToCreateError, match="Privileged container is not allowed"):
            utils.create_from_yaml(connected, str(MANIFESTS / "nginx-privileged.yaml"))

        utils.create_from_yaml(connected, str(MANIFESTS / "nginx-unprivileged.yaml"))
        pod = core.read_namespaced_pod("nginx-unprivileged", "default")
        assert pod.status.phase == "Running"
        assert [one.ready for one in pod.status.container_statuses] == [True]
        core.delete_namespaced_pod("nginx-unprivileged", "default")
    finally:
        simulation.unassign("python", "rg-staging")
    core.create_namespaced_pod("default", manifest("nginx-privileged.yaml"))
    core.delete_namespaced_pod("nginx-privileged", "default", grace_period_seconds=0)


def test_typed_clients_make_change_scale_and_delete_workloads(connected: Any) -> None:
    core, apps = client.CoreV1Api(connected), client.AppsV1Api(connected)
    core.create_namespace({"metadata": {"name": "typed"}})
    labels = {"app": "web"}
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": "nginx:1"}]},
        },
    }
    apps.create_namespaced_deployment("typed", {"metadata": {"name": "web"}, "spec": spec})
    assert len(core.list_namespaced_pod("typed", label_selector="app=web").items) == 2
    apps.patch_namespaced_deployment_scale("web", "typed", {"spec": {"replicas": 3}})
    assert apps.read_namespaced_deployment("web", "typed").status.ready_replicas == 3
    image = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "nginx:2"}]}}}}
    changed = apps.patch_namespaced_deployment("web", "typed", image)
    assert changed.spec.template.spec.containers[0].image == "nginx:2"
    apps.delete_namespaced_deployment("web", "typed")
    core.delete_namespace("typed")


def test_the_dynamic_client_discovers_kinds_and_watches(connected: Any) -> None:
    found = dynamic.DynamicClient(connected)
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    body = {"metadata": {"name": "dynamic", "labels": {"of": "dynamic"}}, "data": {"a": "1"}}
    made = maps.create(body=body, namespace="default")
    seen: list[tuple[str, str]] = []

    def look() -> None:
        for event in maps.watch(
            namespace="default", label_selector="of=dynamic", timeout=20, resource_version=None
        ):
            seen.append((event["type"], event["object"].data.get("a")))
            if event["type"] == "DELETED":
                return

    looking = threading.Thread(target=look)
    looking.start()
    maps.patch(
        name="dynamic",
        namespace="default",
        body={"data": {"a": "2"}},
        content_type="application/merge-patch+json",
    )
    maps.delete(name="dynamic", namespace="default")
    looking.join(30)
    assert made.metadata.resourceVersion
    assert seen[-1] == ("DELETED", "2")


def test_a_watch_goes_on_from_where_another_one_ended(connected: Any) -> None:
    core = client.CoreV1Api(connected)
    version = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", {"metadata": {"name": "first"}})
    core.create_namespaced_config_map("default", {"metadata": {"name": "second"}})
    names: list[str] = []
    for event in watch.Watch().stream(
        core.list_namespaced_config_map, "default", resource_version=version, timeout_seconds=1
    ):
        names.append(event["object"].metadata.name)
    assert names == ["first", "second"]
    for name in names:
        core.delete_namespaced_config_map(name, "default")


def test_the_printed_kubeconfig_serves_this_client_too(simulation: Simulation) -> None:
    made = config.new_client_from_config(str(simulation.kubeconfig("aks-demo")))
    with made:
        # The identity stands in the address, which this client does not read.
        made.configuration.api_key = {"authorization": f"Bearer {simulation.token()}"}
        assert client.VersionApi(made).get_code().minor
