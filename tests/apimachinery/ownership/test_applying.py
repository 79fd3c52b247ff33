"""Server-side apply: merging, giving up fields, conflicts."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.apimachinery.errors import ApiError
from tests.apimachinery.ownership import cases
from tests.apimachinery.ownership.cases import (
    CONFIG_MAP,
    LATER,
    SERVICE,
    apply,
    config,
    deployment,
    entries,
    update,
)


def test_a_new_object_belongs_to_whom_applied_it() -> None:
    stored = apply(None, deployment(replicas=2, image="a"))

    assert stored["spec"]["replicas"] == 2
    assert entries(stored) == {
        "alice/Apply": {
            "f:spec": {
                "f:replicas": {},
                "f:template": {
                    "f:spec": {
                        "f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}, "f:name": {}}}
                    }
                },
            }
        }
    }


def test_applying_the_same_again_changes_nothing() -> None:
    stored = apply(None, deployment(replicas=2, image="a"))

    assert apply(stored, deployment(replicas=2, image="a"), now=LATER) == stored


def test_a_field_that_is_no_longer_applied_goes() -> None:
    stored = apply(None, config(a="1", b="1"), of=CONFIG_MAP)

    stored = apply(stored, config(a="1"), of=CONFIG_MAP, now=LATER)

    assert stored["data"] == {"a": "1"}
    assert entries(stored) == {"alice/Apply": {"f:data": {"f:a": {}}}}
    assert cases.times(stored) == {"alice": "2026-01-01T12:05:00Z"}


def test_a_field_that_another_manager_owns_too_stays() -> None:
    stored = apply(None, config(a="1", b="1"), of=CONFIG_MAP)
    stored = apply(stored, config(b="1"), "bob", of=CONFIG_MAP)

    stored = apply(stored, config(a="1"), of=CONFIG_MAP)

    assert stored["data"] == {"a": "1", "b": "1"}
    assert entries(stored)["bob/Apply"] == {"f:data": {"f:b": {}}}


def test_an_object_that_is_applied_empty_stays_when_its_last_field_goes() -> None:
    given = deployment(replicas=1)
    given["spec"]["strategy"] = {"type": "Recreate"}
    stored = apply(None, given)
    given["spec"]["strategy"] = {}

    stored = apply(stored, given)

    assert stored["spec"]["strategy"] == {}
    assert apply(stored, given, now=LATER) == stored


def test_a_structure_goes_with_what_nobody_owns_in_it() -> None:
    given = deployment(replicas=1)
    given["spec"]["strategy"] = {"type": "RollingUpdate"}
    stored = apply(None, given)
    stored["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": "25%"}  # as a server defaults it

    assert "strategy" not in apply(stored, deployment(replicas=1))["spec"]


def test_a_structure_in_which_another_owns_a_field_stays_with_that_field() -> None:
    given = deployment(replicas=1)
    given["spec"]["strategy"] = {"type": "RollingUpdate"}
    stored = apply(None, given)
    changed = copy.deepcopy(stored)
    changed["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": 1}
    stored = update(stored, changed)

    stored = apply(stored, deployment(replicas=1))

    assert stored["spec"]["strategy"] == {"rollingUpdate": {"maxSurge": 1}}


def test_what_nobody_applied_stays() -> None:
    stored = apply(None, deployment(replicas=1))
    stored["spec"]["paused"] = False

    assert apply(stored, deployment())["spec"] == {"paused": False}


def test_an_element_of_a_list_goes_and_those_of_others_stay() -> None:
    def ports(*numbers: int) -> dict[str, Any]:
        return cases.thing(SERVICE, spec={"ports": [{"port": one} for one in numbers]})

    stored = apply(None, ports(80, 443), of=SERVICE)
    stored = apply(stored, ports(8080), "bob", of=SERVICE)
    assert [one["port"] for one in stored["spec"]["ports"]] == [80, 443, 8080]

    stored = apply(stored, ports(443), of=SERVICE)
    assert [one["port"] for one in stored["spec"]["ports"]] == [443, 8080]


def test_the_protocol_of_a_port_is_tcp_where_it_is_left_out() -> None:
    stored = apply(None, cases.thing(SERVICE, spec={"ports": [{"port": 80}]}), of=SERVICE)
    other = {"port": 80, "protocol": "UDP"}

    stored = apply(stored, cases.thing(SERVICE, spec={"ports": [other]}), "bob", of=SERVICE)

    assert len(stored["spec"]["ports"]) == 2
    given = {"port": 80, "protocol": "TCP", "name": "web"}
    stored = apply(stored, cases.thing(SERVICE, spec={"ports": [given]}), of=SERVICE)
    assert stored["spec"]["ports"] == [given, other]


@pytest.mark.parametrize(
    ("there", "applied", "merged"),
    [
        ("axb", "ba", "xba"),
        ("ab", "cab", "cab"),
        ("ab", "bc", "abc"),
        ("abc", "cad", "bcad"),
        ("ab", "", "ab"),
        ("", "ba", "ba"),
    ],
)
def test_applied_elements_are_in_the_order_in_which_they_were_applied(
    there: str, applied: str, merged: str
) -> None:
    def named(names: str) -> dict[str, Any]:
        spec = {"containers": [{"name": one} for one in names]}
        return cases.thing(cases.DEPLOYMENT, spec={"template": {"spec": spec}})

    stored = apply(update(None, named(there)), named(applied), force=True)

    names = [one["name"] for one in stored["spec"]["template"]["spec"]["containers"]]
    assert "".join(names) == merged


def test_an_atomic_list_is_replaced_and_contested_as_a_whole() -> None:
    stored = apply(None, deployment(image="a", command=["x", "y"]))

    with pytest.raises(ApiError) as error:
        apply(stored, deployment(command=["x", "z"]), "bob")
    [cause] = error.value.details["causes"]
    assert cause["field"] == '.spec.template.spec.containers[name="web"].command'

    taken = apply(stored, deployment(command=["x", "z"]), "bob", force=True)
    assert taken["spec"]["template"]["spec"]["containers"][0]["command"] == ["x", "z"]


def test_one_conflict_is_told_in_the_words_of_a_real_server() -> None:
    stored = update(None, deployment(replicas=1), "kubectl-scale")

    with pytest.raises(ApiError) as error:
        apply(stored, deployment(replicas=3))

    assert error.value.to_status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Apply failed with 1 conflict: "
        'conflict with "kubectl-scale" using apps/v1: .spec.replicas',
        "reason": "Conflict",
        "code": 409,
        "details": {
            "causes": [
                {
                    "reason": "FieldManagerConflict",
                    "message": 'conflict with "kubectl-scale" using apps/v1',
                    "field": ".spec.replicas",
                }
            ]
        },
    }


def test_several_conflicts_are_listed_for_each_manager() -> None:
    stored = update(None, deployment(replicas=1, image="a", command=["x"]), "bob")
    stored = apply(stored, deployment(image="b"), "carol", force=True)

    with pytest.raises(ApiError) as error:
        apply(stored, deployment(replicas=3, image="c", command=["y"]))

    container = '.spec.template.spec.containers[name="web"]'
    assert error.value.message == (
        'Apply failed with 3 conflicts: conflicts with "bob" using apps/v1:\n'
        "- .spec.replicas\n"
        f"- {container}.command\n"
        'conflicts with "carol":\n'
        f"- {container}.image"
    )


def test_force_takes_the_field_from_its_owner() -> None:
    stored = update(None, deployment(replicas=1), "kubectl-scale")

    stored = apply(stored, deployment(replicas=3), force=True)

    assert stored["spec"]["replicas"] == 3
    assert entries(stored) == {"alice/Apply": {"f:spec": {"f:replicas": {}}}}


def test_the_same_value_is_no_conflict_and_is_owned_by_both() -> None:
    stored = update(None, deployment(replicas=1), "kubectl-scale")

    assert list(entries(apply(stored, deployment(replicas=1)))) == [
        "alice/Apply",
        "kubectl-scale/Update",
    ]


def test_an_object_of_before_managed_fields_belongs_to_the_time_before() -> None:
    stored = deployment(replicas=1)

    with pytest.raises(ApiError, match='conflict with "before-first-apply" using apps/v1'):
        apply(stored, deployment(replicas=3))
    assert "before-first-apply/Update" in entries(apply(stored, deployment(replicas=1)))


def test_names_and_versions_are_nobodys() -> None:
    stored = apply(None, config(a="1"), of=CONFIG_MAP)
    applied = config(a="1")
    applied["metadata"]["resourceVersion"] = "7"

    assert entries(apply(stored, applied, of=CONFIG_MAP)) == entries(stored)


def test_the_status_is_applied_at_its_own_path_alone() -> None:
    given = {**deployment(replicas=1), "status": {"replicas": 1}}
    stored = apply(None, given)
    assert "f:status" not in entries(stored)["alice/Apply"]

    stored = apply(stored, given, "controller", subresource="status")
    assert entries(stored)["controller/Apply"] == {"f:status": {"f:replicas": {}}}


def test_managed_fields_cannot_be_applied() -> None:
    applied = config(a="1")
    applied["metadata"]["managedFields"] = [{"manager": "x"}]

    with pytest.raises(ApiError, match=r"metadata\.managedFields must be nil"):
        apply(None, applied, of=CONFIG_MAP)


def test_an_element_without_its_key_cannot_be_applied() -> None:
    applied = deployment(image="a")
    applied["spec"]["template"]["spec"]["containers"][0].pop("name")

    with pytest.raises(ApiError, match="omits key field 'name'") as error:
        apply(None, applied)
    assert error.value.code == 400


def test_an_element_that_is_applied_twice_is_refused() -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]

    with pytest.raises(ApiError, match=r'duplicate entries for key \[name="A"\]') as error:
        apply(None, deployment(env=twice))
    assert error.value.code == 400


def test_elements_that_someone_stored_twice_stay_where_they_are_not_applied() -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    stored = update(None, deployment(env=twice))

    stored = apply(stored, deployment(env=[{"name": "B", "value": "3"}]))

    [container] = stored["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [*twice, {"name": "B", "value": "3"}]


def test_giving_up_everything_gives_up_the_entry() -> None:
    stored = apply(None, config(a="1"), of=CONFIG_MAP)

    stored = apply(stored, cases.thing(CONFIG_MAP), of=CONFIG_MAP)

    assert "data" not in stored
    assert "managedFields" not in stored["metadata"]


def test_free_form_fields_of_custom_objects_are_owned_one_by_one() -> None:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    kind = cases.custom({"type": "object", "properties": {"parameters": anything}})

    def parameters(**values: Any) -> dict[str, Any]:
        return cases.thing(kind, spec={"parameters": values})

    stored = apply(None, parameters(a={"x": 1}, list=[1]), of=kind)
    stored = apply(stored, parameters(b=2), "bob", of=kind)

    assert stored["spec"]["parameters"] == {"a": {"x": 1}, "list": [1], "b": 2}
    with pytest.raises(ApiError, match=r"\.spec\.parameters\.a\.x"):
        apply(stored, parameters(a={"x": 2}), "bob", of=kind)


_VALUES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), max_size=4)


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), _VALUES), max_size=6))
def test_an_object_is_what_its_managers_last_applied(
    steps: list[tuple[str, dict[str, str]]],
) -> None:
    """With two who force, the last one to say something wins; what neither says is gone."""
    stored: dict[str, Any] | None = None
    wanted: dict[str, dict[str, str]] = {"x": {}, "y": {}}
    for manager, data in steps:
        stored = apply(stored, config(**data), manager, of=CONFIG_MAP, force=True)
        other = wanted["y" if manager == "x" else "x"]
        wanted[manager] = data
        for key in [key for key in other if data.get(key, other[key]) != other[key]]:
            del other[key]  # taken over

        assert stored.get("data", {}) == {**wanted["x"], **wanted["y"]}
        for one, said in wanted.items():
            owned = entries(stored).get(f"{one}/Apply", {}).get("f:data", {})
            assert {key.removeprefix("f:") for key in owned if key != "."} == said.keys()


def test_a_large_deployment_is_applied_within_milliseconds() -> None:
    def many(image: str) -> dict[str, Any]:
        container = {
            "image": image,
            "imagePullPolicy": "Always",
            "env": [{"name": "A", "value": "1"}],
            "ports": [{"containerPort": 80, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
            "securityContext": {"privileged": False, "capabilities": {"drop": ["ALL"]}},
        }
        containers = [{"name": f"c{number}", **container} for number in range(50)]
        return cases.thing(
            cases.DEPLOYMENT, spec={"template": {"spec": {"containers": containers}}}
        )

    stored, changed = apply(None, many("a")), many("b")
    spent = []
    for _ in range(5):
        begun = time.process_time()
        apply(stored, changed)
        spent.append(time.process_time() - begun)
    # Far above what it takes (3 ms), so that a slow machine passes and a quadratic walk does not.
    assert min(spent) < 0.05
