"""Reviews: exactly what Rego sees as ``input.review``, for each operation."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.gatekeeper.scopes import in_namespace, resource_of

from .samples import namespace, pod

ALICE = {"username": "alice", "groups": ["system:masters"]}
REQUEST: dict[str, Any] = {
    "uid": "abc",
    "kind": {"group": "", "version": "v1", "kind": "Pod"},
    "resource": {"group": "", "version": "v1", "resource": "pods"},
    "subResource": "ephemeralcontainers",
    "name": "web",
    "namespace": "shop",
    "operation": "UPDATE",
    "userInfo": ALICE,
    "object": pod(namespace="shop"),
    "oldObject": pod(privileged=False, namespace="shop"),
    "dryRun": False,
    "options": None,
}


def test_creating_a_pod_puts_it_into_the_namespace_that_was_chosen() -> None:
    review = Review.create(pod(), default_namespace="shop", user_info=ALICE)

    assert review.to_input() == {
        "uid": "",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web",
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": ALICE,
        "object": pod(namespace="shop"),
        "oldObject": None,
        "options": None,
    }


def test_an_object_keeps_its_own_namespace_and_is_not_changed_in_place() -> None:
    written = pod(namespace="mine")
    bare = pod()

    assert Review.create(written, default_namespace="shop").namespace == "mine"
    assert Review.create(bare, default_namespace="shop").namespace == "shop"
    assert bare == pod()


def test_objects_of_the_cluster_have_no_namespace() -> None:
    review = Review.create(namespace("a"), default_namespace="shop")

    assert (review.namespace, review.name) == ("", "a")
    assert "namespace" not in review.to_input()


def test_a_name_that_the_server_generates_is_left_out() -> None:
    thing = pod()
    thing["metadata"] = {"generateName": "web-"}

    assert "name" not in Review.create(thing).to_input()


def test_an_update_shows_both_objects() -> None:
    shown = Review.update(pod(), pod(privileged=False), default_namespace="a").to_input()

    assert shown["operation"] == "UPDATE"
    assert (shown["object"], shown["oldObject"]) == (
        pod(namespace="a"),
        pod(privileged=False, namespace="a"),
    )


def test_a_delete_shows_the_old_object_in_both_places() -> None:
    shown = Review.delete(pod(namespace="a")).to_input()

    assert shown["operation"] == "DELETE"
    assert shown["object"] == shown["oldObject"] == pod(namespace="a")


def test_the_audit_looks_at_the_object_as_it_is() -> None:
    shown = Review.audit(pod(namespace="a")).to_input()

    assert (shown["operation"], shown["userInfo"]) == ("", {})
    assert shown["resource"] == {"group": "", "version": "", "resource": ""}
    assert (shown["object"], shown["namespace"]) == (pod(namespace="a"), "a")
    assert "dryRun" not in shown


def test_an_admission_review_is_taken_as_it_is_written() -> None:
    document = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": REQUEST,
    }

    assert is_admission_review(document)
    assert not is_admission_review(pod())
    assert Review.from_admission_review(document).to_input() == REQUEST


def test_what_the_api_server_leaves_empty_is_left_out() -> None:
    request = REQUEST | {"subResource": "", "dryRun": False, "requestKind": None, "name": ""}
    shown = Review.from_request(request).to_input()

    assert shown["dryRun"] is False
    assert not {"subResource", "requestKind", "name"} & shown.keys()


def test_a_deletion_needs_the_old_object_and_copies_it() -> None:
    deletion = REQUEST | {"operation": "DELETE", "object": None}

    review = Review.from_request(deletion)

    assert review.object == review.old_object == REQUEST["oldObject"]
    with pytest.raises(ReviewError, match="oldObject cannot be nil for DELETE operations"):
        Review.from_request(deletion | {"object": pod(), "oldObject": None})


def test_connecting_shows_the_options_as_the_object() -> None:
    options = {"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]}
    request = {"operation": "CONNECT", "object": options, "name": "web", "namespace": "a"}

    shown = Review.from_request(request).to_input()

    assert (shown["operation"], shown["object"]) == ("CONNECT", options)
    assert shown["kind"]["kind"] == "PodExecOptions"


def test_a_namespace_does_not_live_in_itself() -> None:
    request = {
        "kind": {"group": "", "version": "v1", "kind": "Namespace"},
        "namespace": "a",
        "object": namespace("a"),
        "operation": "CREATE",
    }

    assert Review.from_request(request).namespace == ""


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        (REQUEST | {"colour": "red"}, 'unknown field "request.colour"'),
        ({"operation": "CREATE"}, 'does not contain an "object" or "oldObject"'),
        ({"object": "text"}, "request.object must be an object"),
    ],
)
def test_a_wrong_request_is_refused(request_body: dict[str, Any], words: str) -> None:
    with pytest.raises(ReviewError) as caught:
        Review.from_request(request_body)

    assert words in caught.value.message


def test_an_admission_review_needs_a_request() -> None:
    with pytest.raises(ReviewError, match="must have a request"):
        Review.from_admission_review({"kind": "AdmissionReview"})


def test_newer_gatekeepers_show_the_namespace_object() -> None:
    review = Review(object=pod(), namespace_object=namespace("a"))

    assert review.to_input(with_namespace=True)["namespaceObject"] == namespace("a")
    assert "namespaceObject" not in review.to_input()


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        ("Pod", "pods"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("Endpoints", "endpoints"),
    ],
)
def test_the_name_of_a_resource_follows_from_its_kind(kind: str, resource: str) -> None:
    assert resource_of(kind) == resource


def test_metadata_that_is_missing_or_null_is_filled() -> None:
    thing = {"apiVersion": "v1", "kind": "Pod", "metadata": None}

    assert in_namespace(thing, "a")["metadata"] == {"namespace": "a"}
