"""A mirror shows a cluster as it is: nothing runs in it, nobody writes, and policy looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from policy_app.models import Cluster, Definition, KubeObject, Scope
from policy_app.services import access
from policy_app.services.cluster import addon, clock, watching
from policy_app.services.cluster.kinds import kinds_of
from policy_app.services.errors import PolicyError
from policy_app.services.snapshots import places
from tests.cluster.conftest import Api as Door
from tests.services.cluster.inside import Api, pod, template
from tests.services.cluster.test_addon import CONSTRAINTS, NO_PRIVILEGE, TEMPLATES, assign
from tests.services.snapshots.taking_files import body, held, manifest, served, take

pytestmark = pytest.mark.usefixtures("portal")


def deployment(name: str = "web", namespace: str = "shop", replicas: int = 2) -> dict[str, Any]:
    labels = {"app": name}
    spec = {"containers": [{"name": name, "image": "nginx:1.27"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


@pytest.fixture
def door(alice: User, tmp_path: Path) -> Door:
    """The API of a mirror with one Deployment."""
    take(manifest(tmp_path / "a.yaml", deployment()))
    return Door(access.new_token(alice, "a test"), "prod")


def test_no_controller_makes_pods_of_what_was_mirrored(tmp_path: Path) -> None:
    take(manifest(tmp_path / "a.yaml", deployment()))
    mirror = places.find("prod")
    clock.catch_up(mirror)
    assert set(held()) == {"deployments/shop/web", "namespaces/shop"}


def test_an_object_whose_owner_is_not_there_stays(tmp_path: Path) -> None:
    owner = {"apiVersion": "v1", "kind": "Node", "name": "gone", "uid": "no-such-uid"}
    mirrored = pod(namespace="shop")
    mirrored["metadata"]["ownerReferences"] = [owner]
    take(manifest(tmp_path / "a.yaml", mirrored))
    clock.catch_up(places.find("prod"))
    assert "pods/shop/web" in held()


def test_the_api_shows_a_mirror_and_refuses_each_write_with_the_reason(door: Door) -> None:
    listed = door("GET", "/apis/apps/v1/deployments")
    assert [one["metadata"]["name"] for one in listed.body["items"]] == ["web"]
    path = "/apis/apps/v1/namespaces/shop/deployments"
    patch = "application/merge-patch+json"
    for answer in (
        door("POST", path, deployment("other")),
        door("PATCH", f"{path}/web", {"spec": {"replicas": 5}}, form=patch),
        door("DELETE", f"{path}/web"),
        door("DELETE", path),
        door("PATCH", f"{path}/web/scale", {"spec": {"replicas": 5}}, form=patch),
    ):
        assert (answer.code, answer.body["reason"]) == (403, "Forbidden")
        assert "this cluster mirrors" in answer.body["message"]
        assert "take a snapshot of it again" in answer.body["message"]
    assert body("deployments", "web")["spec"]["replicas"] == 2


def test_a_mirror_makes_up_no_logs(door: Door) -> None:
    answer = door("GET", "/api/v1/namespaces/shop/pods/web/log")
    assert answer.code == 501
    assert "runs nothing" in answer.body["message"]


def test_metadata_alone_is_served_to_who_asks_for_no_more(door: Door) -> None:
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    listed = door("GET", "/apis/apps/v1/deployments", Accept=accept)
    assert listed.body["kind"] == "PartialObjectMetadataList"
    (one,) = listed.body["items"]
    assert sorted(one) == ["apiVersion", "kind", "metadata"]
    assert one["metadata"]["name"] == "web"
    single = door(
        "GET",
        "/apis/apps/v1/namespaces/shop/deployments/web",
        Accept=accept.replace("MetadataList", "Metadata"),
    )
    assert (single.body["kind"], "spec" in single.body) == ("PartialObjectMetadata", False)


def test_the_add_on_works_in_a_mirror_and_finds_what_is_wrong_there(
    tmp_path: Path, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    privileged = served(pod(namespace="shop", privileged=True), "11111111-aaaa")
    take(manifest(tmp_path / "a.yaml", privileged), cluster="prod")
    api = Api("prod")
    addon.timeline(api.cluster)
    (made,) = api.all(CONSTRAINTS, NO_PRIVILEGE)
    assert [one["name"] for one in made["status"]["violations"]] == ["web"]
    assert {one["enforced"] for one in made["status"]["byPod"]} == {True}
    assert not api.names("apps/v1", "Deployment")


def test_a_snapshot_leaves_what_the_add_on_put_there_as_it_is(
    tmp_path: Path, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    file = manifest(tmp_path / "a.yaml", pod(namespace="shop"))
    take(file)
    before = {str(row): row.revision for row in KubeObject.objects.filter(cluster=prod())}
    take(file)
    assert before == {str(row): row.revision for row in KubeObject.objects.filter(cluster=prod())}
    assert any(name.startswith("constrainttemplates/") for name in before)


def test_switching_the_add_on_off_takes_its_policies_and_nothing_of_the_real_cluster(
    tmp_path: Path, rg_demo: Scope, baseline: Definition
) -> None:
    assign(rg_demo, baseline)
    own = deployment("gatekeeper-controller", "gatekeeper-system")
    take(manifest(tmp_path / "a.yaml", served(own, "11111111-aaaa")))
    addon.switch(prod(), on=False)
    assert Api("prod").names(TEMPLATES, "ConstraintTemplate") == []
    assert "deployments/gatekeeper-system/gatekeeper-controller" in held()


def test_gatekeepers_objects_of_the_real_cluster_are_left_out_and_told(tmp_path: Path) -> None:
    taken = take(manifest(tmp_path / "a.yaml", template(), pod(namespace="shop")))
    told = [(one.what, one.reason) for one in taken.left if one.reason == "policy"]
    assert told == [("ConstraintTemplate.templates.gatekeeper.sh", "policy")]
    assert Api("prod").names(TEMPLATES, "ConstraintTemplate") == []


def test_a_cluster_that_people_have_written_to_is_taken_only_when_told_to(tmp_path: Path) -> None:
    file = manifest(tmp_path / "a.yaml", deployment())
    Api("aks-demo").create(pod("mine"))
    with pytest.raises(PolicyError, match=r"pods/default/mine.*--replace"):
        take(file, cluster="aks-demo")
    assert Api("aks-demo").names("v1", "Pod", "default") == ["mine"]
    take(file, cluster="aks-demo", replace=True)
    assert set(held("aks-demo")) == {"deployments/shop/web", "namespaces/shop"}


def test_a_cluster_that_nobody_has_written_to_may_become_a_mirror(tmp_path: Path) -> None:
    take(manifest(tmp_path / "a.yaml", deployment()), cluster="aks-staging")
    assert places.find("aks-staging").is_mirror
    assert set(held("aks-staging")) == {"deployments/shop/web", "namespaces/shop"}


def test_a_watch_that_missed_a_great_snapshot_is_told_to_list_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = manifest(tmp_path / "a.yaml", *(pod(f"web-{n}", "shop") for n in range(3)))
    take(file)
    mirror, seen = prod(), _revision()
    kind = kinds_of(mirror).of("v1", "Pod")
    assert kind is not None
    manifest(file, *(pod(f"other-{n}", "shop") for n in range(3)))
    take(file)
    asked = watching.Watch(mirror, kind, revision=seen, seconds=0)
    assert [one.type for one in watching.watch(asked)] == ["DELETED"] * 3 + ["ADDED"] * 3
    monkeypatch.setattr("policy_app.services.cluster.store.CHANGES_KEPT", 4)
    seen = _revision()
    manifest(file, *(pod(f"third-{n}", "shop") for n in range(3)))
    take(file)
    (told,) = watching.watch(watching.Watch(prod(), kind, revision=seen, seconds=0))
    assert (told.type, told.object["code"]) == ("ERROR", 410)


def prod() -> Cluster:
    return places.find("prod")


def _revision() -> int:
    return int(Cluster.objects.get(scope__name="prod").state.revision)
