"""Folders and dumps of kubectl become mirrors, whatever lies in them beside good manifests."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.models import Cluster
from policy_app.services.cluster import bootstrap
from policy_app.services.cluster.kinds import kinds_of
from policy_app.services.errors import PolicyError
from policy_app.services.snapshots import files, normal, places, taking
from tests.services.cluster.inside import Api, pod
from tests.services.snapshots.taking_files import (
    body,
    dump,
    held,
    left,
    manifest,
    place,
    served,
    take,
)
from tests.services.snapshots.test_live import secret, widget, widget_definition

pytestmark = pytest.mark.usefixtures("portal")

Object = dict[str, Any]


def uid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


@pytest.fixture(params=["whole", "item by item"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every dump once as a small one, and once as one that is too large to be read in one."""
    if request.param != "whole":
        monkeypatch.setattr(files, "LARGE", 10)
        monkeypatch.setattr("policy_app.services.snapshots.dumps._PIECE", 700)
    return str(request.param)


def things() -> list[Object]:
    """Some objects as a server shows them, one of a kind whose definition stands behind it."""
    return [
        served(bootstrap.namespace("shop", {"team": "a"}), uid(1)),
        *(served(pod(f"web-{n}", "shop"), uid(10 + n)) for n in range(4)),
        widget(),
        widget_definition(),
    ]


NAMES = {
    "namespaces/shop",
    *(f"pods/shop/web-{n}" for n in range(4)),
    "widgets/shop/w",
    "customresourcedefinitions/widgets.example.org",
}


def test_a_dump_in_json_becomes_a_mirror_and_again_changes_nothing(
    tmp_path: Path, size: str
) -> None:
    file = dump(tmp_path / "all.json", things())
    assert take(file).counts.added == len(NAMES)
    assert set(held()) == NAMES
    before = held()
    counts = take(file).counts
    assert (counts.unchanged, counts.changed, counts.added, counts.removed) == (len(NAMES), 0, 0, 0)
    assert held() == before


def test_a_dump_in_yaml_becomes_the_same_mirror(tmp_path: Path, size: str) -> None:
    whole = {"apiVersion": "v1", "items": things(), "kind": "List", "metadata": {}}
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump(whole, sort_keys=True, indent=2))
    take(file)
    assert set(held()) == NAMES
    take(dump(tmp_path / "all.json", things()))
    assert take(file).counts.unchanged == len(NAMES)


def test_several_dumps_and_lists_of_one_kind_follow_each_other(tmp_path: Path, size: str) -> None:
    bare = [{key: one[key] for key in ("metadata", "spec")} for one in things()[1:5]]
    pods = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": bare}
    file = tmp_path / "all.json"
    file.write_text(json.dumps(pods) + "\n" + json.dumps(things()[0], indent=1))
    take(file)
    assert set(held()) == {one for one in NAMES if one.startswith(("pods", "namespaces"))}


def test_a_dump_comes_from_standard_input(size: str) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": things()})
    source = files.of(["-"], io.BytesIO(text.encode()))
    taking.take(place(), source)
    assert set(held()) == NAMES
    assert places.find("prod").mirrored_from == "standard input"


@pytest.mark.parametrize("cut", [0.4, 0.99])
@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_dump_that_breaks_off_changes_nothing(
    tmp_path: Path, size: str, cut: float, form: str
) -> None:
    take(dump(tmp_path / "all.json", things()))
    before = held()
    whole = {"apiVersion": "v1", "items": things()[:3], "kind": "List", "metadata": {}}
    text = json.dumps(whole, indent=4) if form == "json" else yaml.safe_dump(whole)
    end = int(text.index("kind: List") * cut) if form == "yaml" else int(len(text) * cut)
    (tmp_path / "cut").write_text(text[:end])
    with pytest.raises(PolicyError, match=r"cut"):
        take(tmp_path / "cut")
    assert held() == before


def test_what_is_large_and_broken_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGE", 10)
    text = dump(tmp_path / "a.json", things()).read_text().splitlines()
    text[20] = "%"
    (tmp_path / "a.json").write_text("\n".join(text))
    with pytest.raises(PolicyError, match=r"a\.json cannot be read at line 21"):
        take(tmp_path / "a.json")


def test_values_of_secrets_do_not_get_into_a_mirror(tmp_path: Path, size: str) -> None:
    kept = {**secret(), "stringData": {"q": "aHVudGVyMg=="}}
    taken = take(dump(tmp_path / "all.json", [kept]))
    assert "aHVudGVyMg" not in json.dumps(body("secrets", "login"))
    assert body("secrets", "login")["type"] == "Opaque"
    assert "secrets" in left(taken, "secrets")


def test_a_folder_is_completed_as_an_api_server_would(tmp_path: Path) -> None:
    take(manifest(tmp_path / "a.yaml", pod(namespace="shop")))
    made = body("pods", "web")
    assert made["spec"]["restartPolicy"] == "Always"
    assert made["metadata"]["uid"]
    assert body("namespaces", "shop")["metadata"]["labels"] == {
        "kubernetes.io/metadata.name": "shop"
    }


def test_a_folder_keeps_uids_and_revisions_of_what_did_not_change(tmp_path: Path) -> None:
    file = manifest(tmp_path / "a.yaml", pod("one", "shop"), pod("two", "shop"))
    take(tmp_path)
    before, first = held(), body("pods", "one")["metadata"]["uid"]
    manifest(file, pod("one", "shop"), pod("two", "shop", privileged=True), pod("three", "shop"))
    counts = take(tmp_path).counts
    assert (counts.added, counts.changed, counts.unchanged) == (1, 1, 2)
    assert held()["pods/shop/one"] == before["pods/shop/one"]
    assert body("pods", "one")["metadata"]["uid"] == first
    manifest(file, pod("two", "shop", privileged=True))
    take(tmp_path)
    assert set(held()) == {"pods/shop/two", "namespaces/shop"}


def test_what_is_left_out_is_told_with_file_line_and_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normal, "MOST_BYTES", 2_000)
    large = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "large", "namespace": "shop"},
        "data": {"a": "x" * 3_000},
    }
    unnamed = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-"}}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}
    old = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "p"}}
    wrong = pod("wrong", "shop")
    wrong["spec"]["containers"][0].pop("name")
    manifest(tmp_path / "a.yaml", pod(namespace="shop"), large, unnamed, lease, old, wrong)
    manifest(tmp_path / "b.yaml", pod(namespace="shop"))
    (tmp_path / "broken.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a\n")
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    taken = take(tmp_path)
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    assert left(taken, "duplicate") == {"pods": [f"{b}:1"]}
    assert left(taken, "changing") == {"leases.coordination.k8s.io": []}
    (too_large,) = left(taken, "tooLarge")["configmaps"]
    assert too_large.startswith(f"{a}:")
    assert list(left(taken, "notKept")) == ["PodDisruptionBudget of policy/v1beta1"]
    (named,) = left(taken, "invalid")["configmaps"]
    assert "generateName" in named
    (refused,) = left(taken, "invalid")["pods"]
    assert "spec.containers[0].name: Required value" in refused
    (unreadable,) = left(taken, "unreadable")[""]
    assert unreadable.startswith(f"{tmp_path / 'broken.yaml'}:")
    (foreign,) = left(taken, "foreign")[""]
    assert foreign.startswith(f"{tmp_path / 'values.yaml'}:")
    assert "pods/shop/web" in held()


def test_kinds_without_a_definition_get_one_made_up_from_their_objects(tmp_path: Path) -> None:
    story = {"apiVersion": "example.org/v1beta1", "kind": "Story", "metadata": {"name": "s"}}
    newer = {**story, "apiVersion": "example.org/v1", "metadata": {"name": "t"}}
    taken = take(manifest(tmp_path / "a.yaml", story, newer, widget()))
    assert set(left(taken, "kinds")) == {"stories.example.org", "widgets.example.org"}
    served_kinds = kinds_of(places.find("prod"))
    kept, other = (served_kinds.of("example.org/v1", one) for one in ("Story", "Widget"))
    assert kept is not None
    assert other is not None
    assert (kept.plural, kept.namespaced, other.namespaced) == ("stories", False, True)
    assert Api("prod").names("example.org/v1beta1", "Story") == ["s", "t"]
    assert take(tmp_path / "a.yaml").counts.changed == 0


def test_a_definition_that_is_found_later_takes_the_place_of_the_made_up_one(
    tmp_path: Path,
) -> None:
    file = manifest(tmp_path / "a.yaml", widget())
    take(file)
    manifest(file, widget(), widget_definition())
    taken = take(file)
    assert "widgets.example.org" not in left(taken, "kinds")
    assert body("customresourcedefinitions", "widgets.example.org")["metadata"]["uid"] == (
        "crd-widgets"
    )
    assert "widgets/shop/w" in held()


def test_a_definition_that_defines_nothing_does_no_harm(tmp_path: Path) -> None:
    broken = widget_definition()
    broken["spec"] = {"group": "example.org"}
    taken = take(dump(tmp_path / "a.json", [broken, served(pod(namespace="shop"), uid(1))]))
    (why,) = left(taken, "invalid")["customresourcedefinitions.apiextensions.k8s.io"]
    assert "defines no kind" in why
    assert Api("prod").names("v1", "Pod") == ["web"]


def test_one_uid_for_two_objects_is_kept_for_the_first(tmp_path: Path) -> None:
    both = [served(pod(name, "shop"), uid(1)) for name in ("one", "two")]
    take(dump(tmp_path / "a.json", both))
    assert body("pods", "one")["metadata"]["uid"] == uid(1)
    assert body("pods", "two")["metadata"]["uid"] != uid(1)
    assert take(tmp_path / "a.json").counts.unchanged == 3


def test_what_is_no_name_is_in_no_cluster(tmp_path: Path) -> None:
    names = ("a/b", "..", "x" * 254, "a\x00b")
    made = [served(pod(name, "shop"), uid(n)) for n, name in enumerate(names)]
    wrong_place = served(pod("fine", "Not A Label"), uid(9))
    taken = take(dump(tmp_path / "a.json", [*made, wrong_place, served(pod("good"), uid(10))]))
    assert len(left(taken, "invalid")["pods"]) == 5
    assert "pods/default/good" in held()


def test_objects_that_name_no_namespace_go_where_one_says(tmp_path: Path) -> None:
    thing = pod()
    thing["metadata"].pop("namespace")
    take(manifest(tmp_path / "a.yaml", thing), namespace="payments")
    assert "pods/payments/web" in held()


@pytest.mark.parametrize("text", ["", "# nothing\n", "a: 1\n", "apiVersion: v1\nkind: Li"])
def test_a_source_without_objects_empties_no_mirror(tmp_path: Path, text: str) -> None:
    take(manifest(tmp_path / "a.yaml", pod(namespace="shop")))
    (tmp_path / "b.yaml").write_text(text)
    with pytest.raises(PolicyError, match="nothing was changed"):
        take(tmp_path / "b.yaml")
    assert "pods/shop/web" in held()


def test_paths_that_hold_nothing_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, told in (("none.yaml", "No such file"), ("empty", "holds no .yaml")):
        with pytest.raises(PolicyError, match=told):
            files.of([str(tmp_path / path)])
    with pytest.raises(PolicyError, match="it is closed"):
        files.of(["-"])


@pytest.mark.parametrize("name", ["a.b", "-a", "a b", "x" * 64])
def test_a_cluster_is_made_under_a_name_that_azure_takes(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="is no name for a cluster"):
        places.new(name)
    made = places.new("Prod_1-x", resource_type=Cluster.CONNECTED)
    taken = taking.take(made, files.of([str(manifest(tmp_path / "a.yaml", pod()))]))
    assert taken.cluster.scope.arm_id == (
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-demo"
        "/providers/Microsoft.Kubernetes/connectedClusters/Prod_1-x"
    )


def test_a_cluster_is_found_by_name_group_and_id() -> None:
    wanted = places.find("AKS-demo")
    assert places.find("rg-demo.aks-demo") == wanted
    assert places.find(wanted.scope.arm_id.upper()) == wanted
    with pytest.raises(PolicyError, match=r"no cluster nowhere; its clusters are: .*aks-demo"):
        places.find("nowhere")
    with pytest.raises(PolicyError, match="is no resource group"):
        places.new("a", wanted.scope.arm_id)
