"""The ``scale`` of custom resources, which their definition finds in them."""

from __future__ import annotations

import copy

import pytest

from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.objects import Object
from policy_app.services.cluster import kinds, subresources
from policy_app.services.cluster.caller import Caller, Target, WriteOptions
from tests.apimachinery.kinds_at_hand import CRON_TABS
from tests.services.cluster.inside import Api

ADMIN = Caller("admin", ("system:masters", "system:authenticated"))
PATHS = {
    "specReplicasPath": ".spec.free.size.wanted",
    "statusReplicasPath": ".status.there",
    "labelSelectorPath": ".status.selector",
}


@pytest.fixture
def api(portal: None) -> Api:
    """A cluster with a kind that keeps its replicas where no built-in kind does."""
    made = Api()
    definition = copy.deepcopy(CRON_TABS)
    version = definition["spec"]["versions"][1]
    version["subresources"]["scale"] = PATHS
    version["schema"]["openAPIV3Schema"] = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    made.create(definition)
    return made


def tab(api: Api, **fields: Object) -> Target:
    """A stored CronTab, and its ``scale``."""
    kind = kinds.kinds_of(api.cluster).of("example.com/v1", "CronTab")
    assert kind is not None
    metadata = {"name": "a", "namespace": "default"}
    api.create({"apiVersion": "example.com/v1", "kind": "CronTab", "metadata": metadata, **fields})
    return Target(kind, "default", "a", kind.subresource("scale"))


def test_the_replicas_are_read_and_written_where_the_definition_says(api: Api) -> None:
    target = tab(api, spec={"free": {"size": {"wanted": 2}, "other": "kept"}, "replicas": 7})
    scale = subresources.scale(api.cluster, target)
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 0})
    asked = {"spec": {"replicas": 5}}
    outcome = subresources.rescale(api.cluster, target, asked, ADMIN, WriteOptions())
    assert outcome.object["spec"] == {"replicas": 5}
    (stored,) = api.all("example.com/v1", "CronTab", "default")
    assert stored["spec"] == {"free": {"size": {"wanted": 5}, "other": "kept"}, "replicas": 7}


def test_a_resource_without_replicas_has_no_scale_until_it_is_given_one(api: Api) -> None:
    target = tab(api, spec={"replicas": 7})
    with pytest.raises(ApiError) as caught:
        subresources.scale(api.cluster, target)
    assert caught.value.code == 500
    assert '".spec.free.size.wanted" does not exist' in caught.value.message
    asked = {"spec": {"replicas": 1}}
    subresources.rescale(api.cluster, target, asked, ADMIN, WriteOptions())
    assert subresources.scale(api.cluster, target)["spec"] == {"replicas": 1}
