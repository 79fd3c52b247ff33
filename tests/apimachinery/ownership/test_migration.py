"""``kubectl apply`` first, ``kubectl apply --server-side`` then."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from policy_app.apimachinery.errors import ApiError
from tests.apimachinery.ownership import cases
from tests.apimachinery.ownership.cases import LAST_APPLIED, apply, deployment, update


def client_side() -> dict[str, Any]:
    thing = deployment(replicas=1, image="a")
    text = json.dumps(thing)
    thing["metadata"]["annotations"] = {LAST_APPLIED: text}
    return update(None, thing, "kubectl-client-side-apply")


def test_kubectl_takes_over_what_it_applied() -> None:
    stored = apply(client_side(), deployment(replicas=2, image="a"), "kubectl")

    assert stored["spec"]["replicas"] == 2
    last = json.loads(stored["metadata"]["annotations"][LAST_APPLIED])
    assert last["spec"]["replicas"] == 2


def test_another_manager_does_not() -> None:
    with pytest.raises(ApiError, match="Apply failed with 1 conflict"):
        apply(client_side(), deployment(replicas=2, image="a"), "alice")


def test_what_someone_changed_since_is_a_conflict() -> None:
    before = client_side()
    changed = copy.deepcopy(before)
    changed["spec"]["replicas"] = 5
    stored = update(before, changed, "kubectl-scale")

    with pytest.raises(ApiError) as error:
        apply(stored, deployment(replicas=2, image="b"), "kubectl")
    assert [cause["field"] for cause in error.value.details["causes"]] == [".spec.replicas"]


def test_the_annotation_alone_wipes_nothing() -> None:
    stored = apply(None, deployment(replicas=1, image="a"), "kubectl")
    bare = cases.thing(cases.DEPLOYMENT)
    bare["metadata"]["annotations"] = {LAST_APPLIED: "{}"}

    stored = apply(stored, bare, "kubectl-last-applied")

    assert stored["spec"]["replicas"] == 1
    assert stored["metadata"]["annotations"] == {LAST_APPLIED: "{}"}


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"apiVersion": "v1"}', "[" * 100_000])
def test_an_annotation_that_says_nothing_moves_nothing(text: str) -> None:
    stored = client_side()
    stored["metadata"]["annotations"][LAST_APPLIED] = text

    with pytest.raises(ApiError, match="Apply failed with 1 conflict"):
        apply(stored, deployment(replicas=2, image="a"), "kubectl")
