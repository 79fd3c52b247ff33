"""Strategic merge patches: every directive, alone and with others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apimachinery.patches.cases import (
    CUSTOM,
    containers,
    kind,
    names_of,
    patched,
    pod,
    refusal,
)


def test_what_kubectl_sends_to_change_a_deployment_does_what_it_says() -> None:
    """The example of a real client: a container, an env and a port go, a volume changes."""
    web = {
        "name": "web",
        "image": "nginx",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "ports": [{"containerPort": 80}, {"containerPort": 81}],
    }
    live = {
        "spec": {
            "replicas": 1,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
            "template": {
                "spec": {
                    "containers": [web, {"name": "side", "image": "x"}],
                    "volumes": [{"name": "v", "emptyDir": {}}],
                }
            },
        }
    }
    patch = {
        "spec": {
            "replicas": 3,
            "strategy": {"$retainKeys": ["type"], "rollingUpdate": None, "type": "Recreate"},
            "template": {
                "spec": {
                    "$setElementOrder/containers": [{"name": "web"}],
                    "$setElementOrder/volumes": [{"name": "v"}],
                    "containers": [
                        {
                            "$setElementOrder/env": [{"name": "B"}],
                            "$setElementOrder/ports": [{"containerPort": 81}],
                            "env": [
                                {"name": "B", "value": "3"},
                                {"$patch": "delete", "name": "A"},
                            ],
                            "name": "web",
                            "ports": [
                                {"containerPort": 81},
                                {"$patch": "delete", "containerPort": 80},
                            ],
                        },
                        {"$patch": "delete", "name": "side"},
                    ],
                    "volumes": [
                        {
                            "$retainKeys": ["hostPath", "name"],
                            "emptyDir": None,
                            "hostPath": {"path": "/x"},
                            "name": "v",
                        }
                    ],
                }
            },
        }
    }

    done = patched(live, patch, of=kind("apps/v1", "Deployment"))

    assert done == {
        "spec": {
            "replicas": 3,
            "strategy": {"type": "Recreate"},
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": "nginx",
                            "env": [{"name": "B", "value": "3"}],
                            "ports": [{"containerPort": 81}],
                        }
                    ],
                    "volumes": [{"name": "v", "hostPath": {"path": "/x"}}],
                }
            },
        }
    }


class TestObjects:
    def test_fields_merge_and_null_removes(self) -> None:
        live = pod(nodeName="a", hostname="h", securityContext={"runAsUser": 1, "fsGroup": 2})
        patch = {"spec": {"hostname": None, "securityContext": {"fsGroup": 3}, "priority": 1}}

        assert patched(live, patch)["spec"] == {
            "nodeName": "a",
            "securityContext": {"runAsUser": 1, "fsGroup": 3},
            "priority": 1,
        }

    def test_null_where_nothing_was_leaves_nothing(self) -> None:
        patch = {"spec": {"hostname": None, "securityContext": {"runAsUser": None, "fsGroup": 1}}}
        assert patched(pod(), patch)["spec"] == {"securityContext": {"fsGroup": 1}}

    def test_replace_puts_an_object_in_the_place_of_another(self) -> None:
        live = pod(securityContext={"runAsUser": 1})
        patch = {
            "spec": {"securityContext": {"$patch": "replace", "fsGroup": 2, "runAsGroup": None}}
        }
        assert patched(live, patch)["spec"] == {"securityContext": {"fsGroup": 2}}

    def test_delete_empties_an_object(self) -> None:
        live = pod(securityContext={"runAsUser": 1})
        patch = {"spec": {"securityContext": {"$patch": "delete"}}}
        assert patched(live, patch)["spec"] == {"securityContext": {}}

    def test_directives_about_an_object_that_is_not_there_do_nothing(self) -> None:
        for directive in ("delete", "replace"):
            patch = {"spec": {"securityContext": {"$patch": directive, "fsGroup": 2}}}
            assert patched(pod(), patch) == pod()

    def test_retain_keys_drops_the_others(self) -> None:
        live = pod(nodeName="a", hostname="h", priority=1)
        patch = {"spec": {"$retainKeys": ["hostname", "priority"], "priority": 2}}
        assert patched(live, patch)["spec"] == {"hostname": "h", "priority": 2}

    def test_labels_merge_key_by_key(self) -> None:
        live = {"metadata": {"labels": {"a": "1", "b": "2"}}}
        patch = {"metadata": {"labels": {"a": None, "c": "3"}}}
        assert patched(live, patch) == {"metadata": {"labels": {"b": "2", "c": "3"}}}

    def test_the_selector_of_a_disruption_budget_is_replaced(self) -> None:
        live = {"spec": {"selector": {"matchLabels": {"a": "1"}}, "minAvailable": 1}}
        patch = {"spec": {"selector": {"matchLabels": {"b": "2"}}}}

        done = patched(live, patch, of=kind("policy/v1", "PodDisruptionBudget"))

        assert done["spec"] == {"selector": {"matchLabels": {"b": "2"}}, "minAvailable": 1}

    def test_a_value_of_another_type_takes_the_place_of_what_was_there(self) -> None:
        assert patched(pod(hostname="h"), {"spec": {"hostname": {"a": 1}}})["spec"] == {
            "hostname": {"a": 1}
        }
        assert patched(pod(hostname={"a": 1}), {"spec": {"hostname": "h"}})["spec"] == {
            "hostname": "h"
        }


class TestKeyedLists:
    def test_elements_merge_by_their_key_and_new_ones_are_added(self) -> None:
        live = pod(containers=containers("ab"))
        patch = {"spec": {"containers": [{"name": "b", "image": "new"}, {"name": "c"}]}}

        assert patched(live, patch)["spec"]["containers"] == [
            {"name": "a", "image": "a"},
            {"name": "b", "image": "new"},
            {"name": "c"},
        ]

    def test_delete_removes_one(self) -> None:
        live = pod(containers=containers("abc"))
        patch = {"spec": {"containers": [{"name": "b", "$patch": "delete"}]}}
        assert names_of(patched(live, patch)) == "ac"

    def test_deleting_what_is_not_there_changes_nothing(self) -> None:
        live = pod(containers=containers("a"))
        patch = {"spec": {"containers": [{"name": "x", "$patch": "delete"}]}}
        assert patched(live, patch) == live

    def test_replace_keeps_the_elements_of_the_patch_alone(self) -> None:
        live = pod(containers=containers("ab"))
        patch = {"spec": {"containers": [{"$patch": "replace"}, {"name": "z", "image": None}]}}
        assert patched(live, patch)["spec"]["containers"] == [{"name": "z"}]

    def test_replace_alone_empties_the_list(self) -> None:
        live = pod(containers=containers("ab"))
        patch = {"spec": {"containers": [{"$patch": "replace"}]}}
        assert patched(live, patch)["spec"]["containers"] == []

    def test_null_removes_the_list(self) -> None:
        live = pod(containers=containers("ab"))
        assert patched(live, {"spec": {"containers": None}})["spec"] == {}

    def test_directives_are_not_stored_where_no_list_was(self) -> None:
        patch = {
            "spec": {
                "$setElementOrder/containers": [{"name": "a"}],
                "containers": [
                    {"name": "a", "$retainKeys": ["name"]},
                    {"name": "gone", "$patch": "delete"},
                ],
            }
        }
        assert patched(pod(), patch)["spec"] == {"containers": [{"name": "a"}]}

    def test_owners_merge_by_their_uid(self) -> None:
        live = {"metadata": {"ownerReferences": [{"uid": "1", "name": "a"}]}}
        patch = {"metadata": {"ownerReferences": [{"uid": "1", "controller": True}, {"uid": "2"}]}}
        assert patched(live, patch)["metadata"]["ownerReferences"] == [
            {"uid": "1", "name": "a", "controller": True},
            {"uid": "2"},
        ]

    def test_numbers_are_keys_and_true_is_none(self) -> None:
        live = {"spec": {"ports": [{"port": 1, "name": "a"}]}}
        service = kind("v1", "Service")
        same = patched(live, {"spec": {"ports": [{"port": 1.0, "name": "b"}]}}, of=service)
        assert same["spec"]["ports"] == [{"port": 1.0, "name": "b"}]
        other = patched(live, {"spec": {"ports": [{"port": True, "name": "b"}]}}, of=service)
        assert len(other["spec"]["ports"]) == 2


class TestOrder:
    @pytest.mark.parametrize(
        ("there", "order", "patch", "result"),
        [
            ("abc", "cba", "", "cba"),
            ("abc", "ca", "", "bca"),
            ("axb", "ba", "", "xba"),
            ("ab", "acb", "c", "acb"),
            ("abz", "ca", "c", "cabz"),
            ("zab", "bca", "c", "zbca"),
            ("", "ba", "ba", "ba"),
        ],
    )
    def test_the_patch_orders_what_it_names_and_others_keep_their_place(
        self, there: str, order: str, patch: str, result: str
    ) -> None:
        spec: dict[str, Any] = {"$setElementOrder/containers": [{"name": one} for one in order]}
        if patch:
            spec["containers"] = [{"name": one} for one in patch]
        assert names_of(patched(pod(containers=containers(there)), {"spec": spec})) == result

    def test_without_a_directive_the_elements_of_the_patch_are_in_its_order(self) -> None:
        patch = {"spec": {"containers": [{"name": "b"}, {"name": "a"}]}}
        assert names_of(patched(pod(containers=containers("xaby")), patch)) == "xbay"

    def test_an_element_of_the_server_stays_before_one_that_replaces_another(self) -> None:
        spec = {
            "$setElementOrder/containers": [{"name": "d"}],
            "containers": [{"name": "d"}, {"name": "e", "$patch": "delete"}],
        }
        live = pod(containers=containers("ebfa"))
        assert names_of(patched(live, {"spec": spec})) == "bfad"

    def test_the_order_of_a_list_that_is_not_there_is_no_list(self) -> None:
        patch = {"spec": {"$setElementOrder/containers": [{"name": "a"}]}}
        assert patched(pod(), patch) == pod()


class TestValues:
    def test_a_list_of_values_gets_those_that_it_has_not(self) -> None:
        live = {"metadata": {"finalizers": ["a", "b"]}}
        patch = {"metadata": {"finalizers": ["c", "a", "c"]}}
        assert patched(live, patch)["metadata"]["finalizers"] == ["c", "a", "b"]

    def test_values_are_deleted_beside_others_that_are_added(self) -> None:
        live = {"metadata": {"finalizers": ["a", "b", "c"]}}
        patch = {
            "metadata": {
                "$deleteFromPrimitiveList/finalizers": ["a", "x"],
                "$setElementOrder/finalizers": ["d", "c"],
                "finalizers": ["d"],
            }
        }
        assert patched(live, patch)["metadata"] == {"finalizers": ["d", "b", "c"]}

    def test_values_are_deleted_alone(self) -> None:
        live = {"metadata": {"finalizers": ["a", "b"]}}
        patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
        assert patched(live, patch)["metadata"] == {"finalizers": ["b"]}
        assert patched({"metadata": {}}, patch) == {"metadata": {}}

    def test_an_atomic_list_is_replaced(self) -> None:
        live = pod(tolerations=[{"key": "a"}], containers=[{"name": "a", "command": ["x", "y"]}])
        patch = {
            "spec": {
                "tolerations": [{"key": "b"}],
                "containers": [{"name": "a", "command": ["z"]}],
            }
        }
        assert patched(live, patch)["spec"] == {
            "tolerations": [{"key": "b"}],
            "containers": [{"name": "a", "command": ["z"]}],
        }


class TestRefusals:
    @pytest.mark.parametrize(
        ("patch", "told"),
        [
            ({"spec": {"$patch": "merge"}}, "unknown patch type: 'merge'"),
            ({"spec": {"$patch": ["x"]}}, "unknown patch type"),
            ({"spec": {"containers": [{"name": "a", "$patch": "x"}]}}, "unknown patch type: 'x'"),
            ({"spec": {"containers": [{"image": "a"}]}}, "declared merge key: name"),
            ({"spec": {"containers": [{"$patch": "delete"}]}}, "declared merge key: name"),
            ({"spec": {"containers": ["a"]}}, "an object with the key name"),
            ({"spec": {"$retainKeys": "a"}}, "invalid patch format of retainKeys"),
            ({"spec": {"$retainKeys": [["a"]]}}, "invalid patch format of retainKeys"),
            ({"spec": {"$retainKeys": ["a"], "b": 1}}, "b is set and not among"),
            ({"spec": {"$setElementOrder/containers": "a"}}, "format of setElementOrder list"),
            ({"metadata": {"$deleteFromPrimitiveList/finalizers": 1}}, "format of primitive list"),
            (
                {"spec": {"$setElementOrder/containers": [], "containers": [{"name": "a"}]}},
                "doesn't match its $setElementOrder/containers list",
            ),
            (
                {"spec": {"$setElementOrder/containers": [], "containers": {}}},
                "must have a list beside its directives",
            ),
        ],
    )
    def test_a_patch_that_is_none_is_refused(self, patch: Any, told: str) -> None:
        error = refusal(pod(containers=containers("a")), patch)
        assert error.code == 400
        assert told in error.message

    def test_a_custom_kind_takes_no_strategic_patch(self) -> None:
        error = refusal({"spec": {}}, {"spec": {}}, of=CUSTOM)
        assert (error.code, error.reason) == (415, "UnsupportedMediaType")
        assert error.message == (
            "the body of the request was in an unknown format - accepted media types include:"
            " application/json-patch+json, application/merge-patch+json,"
            " application/apply-patch+yaml"
        )

    @pytest.mark.parametrize("patch", [[], "x", None, 1])
    def test_a_patch_must_be_an_object(self, patch: Any) -> None:
        assert refusal(pod(), patch).code == 400
