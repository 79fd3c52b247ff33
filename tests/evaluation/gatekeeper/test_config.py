"""Gatekeeper's configuration: who is left alone, and what is synced."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.config import (
    PROCESSES,
    Config,
    Process,
    SyncSet,
    is_config,
    is_sync_set,
    required_data,
    synced,
)
from policy_app.evaluation.gatekeeper.errors import ConfigError, TemplateError
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.scopes import Gvk

from .samples import namespace, pod, template_object

PODS = {"group": "", "version": "v1", "kind": "Pod"}


def config_object(name: str = "config", **spec: Any) -> dict[str, Any]:
    """A ``Config`` resource."""
    return {
        "apiVersion": "config.gatekeeper.sh/v1alpha1",
        "kind": "Config",
        "metadata": {"name": name, "namespace": "gatekeeper-system"},
        "spec": spec,
    }


def sync_set_object(name: str = "more", *gvks: Any) -> dict[str, Any]:
    """A ``SyncSet`` resource."""
    return {
        "apiVersion": "syncset.gatekeeper.sh/v1alpha1",
        "kind": "SyncSet",
        "metadata": {"name": name},
        "spec": {"gvks": list(gvks)},
    }


def excluding(processes: list[str], *patterns: str) -> Config:
    """A configuration that leaves namespaces alone."""
    entry = {"processes": processes, "excludedNamespaces": list(patterns)}
    return Config.parse(config_object(match=[entry]))


def test_a_process_leaves_the_namespaces_alone_that_it_is_told_to() -> None:
    config = excluding(["webhook", "audit"], "kube-*", "*-system", "*sandbox*", "shop")

    for name in ("kube-public", "gatekeeper-system", "my-sandbox-1", "shop"):
        assert config.excludes("webhook", pod(namespace=name))
        assert config.excludes("audit", pod(namespace=name))
        assert not config.excludes("sync", pod(namespace=name))
    assert not config.excludes("webhook", pod(namespace="shopping"))


@pytest.mark.parametrize("process", PROCESSES)
def test_a_star_stands_for_every_process(process: Process) -> None:
    assert excluding(["*"], "shop").excludes(process, pod(namespace="shop"))


def test_a_namespace_is_left_alone_by_its_own_name() -> None:
    config = excluding(["*"], "shop")

    assert config.excludes("webhook", namespace("shop"))
    assert not config.excludes("webhook", namespace("home"))


def test_objects_of_the_cluster_are_left_alone_only_by_a_star() -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "shop"}}

    assert excluding(["*"], "*").excludes("audit", node)
    assert not excluding(["*"], "shop").excludes("audit", node)


def test_the_namespace_of_a_request_counts_before_the_objects_own() -> None:
    review = Review.create(pod(), default_namespace="shop")

    assert excluding(["webhook"], "shop").excludes_request("webhook", review)
    assert not excluding(["webhook"], "home").excludes_request("webhook", review)
    own = Review.create(namespace("home"))
    assert excluding(["webhook"], "home").excludes_request("webhook", own)


def test_a_deletion_is_left_alone_by_its_old_object() -> None:
    review = Review.from_request(
        {"operation": "DELETE", "oldObject": namespace("shop"), "kind": {"kind": "Namespace"}}
    )

    assert excluding(["webhook"], "shop").excludes_request("webhook", review)


def test_a_word_that_is_no_process_excludes_nothing() -> None:
    config = excluding(["webhooks"], "shop")

    assert not any(config.excludes(process, pod(namespace="shop")) for process in PROCESSES)


def test_nothing_is_synced_until_it_is_asked_for() -> None:
    assert list(synced([pod()], Config())) == []


def test_the_inventory_holds_the_kinds_that_are_synced() -> None:
    config = Config.parse(config_object(sync={"syncOnly": [PODS]}))
    more = SyncSet.parse(sync_set_object("more", {"version": "v1", "kind": "Namespace"}))
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "b"}}
    objects = [pod(namespace="shop"), namespace("shop"), service]

    assert inventory_of(synced(objects, config)) == {
        "namespace": {"shop": {"v1": {"Pod": {"web": objects[0]}}}}
    }
    assert list(synced(objects, config, [more])) == objects[:2]


def test_versions_must_be_the_same_to_be_synced() -> None:
    config = Config.parse(config_object(sync={"syncOnly": [PODS | {"version": "v1beta1"}]}))

    assert list(synced([pod()], config)) == []


def test_namespaces_that_are_not_synced_are_not_in_the_inventory() -> None:
    spec: dict[str, Any] = {
        "sync": {"syncOnly": [PODS]},
        "match": [{"processes": ["sync"], "excludedNamespaces": ["kube-*"]}],
    }
    config = Config.parse(config_object(**spec))
    objects = [pod(namespace="kube-system"), pod(namespace="shop")]

    assert list(synced(objects, config)) == objects[1:]


@pytest.mark.parametrize(
    ("value", "words", "path"),
    [
        (config_object("other"), "config resource must have name 'config'", "metadata.name"),
        (config_object() | {"apiVersion": "v1"}, "no Config of config.gatekeeper.sh", "apiVersion"),
        ([], "no Config", "apiVersion"),
        (config_object(match={}), "spec.match must be a list", "spec.match"),
        (
            config_object(match=[{"processes": "*"}]),
            "spec.match[0].processes must be a list",
            "spec.match[0].processes",
        ),
        (
            config_object(sync={"syncOnly": [{"kind": 1}]}),
            "spec.sync.syncOnly[0].kind must be a string",
            "spec.sync.syncOnly[0].kind",
        ),
    ],
)
def test_a_wrong_configuration_is_refused(value: Any, words: str, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config.parse(value)
    assert words in caught.value.message
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (sync_set_object(""), "metadata.name"),
        (sync_set_object("a", "Pod"), "spec.gvks"),
        (config_object(), "apiVersion"),
    ],
)
def test_a_wrong_sync_set_is_refused(value: Any, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SyncSet.parse(value)
    assert caught.value.path == path


def test_resources_are_told_apart() -> None:
    assert is_config(config_object())
    assert not is_config(sync_set_object())
    assert is_sync_set(sync_set_object())
    assert not is_sync_set(pod())


def annotated(text: str) -> dict[str, Any]:
    """A template that says what it needs in the inventory."""
    thing = template_object()
    thing["metadata"]["annotations"] = {"metadata.gatekeeper.sh/requires-sync-data": text}
    return thing


INGRESSES = (
    '[[{"groups": ["extensions", "networking.k8s.io"], "versions": ["v1"], "kinds": ["Ingress"]}]]'
)


@pytest.mark.parametrize("text", [INGRESSES, f'"{INGRESSES}"', f'  "\n{INGRESSES}\n"\n'])
def test_a_template_says_what_it_needs_in_the_inventory(text: str) -> None:
    (found,) = required_data(annotated(text))

    assert found == {
        Gvk("extensions", "v1", "Ingress"),
        Gvk("networking.k8s.io", "v1", "Ingress"),
    }


def test_a_template_may_need_several_kinds() -> None:
    requirements = required_data(
        annotated(INGRESSES[:-1] + ', [{"groups": [""], "versions": ["v1"], "kinds": ["Pod"]}]]')
    )

    assert requirements[1:] == (frozenset({Gvk("", "v1", "Pod")}),)


def test_most_templates_need_nothing() -> None:
    assert required_data(template_object()) == ()
    assert required_data(annotated("")) == ()


@pytest.mark.parametrize(
    "text", ["Pods", "{}", "[{}]", "[[1]]", '[[{"groups": "a"}]]', "[" * 100_000]
)
def test_an_annotation_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(TemplateError, match="must hold a list of lists"):
        required_data(annotated(text))
