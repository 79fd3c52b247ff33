"""Whom the webhooks are not asked about, and who may say so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.exemptions import (
    CONTROL_PLANE_LABEL,
    IGNORE_LABEL,
    ExemptNamespaces,
    WebhookScope,
    is_own_account,
)
from policy_app.evaluation.gatekeeper.review import CONNECT, DELETE, Review

from .samples import namespace, pod

EXEMPT = ExemptNamespaces(frozenset({"shop"}), ("kube-",), ("-system",))


def labelled(name: str) -> dict[str, Any]:
    """A Namespace with the ignore label."""
    return namespace(name, **{IGNORE_LABEL: "no-self-managing"})


@pytest.mark.parametrize("name", ["shop", "kube-public", "my-system"])
def test_exempt_namespaces_may_carry_the_label(name: str) -> None:
    assert EXEMPT.refusal(Review.create(labelled(name))) == ""


@pytest.mark.parametrize("name", ["shop2", "akube-", "system-a"])
def test_other_namespaces_may_not(name: str) -> None:
    refusal = "Only exempt namespace can have the admission.gatekeeper.sh/ignore label"

    assert EXEMPT.refusal(Review.create(labelled(name))) == refusal
    assert EXEMPT.refusal(Review.update(labelled(name), namespace(name))) == refusal
    assert EXEMPT.refusal(Review.update(namespace(name), labelled(name))) == ""


def test_deleting_is_always_allowed_and_only_namespaces_are_looked_at() -> None:
    assert EXEMPT.refusal(Review.delete(labelled("a"))) == ""
    assert EXEMPT.refusal(Review.create(pod(labels={IGNORE_LABEL: ""}))) == ""


def test_gatekeepers_own_namespace_is_exempt_by_default() -> None:
    assert ExemptNamespaces().may_ignore("gatekeeper-system")
    assert not ExemptNamespaces().may_ignore("kube-system")


def test_namespaces_with_the_label_keep_the_webhook_out() -> None:
    review = Review.create(pod(namespace="shop"))

    assert WebhookScope().left_out(review, namespace("shop")) == ""
    assert WebhookScope().left_out(review, labelled("shop")) == (
        "The namespace 'shop' carries the label admission.gatekeeper.sh/ignore."
    )


def test_a_namespace_is_looked_at_itself() -> None:
    assert "carries the label" in WebhookScope().left_out(Review.create(labelled("a")), None)
    assert WebhookScope().left_out(Review.create(namespace("a")), None) == ""


def test_old_clusters_and_aks_go_by_the_control_plane_label() -> None:
    scope = WebhookScope(absent_labels=frozenset({IGNORE_LABEL, CONTROL_PLANE_LABEL}))
    home = namespace("shop", **{CONTROL_PLANE_LABEL: "true"})
    review = Review.create(pod(namespace="shop"))

    assert CONTROL_PLANE_LABEL in scope.left_out(review, home)
    assert WebhookScope().left_out(review, home) == ""


def test_gatekeepers_own_namespace_is_left_out() -> None:
    review = Review.create(pod(namespace="gatekeeper-system"))
    home = namespace("gatekeeper-system")

    assert WebhookScope().left_out(review, home) == (
        "The namespace 'gatekeeper-system' is Gatekeeper's own."
    )
    assert WebhookScope(own_namespace="gk").left_out(review, home) == ""


def test_objects_of_the_cluster_are_asked_about() -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}

    assert WebhookScope().left_out(Review.create(node), None) == ""


def test_deletions_and_connections_are_asked_about_only_where_that_is_wanted() -> None:
    every = WebhookScope(operations=frozenset({"CREATE", "UPDATE", DELETE, CONNECT}))
    connect = replace(Review.create(pod()), operation=CONNECT, extra={"subResource": "exec"})
    for review in (Review.delete(pod()), connect):
        assert "is not asked about" in WebhookScope().left_out(review, None)
        assert every.left_out(review, None) == ""


@pytest.mark.parametrize(
    ("subresource", "asked"), [("exec", True), ("resize", True), ("status", False)]
)
def test_only_some_subresources_are_asked_about(subresource: str, asked: bool) -> None:
    review = replace(Review.create(pod()), extra={"subResource": subresource})

    assert (WebhookScope().left_out(review, None) == "") is asked


def test_gatekeeper_knows_its_own_account() -> None:
    name = "system:serviceaccount:gatekeeper-system:gatekeeper-admin"

    assert is_own_account(Review.create(pod(), user_info={"username": name}))
    assert not is_own_account(Review.create(pod(), user_info={"username": "alice"}))
    assert not is_own_account(Review.create(pod(), user_info={"username": name}), "other")
