"""A real cluster is read page by page with GET alone, and no value of a Secret is asked for."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_app.models import Cluster
from policy_app.services.cluster import addon
from policy_app.services.cluster.kinds import kinds_of
from policy_app.services.errors import PolicyError
from policy_app.services.snapshots import asking, kubeconfig, live, places, taking
from policy_app.services.snapshots.taking import Taken
from tests.services.cluster.inside import Api, pod
from tests.services.snapshots import api_server
from tests.services.snapshots.api_server import ApiServer
from tests.services.snapshots.taking_files import body, held, left, place, served

pytestmark = pytest.mark.usefixtures("portal")

Object = dict[str, Any]


def namespace(name: str) -> Object:
    thing = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    return served(thing, f"ns-{name}")


def secret(name: str = "login") -> Object:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"p":"aHVudGVyMg=="}}'}
    metadata = {"name": name, "namespace": "shop", "annotations": {"team": "a", **applied}}
    thing = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    return served({**thing, "data": {"p": "aHVudGVyMg=="}, "type": "Opaque"}, f"secret-{name}")


def widget_definition(scope: str = "Namespaced") -> Object:
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True}
    version["schema"] = {"openAPIV3Schema": anything}
    thing = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {"group": "example.org", "scope": scope, "names": names, "versions": [version]},
    }
    return served(thing, "crd-widgets")


def widget(name: str = "w") -> Object:
    metadata = {"name": name, "namespace": "shop"}
    thing = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": metadata}
    return served({**thing, "spec": {"size": 3}}, f"widget-{name}")


@pytest.fixture
def real() -> Iterator[ApiServer]:
    """A cluster with a few of everything."""
    with api_server.running() as server:
        server.has("v1", "namespaces", "Namespace", namespace("shop"), namespaced=False)
        pods = (served(pod(f"web-{n}", "shop"), f"pod-{n}") for n in range(5))
        server.has("v1", "pods", "Pod", *pods)
        server.has("v1", "secrets", "Secret", secret())
        server.has("v1", "events", "Event")
        server.has("coordination.k8s.io/v1", "leases", "Lease")
        server.has("metrics.k8s.io/v1beta1", "pods", "PodMetrics")
        crds = "customresourcedefinitions"
        server.has(
            "apiextensions.k8s.io/v1",
            crds,
            "CustomResourceDefinition",
            widget_definition(),
            namespaced=False,
        )
        server.has("example.org/v1", "widgets", "Widget", widget())
        yield server


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried at once, in small pages."""
    monkeypatch.setattr(asking, "_AGAIN", asking._AGAIN.new(backoff_factor=0))
    monkeypatch.setattr(live, "PAGE", 2)


def take(real: ApiServer, tmp_path: Path, context: str = "", **user: Any) -> Taken:
    file = api_server.kubeconfig(tmp_path / "kubeconfig", real.url, **user)
    source = live.Live(kubeconfig.connect(str(file), context))
    return taking.take(place("real"), source)


def listed(real: ApiServer, path: str) -> list[api_server.Asked]:
    return [one for one in real.asked if one.path == path]


def test_a_cluster_is_read_page_by_page_and_nothing_but_read(
    real: ApiServer, tmp_path: Path
) -> None:
    taken = take(real, tmp_path)
    assert set(held("real")) == {
        "namespaces/shop",
        *(f"pods/shop/web-{n}" for n in range(5)),
        "secrets/shop/login",
        "customresourcedefinitions/widgets.example.org",
        "widgets/shop/w",
    }
    assert taken.counts.added == 9
    assert {one.method for one in real.asked} == {"GET"}
    pages = [one.query for one in listed(real, "/api/v1/pods")]
    assert pages == [
        {"limit": "2"},
        {"limit": "2", "continue": "2"},
        {"limit": "2", "continue": "4"},
    ]
    mirror = places.find("real")
    assert mirror.kubernetes_version == "1.31.4"
    assert mirror.mirrored_from == f"{real.url}, context prod"
    stored = body("pods", "web-1", "real")["metadata"]
    assert (stored["uid"], stored["creationTimestamp"]) == ("pod-1", "2024-01-02T03:04:05Z")
    assert "managedFields" not in stored


def test_values_of_secrets_are_never_asked_for(real: ApiServer, tmp_path: Path) -> None:
    taken = take(real, tmp_path)
    asked = [one for one in real.asked if one.path.endswith("/secrets")]
    assert {one.accept for one in asked} == {
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    }
    kept = body("secrets", "login", "real")
    assert kept["metadata"]["annotations"] == {"team": "a"}
    assert "aHVudGVyMg" not in json.dumps(kept)
    assert "secrets" in left(taken, "secrets")


def test_a_server_that_gives_secrets_with_their_values_is_not_listened_to(
    real: ApiServer, tmp_path: Path
) -> None:
    real.metadata_only = False
    taken = take(real, tmp_path)
    assert "secrets/shop/login" not in held("real")
    (why,) = left(taken, "unavailable")["secrets"]
    assert "without their values" in why


def test_again_brings_it_up_to_date_and_touches_only_what_changed(
    real: ApiServer, tmp_path: Path
) -> None:
    take(real, tmp_path)
    before = held("real")
    pods = real.objects["v1", "pods"]
    pods[0] = served(pod("web-0", "shop", privileged=True), "pod-0")
    pods[1] = served(pod("web-1", "shop"), "pod-1-made-anew")
    pods.pop(2)
    pods.append(served(pod("web-9", "shop"), "pod-9"))
    for one in pods:
        one["metadata"]["resourceVersion"] = "815"
    counts = take(real, tmp_path).counts
    after = held("real")
    assert (counts.added, counts.changed, counts.removed) == (2, 1, 2)
    assert "pods/shop/web-2" not in after
    assert after["pods/shop/web-0"] > before["pods/shop/web-0"]
    assert body("pods", "web-1", "real")["metadata"]["uid"] == "pod-1-made-anew"
    same = [name for name in after if before.get(name) == after[name]]
    assert {"pods/shop/web-3", "widgets/shop/w", "secrets/shop/login"} <= set(same)


def test_a_kind_that_may_not_be_listed_is_told_and_keeps_what_was_known_of_it(
    real: ApiServer, tmp_path: Path
) -> None:
    take(real, tmp_path)
    path = "/api/v1/pods"
    real.refusals[path] = [(403, 'pods is forbidden: User "me" cannot list resource "pods"')]
    taken = take(real, tmp_path)
    (why,) = left(taken, "forbidden")["pods"]
    assert 'User "me" cannot list' in why
    assert "pods/shop/web-1" in held("real")


def test_kinds_are_known_though_definitions_may_not_be_read(
    real: ApiServer, tmp_path: Path
) -> None:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    real.refusals[path] = [(403, "no")]
    taken = take(real, tmp_path)
    assert "widgets/shop/w" in held("real")
    assert "widgets.example.org" in left(taken, "kinds")
    kind = kinds_of(places.find("real")).of("example.org/v1", "Widget")
    assert kind is not None
    assert kind.namespaced
    assert Api("real").names("example.org/v1", "Widget") == ["w"]


def test_what_the_portal_does_not_keep_is_told(real: ApiServer, tmp_path: Path) -> None:
    taken = take(real, tmp_path)
    assert set(left(taken, "changing")) == {"events", "leases.coordination.k8s.io"}
    assert set(left(taken, "notKept")) == {"pods.metrics.k8s.io"}
    assert not listed(real, "/api/v1/events")


def test_a_list_that_grew_too_old_between_two_pages_is_begun_anew(
    real: ApiServer, tmp_path: Path
) -> None:
    real.refusals["/api/v1/pods"] = [(0, ""), (410, "Expired"), (0, "")]
    take(real, tmp_path)
    assert sum(name.startswith("pods/") for name in held("real")) == 5
    beginnings = [one for one in listed(real, "/api/v1/pods") if "continue" not in one.query]
    assert len(beginnings) == 2


def test_a_cluster_that_breaks_off_in_the_middle_changes_nothing(
    real: ApiServer, tmp_path: Path
) -> None:
    take(real, tmp_path)
    before = held("real")
    real.objects["v1", "pods"].clear()
    real.refusals["/apis/example.org/v1/widgets"] = [(500, "etcd is gone")]
    with pytest.raises(PolicyError, match=r"etcd is gone \(500\)"):
        take(real, tmp_path)
    assert held("real") == before
    assert sum(name.startswith("pods/") for name in before) == 5


def test_a_first_snapshot_that_fails_makes_no_cluster(real: ApiServer, tmp_path: Path) -> None:
    real.refusals["/apis/example.org/v1/widgets"] = [(500, "etcd is gone")]
    with pytest.raises(PolicyError):
        take(real, tmp_path)
    assert not Cluster.objects.filter(scope__name="real").exists()


def test_two_clusters_may_mirror_the_same_one(real: ApiServer, tmp_path: Path) -> None:
    take(real, tmp_path)
    file = str(tmp_path / "kubeconfig")
    taking.take(place("other"), live.Live(kubeconfig.connect(file)))
    assert set(held("other")) == set(held("real"))
    addon.sync(places.find("other"))


def test_credentials_that_are_not_taken_are_told_with_the_user_and_the_context(
    real: ApiServer, tmp_path: Path
) -> None:
    with pytest.raises(PolicyError, match=r"user me in context test \(401\).*sign in anew"):
        take(real, tmp_path, "test", user={"token": "an old one"})


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(PolicyError, match="cannot be reached: Connection refused"):
            take(ApiServer(url), tmp_path)


def test_something_that_is_no_api_server_is_told(real: ApiServer, tmp_path: Path) -> None:
    real.refusals["/version"] = [(404, "")]
    with pytest.raises(PolicyError, match=r"does not answer GET /version: \(404\)"):
        take(real, tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"current-context": "gone"}, "current-context: gone is not there; .*: prod, test"),
        ({"current-context": ""}, "no current-context; choose one with --context: prod, test"),
        ({"clusters": "c"}, "clusters must be a list"),
        ({"clusters": []}, "clusters has no c, which the context's cluster is"),
        ({"users": []}, "users has no me, which the user of context prod is"),
        (
            {"clusters": [{"name": "c", "cluster": {"server": "localhost"}}]},
            r"clusters\[c\].cluster.server must be an http or https address",
        ),
        (
            {"users": [{"name": "me", "user": {"client-certificate": "/no/such.crt"}}]},
            "/no/such.crt",
        ),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_names_the_field(
    tmp_path: Path, change: Object, told: str
) -> None:
    import yaml

    file = api_server.kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1")
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **change}))
    with pytest.raises(PolicyError, match=told) as refused:
        kubeconfig.connect(str(file))
    assert str(file) in refused.value.message
    assert "secret-token" not in refused.value.message


def test_a_context_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    file = api_server.kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1")
    with pytest.raises(PolicyError, match="no context stage; the contexts are: prod, test"):
        kubeconfig.connect(str(file), "stage")


def test_a_file_that_is_not_there_or_no_yaml_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="No such file or directory"):
        kubeconfig.connect(str(tmp_path / "none"))
    (tmp_path / "bad").write_text("a: b\nc: [")
    with pytest.raises(PolicyError, match="line 2 is no YAML"):
        kubeconfig.connect(str(tmp_path / "bad"))


def test_a_plug_in_that_gives_no_credentials_is_told_with_what_it_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    script = "import sys; sys.exit('the session has expired')"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", script],
    }
    file = api_server.kubeconfig(tmp_path / "k", "https://127.0.0.1:1", {"exec": plugin})
    with pytest.raises(PolicyError, match=r"user me: .*session has expired; sign in anew"):
        kubeconfig.connect(str(file))
    assert not caplog.records


def test_an_identity_in_the_address_is_sent_and_never_shown(tmp_path: Path) -> None:
    file = api_server.kubeconfig(tmp_path / "k", "http://me:hunter2@127.0.0.1:1", {})
    made = kubeconfig.connect(str(file))
    assert made.server == "http://127.0.0.1:1"
    assert made.client.default_headers["Authorization"] == "Basic bWU6aHVudGVyMg=="
