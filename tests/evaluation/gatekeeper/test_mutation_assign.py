"""Assign and AssignMetadata: what they make of an object, and what they leave alone."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import MutationError

from .mutators import assign, containers, label, mutated, mutator, pod, spec_after

PULL = "spec.containers[name: *].imagePullPolicy"


def test_a_field_is_set_whatever_it_held() -> None:
    assert spec_after(pod(hostNetwork=True), assign("spec.hostNetwork", False)) == {
        "hostNetwork": False
    }


def test_objects_on_the_way_are_made() -> None:
    wanted = {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
    location = "spec.securityContext.seccompProfile.type"
    assert spec_after(pod(), assign(location, "RuntimeDefault")) == wanted


def test_a_glob_reaches_every_item() -> None:
    after = spec_after(pod(containers=containers("a", "b")), assign(PULL, "Always"))
    assert [one["imagePullPolicy"] for one in after["containers"]] == ["Always", "Always"]


def test_a_key_reaches_only_its_items() -> None:
    location = "spec.containers[name: b].imagePullPolicy"
    after = spec_after(pod(containers=containers("a", "b", "b")), assign(location, "Always"))
    assert [one.get("imagePullPolicy") for one in after["containers"]] == [None, "Always", "Always"]


@pytest.mark.parametrize("spec", [{}, {"containers": []}], ids=["no list", "an empty list"])
def test_a_glob_over_no_items_changes_nothing(spec: dict[str, Any]) -> None:
    result = mutated(pod(**spec), assign(PULL, "Always"))
    assert not result.changed
    assert result.object["spec"] == spec


def test_a_keyed_item_that_is_missing_is_appended_with_its_key() -> None:
    location = "spec.containers[name: proxy].image"
    after = spec_after(pod(containers=containers("a")), assign(location, "envoy"))
    assert after["containers"][1:] == [{"name": "proxy", "image": "envoy"}]


def test_a_keyed_list_that_is_missing_is_made() -> None:
    assert spec_after(pod(), assign("spec.volumes[name: tmp].emptyDir", {})) == {
        "volumes": [{"name": "tmp", "emptyDir": {}}]
    }


def test_a_number_as_key_is_no_text() -> None:
    ports = [{"port": "80"}, {"port": 80}, {"port": True}]
    after = spec_after(pod(ports=ports), assign("spec.ports[port: 80].hit", "yes"))
    assert [one.get("hit") for one in after["ports"]] == [None, "yes", None]


def test_a_whole_item_is_put_into_its_place_or_at_the_end() -> None:
    sidecar = {"name": "proxy", "image": "envoy:1"}
    located = assign("spec.containers[name: proxy]", sidecar)
    before = [{"name": "proxy", "image": "old", "tty": True}, *containers("a")]
    assert spec_after(pod(containers=before), located)["containers"] == [sidecar, before[1]]
    assert spec_after(pod(containers=before[1:]), located)["containers"] == [before[1], sidecar]


@pytest.mark.parametrize(("condition", "changed"), [("MustExist", ["b"]), ("MustNotExist", ["a"])])
def test_a_path_test_decides_for_each_item(condition: str, changed: list[str]) -> None:
    tests = [{"subPath": PULL, "condition": condition}]
    before = containers("a") + containers("b", imagePullPolicy="Never")
    after = spec_after(pod(containers=before), assign(PULL, "Always", pathTests=tests))
    hit = [one["name"] for one in after["containers"] if one.get("imagePullPolicy") == "Always"]
    assert hit == changed


def test_a_path_test_on_the_way_keeps_the_way_from_being_made() -> None:
    tests = [{"subPath": "spec.securityContext", "condition": "MustExist"}]
    located = assign("spec.securityContext.runAsUser", 1000, pathTests=tests)
    assert not mutated(pod(), located).changed
    assert spec_after(pod(securityContext={}), located) == {"securityContext": {"runAsUser": 1000}}


@pytest.mark.parametrize("where", ["name: *", "name: a"], ids=["glob", "key"])
def test_an_item_that_must_not_exist_keeps_its_list(where: str) -> None:
    tests = [{"subPath": f"spec.containers[{where}]", "condition": "MustNotExist"}]
    located = assign(f"spec.containers[{where}].image", "new", pathTests=tests)
    assert not mutated(pod(containers=containers("a")), located).changed


def test_an_item_that_must_exist_is_not_made() -> None:
    tests = [{"subPath": "spec.containers[name: b]", "condition": "MustExist"}]
    located = assign("spec.containers[name: b].image", "new", pathTests=tests)
    assert not mutated(pod(containers=containers("a")), located).changed


@pytest.mark.parametrize(("field", "value"), [("name", "web"), ("namespace", "default")])
def test_a_value_may_come_from_the_objects_metadata(field: str, value: str) -> None:
    located = mutator("Assign", "spec.hostname", assign={"fromMetadata": {"field": field}})
    assert spec_after(pod(), located) == {"hostname": value}


@pytest.mark.parametrize(
    ("thing", "location", "said"),
    [
        (
            pod(containers={}),
            PULL,
            "mismatch between path entry (type: List) and received object (type: object)",
        ),
        (
            pod(containers="x"),
            PULL,
            "mismatch between path entry (type: List) and received object (type: string)",
        ),
        (pod(containers=["x"]), PULL, "(type: object) and received object (type: string)"),
        (pod(a=[]), "spec.a.b", "(type: object) and received object (type: list)"),
        (pod(a=None), "spec.a.b", "(type: object) and received object (type: null)"),
    ],
)
def test_an_object_of_another_shape_fails_the_request(
    thing: dict[str, Any], location: str, said: str
) -> None:
    with pytest.raises(MutationError) as error:
        mutated(thing, assign(location, "x"))
    assert error.value.message.startswith(
        "mutation for mutator Assign.mutations.gatekeeper.sh /m failed for Pod default web: "
    )
    assert said in error.value.message


@pytest.mark.parametrize(
    "apply_to",
    [
        {"groups": ["*"], "versions": ["v1"], "kinds": ["Pod"]},
        {"groups": [""], "versions": ["*"], "kinds": ["Pod"]},
        {"groups": [""], "versions": ["v1"], "kinds": ["*"]},
        {"groups": [""], "versions": ["v1beta1"], "kinds": ["Pod"]},
        {"groups": ["apps"], "versions": ["v1"], "kinds": ["Pod"]},
        {"groups": [""], "versions": ["v1"], "kinds": ["pod"]},
    ],
)
def test_apply_to_means_what_it_says_to_the_letter(apply_to: dict[str, Any]) -> None:
    assert not mutated(pod(), assign("spec.a", 1, applyTo=[apply_to])).changed


def test_a_label_is_added_and_never_overwritten() -> None:
    owner = label('metadata.labels."example.com/owner"', "team-a")
    assert mutated(pod(), owner).object["metadata"]["labels"] == {"example.com/owner": "team-a"}
    labelled = pod() | {"metadata": {"name": "web", "labels": {"example.com/owner": "team-b"}}}
    assert not mutated(labelled, owner).changed


def test_an_annotation_reaches_objects_of_every_kind() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    after = mutated(service, label("metadata.annotations.team", "a")).object
    assert after["metadata"] == {"name": "web", "annotations": {"team": "a"}}


def test_a_match_narrows_what_is_changed() -> None:
    excluded = label("metadata.labels.team", "a", match={"excludedNamespaces": ["def*"]})
    only = label("metadata.labels.team", "a", match={"namespaces": ["default"]})
    assert not mutated(pod(), excluded).changed
    assert mutated(pod(), only).changed
