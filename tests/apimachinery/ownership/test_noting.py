"""Who changed which fields, as ``--show-managed-fields`` shows it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from policy_app.apimachinery import ownership
from policy_app.apimachinery.schemas import Schemas
from tests.apimachinery.ownership import cases
from tests.apimachinery.ownership.cases import CONFIG_MAP, LATER, config, deployment, entries

FULL = {
    "replicas": 1,
    "selector": {"matchLabels": {"app": "web"}},
    "strategy": {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    },
    "template": {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "image": "nginx",
                    "resources": {},
                    "ports": [{"containerPort": 80, "protocol": "TCP"}],
                }
            ],
            "securityContext": {},
        },
    },
}


def test_a_created_deployment_is_owned_as_a_real_server_writes_it_down() -> None:
    thing = cases.thing(cases.DEPLOYMENT, spec=FULL)
    thing["metadata"]["labels"] = {"app": "web"}

    stored = cases.update(None, thing, "kubectl-create")

    [entry] = stored["metadata"]["managedFields"]
    assert entry == {
        "manager": "kubectl-create",
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": "2026-01-01T12:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:replicas": {},
                "f:selector": {},
                "f:strategy": {
                    "f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}},
                    "f:type": {},
                },
                "f:template": {
                    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                    "f:spec": {
                        "f:containers": {
                            'k:{"name":"web"}': {
                                ".": {},
                                "f:image": {},
                                "f:name": {},
                                "f:ports": {
                                    ".": {},
                                    'k:{"containerPort":80,"protocol":"TCP"}': {
                                        ".": {},
                                        "f:containerPort": {},
                                        "f:protocol": {},
                                    },
                                },
                                "f:resources": {},
                            }
                        },
                        "f:securityContext": {},
                    },
                },
            },
        },
    }


def test_a_change_moves_the_field_to_whoever_made_it() -> None:
    stored = cases.update(None, config(a="1", b="1"), of=CONFIG_MAP)

    changed = copy.deepcopy(stored)
    changed["data"]["b"] = "2"
    stored = cases.update(stored, changed, "carol", of=CONFIG_MAP, now=LATER)

    assert entries(stored) == {
        "bob/Update": {"f:data": {".": {}, "f:a": {}}},
        "carol/Update": {"f:data": {"f:b": {}}},
    }
    assert cases.times(stored) == {
        "bob": "2026-01-01T12:00:00Z",
        "carol": "2026-01-01T12:05:00Z",
    }


def test_a_removed_field_is_owned_by_nobody() -> None:
    stored = cases.update(None, config(a="1", b="1"), of=CONFIG_MAP)
    changed = copy.deepcopy(stored)
    del changed["data"]["b"]

    stored = cases.update(stored, changed, "carol", of=CONFIG_MAP)

    assert entries(stored) == {"bob/Update": {"f:data": {".": {}, "f:a": {}}}}


def test_an_object_that_does_not_change_keeps_its_entries_with_their_times() -> None:
    stored = cases.update(None, config(a="1"), of=CONFIG_MAP)

    assert cases.update(stored, stored, "carol", of=CONFIG_MAP, now=LATER) == stored
    without = {**stored, "metadata": {"name": "web", "namespace": "default"}}
    assert cases.update(stored, without, "carol", of=CONFIG_MAP, now=LATER) == stored


def test_what_a_manager_changed_before_stays_its_own_beside_what_it_changes_now() -> None:
    stored = cases.update(None, config(a="1"), of=CONFIG_MAP)
    changed = copy.deepcopy(stored)
    changed["data"]["b"] = "1"

    stored = cases.update(stored, changed, of=CONFIG_MAP, now=LATER)

    assert entries(stored) == {"bob/Update": {"f:data": {".": {}, "f:a": {}, "f:b": {}}}}
    assert cases.times(stored) == {"bob": "2026-01-01T12:05:00Z"}


@pytest.mark.parametrize("reset", [[], [{}]])
def test_a_client_can_forget_all_managers(reset: list[Any]) -> None:
    stored = cases.update(None, config(a="1"), of=CONFIG_MAP)
    changed = {**stored, "metadata": {**stored["metadata"], "managedFields": reset}}

    assert "managedFields" not in cases.update(stored, changed, of=CONFIG_MAP)["metadata"]


def test_entries_that_a_client_gives_are_taken_and_unreadable_ones_are_not() -> None:
    stored = cases.update(None, config(a="1"), of=CONFIG_MAP)
    [entry] = stored["metadata"]["managedFields"]

    def with_entry(given: dict[str, Any]) -> dict[str, Any]:
        return {**stored, "metadata": {**stored["metadata"], "managedFields": [given]}}

    renamed = with_entry({**entry, "manager": "kubectl", "operation": "Apply"})
    assert list(entries(cases.update(stored, renamed, of=CONFIG_MAP))) == ["kubectl/Apply"]
    for wrong in (
        {**entry, "fieldsV1": {"x": {}}},
        {**entry, "fieldsV1": {"f:data": 1}},
        {**entry, "operation": "Steal"},
        {**entry, "fieldsType": "FieldsV2"},
        {"manager": "x"},
    ):
        given = with_entry(wrong)
        assert list(entries(cases.update(stored, given, of=CONFIG_MAP))) == ["bob/Update"]


def test_the_status_has_managers_of_its_own() -> None:
    stored = cases.update(None, deployment(replicas=1))
    changed = {**stored, "status": {"replicas": 1}}

    stored = cases.update(stored, changed, "controller", subresource="status")

    by_path = {one.get("subresource"): one for one in stored["metadata"]["managedFields"]}
    assert by_path["status"]["fieldsV1"] == {"f:status": {"f:replicas": {}}}
    assert by_path[None]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


def test_no_more_than_ten_updaters_are_remembered() -> None:
    stored = cases.update(None, config(k0="1"), "m0", of=CONFIG_MAP)
    for number in range(1, 14):
        changed = copy.deepcopy(stored)
        changed["data"][f"k{number}"] = "1"
        now = cases.NOON.replace(minute=number)
        stored = cases.update(stored, changed, f"m{number}", of=CONFIG_MAP, now=now)

    owned = entries(stored)
    assert len(owned) == 10
    assert owned["ancient-changes/Update"] == {
        "f:data": {".": {}, **{f"f:k{number}": {} for number in range(5)}}
    }
    assert "m13/Update" in owned


def test_the_first_field_of_a_custom_object_brings_its_structure_along() -> None:
    kind = cases.custom({"type": "object", "properties": {"size": {"type": "integer"}}})

    stored = cases.update(None, cases.thing(kind, spec={"size": 1}), of=kind)

    assert entries(stored) == {"bob/Update": {"f:spec": {".": {}, "f:size": {}}}}


def test_lists_of_values_have_an_owner_for_each_value() -> None:
    thing = config(a="1")
    thing["metadata"]["finalizers"] = ["x/one"]
    stored = cases.update(None, thing, of=CONFIG_MAP)
    changed = copy.deepcopy(stored)
    changed["metadata"]["finalizers"].append("x/two")

    stored = cases.update(stored, changed, "carol", of=CONFIG_MAP)

    assert entries(stored)["carol/Update"] == {"f:metadata": {"f:finalizers": {'v:"x/two"': {}}}}


def test_a_list_that_cannot_be_told_apart_is_stored_all_the_same() -> None:
    thing = deployment(image="a")
    thing["spec"]["template"]["spec"]["containers"][0].pop("name")

    assert "managedFields" not in cases.update(None, thing)["metadata"]


def test_older_schemas_tell_containers_apart_by_their_merge_key() -> None:
    schemas = Schemas.of_version("1.27")
    containers = schemas.definitions["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert "x-kubernetes-list-type" not in containers

    stored = ownership.noted(
        cases.DEPLOYMENT,
        None,
        deployment(image="a"),
        manager="bob",
        operation=ownership.UPDATE,
        schemas=schemas,
        now=cases.NOON,
        subresource="",
    )
    below = entries(stored)["bob/Update"]["f:spec"]["f:template"]["f:spec"]["f:containers"]
    assert list(below) == ['k:{"name":"web"}']
