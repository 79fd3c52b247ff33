"""Who owns an object, up to the workload that people know it by."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.services.owners import DEEPEST, Owner, controlling, naming, upward

DEPLOYMENT = Owner("Deployment", "web", "d")
REPLICA_SET = Owner("ReplicaSet", "web-5d", "r")


def owned(*references: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "one", "ownerReferences": list(references)}}


def reference(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": kind.lower(), "uid": kind[0], **more}


def test_the_owner_that_controls_comes_before_others() -> None:
    thing = owned(reference("Backup"), reference("ReplicaSet", controller=True))
    assert naming(thing) == controlling(thing) == Owner("ReplicaSet", "replicaset", "R")


def test_an_owner_that_does_not_control_names_an_object_but_does_not_make_it_anew() -> None:
    thing = owned(reference("Backup"))
    assert naming(thing) == Owner("Backup", "backup", "B")
    assert controlling(thing) is None


@pytest.mark.parametrize("thing", [owned(), {"metadata": {}}, {}, owned(reference("Node"))])
def test_what_nobody_or_its_node_owns_is_known_by_its_own_name(thing: dict[str, Any]) -> None:
    assert naming(thing) is None


def test_the_way_up_ends_with_the_outermost_owner_that_is_known() -> None:
    assert upward(REPLICA_SET, {"r": DEPLOYMENT, "d": None}) == [REPLICA_SET, DEPLOYMENT]
    assert upward(REPLICA_SET, {}) == [REPLICA_SET]


def test_owners_in_a_circle_end_after_a_while() -> None:
    assert len(upward(DEPLOYMENT, {"d": REPLICA_SET, "r": DEPLOYMENT})) == DEEPEST
