"""The inventory: where Rego finds the other objects of a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.evaluation.gatekeeper.inventory import inventory_of

from .samples import namespace, pod


def test_objects_lie_below_their_scope_version_kind_and_name() -> None:
    web, shop = pod(namespace="shop"), namespace("shop")
    ingress: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
    }

    assert inventory_of([web, shop, ingress]) == {
        "cluster": {"v1": {"Namespace": {"shop": shop}}},
        "namespace": {
            "shop": {
                "v1": {"Pod": {"web": web}},
                "networking.k8s.io/v1": {"Ingress": {"web": ingress}},
            }
        },
    }


def test_of_two_objects_of_one_name_the_later_counts() -> None:
    first, second = pod(), pod(privileged=False)

    assert inventory_of([first, second]) == {"cluster": {"v1": {"Pod": {"web": second}}}}


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"apiVersion": ""}, "apiVersion"),
        ({"apiVersion": None}, "apiVersion"),
        ({"kind": ""}, "kind"),
    ],
)
def test_an_object_that_does_not_say_what_it_is_is_refused(
    change: dict[str, Any], missing: str
) -> None:
    with pytest.raises(ReviewError, match=f"has no {missing}") as caught:
        inventory_of([pod() | change])
    assert caught.value.path == missing
