"""What one transaction on a cluster's objects knows of what it has written itself."""

from __future__ import annotations

import contextlib

import pytest

from policy_app.models import Cluster
from policy_app.services.cluster import kinds
from policy_app.services.cluster.bootstrap import fill, namespace
from policy_app.services.cluster.store import Writer, writing

pytestmark = pytest.mark.django_db


def make(writer: Writer, name: str) -> None:
    """Store a Namespace."""
    kind = kinds.builtins_of(writer.cluster).of("v1", "Namespace")
    assert kind is not None
    writer.add(kind, namespace(name, {"team": "one"}))


def test_a_namespace_is_known_from_its_making_to_its_end(aks_demo: Cluster) -> None:
    fill(aks_demo)
    with writing(aks_demo) as writer:
        assert writer.namespace("new") is None
        make(writer, "new")
        made = writer.namespace("new")
        assert made is not None
        (row,) = writer.cluster.kube_objects.filter(plural="namespaces", name="new")
        labels = {**made["metadata"]["labels"], "team": "two"}
        writer.change(row, {**made, "metadata": {**made["metadata"], "labels": labels}})
        changed = writer.namespace("new")
        assert changed is not None
        assert changed["metadata"]["labels"]["team"] == "two"
        writer.remove(row)
        assert writer.namespace("new") is None


def test_a_namespace_that_is_undone_is_not_known(aks_demo: Cluster) -> None:
    fill(aks_demo)
    with writing(aks_demo) as writer:
        with contextlib.suppress(RuntimeError), writer.savepoint():
            make(writer, "new")
            assert writer.namespace("new") is not None
            raise RuntimeError
        assert writer.namespace("new") is None
