"""The webhooks: what the API server is answered."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config
from policy_app.evaluation.gatekeeper.expansion import WORKLOADS, Expander
from policy_app.evaluation.gatekeeper.mutation import Mutators
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.webhook import Answer, MutationWebhook, Webhook, as_status

from .mutators import assign, patched
from .samples import constraint, constraint_object, namespace, pod, template, template_object
from .test_config import config_object

KNOWN = {"shop": namespace("shop")}
REQUEST = Review.create(pod(), default_namespace="shop")


def webhook(action: str = "deny", **changes: Any) -> Webhook:
    """A webhook with one constraint."""
    client = Client([template()], [constraint(enforcementAction=action)])
    return Webhook(client, templates={"K8sPrivileged": template()}, **changes)


def document(operation: str = "CREATE", **request: Any) -> dict[str, Any]:
    """An ``AdmissionReview``."""
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "abc", "operation": operation} | request,
    }


def test_a_refusal_is_forbidden_and_says_why() -> None:
    answer = webhook().answer(REQUEST, KNOWN)

    assert answer.to_object("abc") == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {
            "uid": "abc",
            "allowed": False,
            "status": {
                "code": 403,
                "message": "[no-privileged] Privileged container is not allowed: app",
                "reason": "Forbidden",
            },
        },
    }


def test_what_keeps_the_rules_is_allowed() -> None:
    answer = webhook().answer(Review.create(pod(privileged=False)), KNOWN)

    assert answer.to_object("abc")["response"] == {
        "uid": "abc",
        "allowed": True,
        "status": {"code": 200},
    }


def test_a_warning_allows_with_its_own_code() -> None:
    response = webhook("warn").answer(REQUEST, KNOWN).to_object("abc")["response"]

    assert (response["allowed"], response["status"]) == (True, {"code": 299})
    assert response["warnings"] == ["[no-privileged] Privileged container is not allowed: app"]


def test_a_dry_run_says_nothing() -> None:
    response = webhook("dryrun").answer(REQUEST, KNOWN).to_object("abc")["response"]

    assert response == {"uid": "abc", "allowed": True, "status": {"code": 200}}


def test_warnings_come_with_a_refusal_too() -> None:
    both = [constraint("first"), constraint("second", enforcementAction="warn")]
    answer = Webhook(Client([template()], both)).answer(REQUEST, KNOWN)

    assert answer.code == 403
    assert answer.warnings == ("[second] Privileged container is not allowed: app",)


def test_old_versions_word_a_refusal_in_their_own_way() -> None:
    words = "Privileged container is not allowed: app"
    old = webhook(version=(3, 3)).answer(REQUEST, KNOWN)
    newer = webhook(version=(3, 4)).answer(REQUEST, KNOWN)
    new = webhook(version=(3, 8)).answer(REQUEST, KNOWN)

    assert (old.reason, old.message) == (f"[denied by no-privileged] {words}", "")
    assert (newer.reason, newer.message) == (f"[no-privileged] {words}", "")
    assert (new.reason, new.message) == ("Forbidden", f"[no-privileged] {words}")


def test_several_refusals_are_lines_in_the_order_of_their_messages() -> None:
    rule = 'package a\nviolation[{"msg": input.parameters.text}] { true }'
    given = [
        constraint("a", kind="Says", parameters={"text": "second"}),
        constraint("b", kind="Says", parameters={"text": "first"}),
    ]
    client = Client([template(rule, kind="Says", version="v1beta1")], given)

    assert Webhook(client).answer(REQUEST, KNOWN).message == "[b] first\n[a] second"


def test_gatekeeper_does_not_judge_itself() -> None:
    account = "system:serviceaccount:gatekeeper-system:gatekeeper-admin"
    answer = webhook().answer(replace(REQUEST, user_info={"username": account}), KNOWN)

    assert (answer.allowed, answer.message) == (True, "Gatekeeper does not self-manage")


def test_namespaces_that_the_configuration_excludes_are_let_in() -> None:
    match = [{"processes": ["webhook"], "excludedNamespaces": ["sh*"]}]
    answer = webhook(config=Config.parse(config_object(match=match))).answer(REQUEST, KNOWN)

    assert answer.allowed
    assert answer.message == "Namespace is set to be ignored by Gatekeeper config"


def test_an_unknown_namespace_fails_the_request() -> None:
    answer = webhook().answer(REQUEST, {})

    assert (answer.allowed, answer.code) == (False, 500)
    assert answer.message == 'namespaces "shop" not found'


def test_gatekeepers_own_resources_are_looked_at_first() -> None:
    wrong = webhook().answer(Review.create(template_object("package a")), KNOWN)
    action = webhook().answer(Review.create(constraint_object(enforcementAction="x")), KNOWN)

    assert (wrong.allowed, wrong.code) == (False, 422)
    assert "missing required rules" in wrong.message
    assert (action.allowed, action.code) == (False, 500)
    assert webhook().answer(Review.create(template_object()), KNOWN).allowed


def test_a_collection_of_own_resources_may_be_deleted() -> None:
    review = replace(Review.delete(template_object("package a")), name="")

    assert webhook().answer(review, KNOWN).allowed
    assert not webhook().answer(replace(review, name="a"), KNOWN).allowed


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (document("DELETE", object=pod()), "oldObject cannot be nil for DELETE operations"),
        (document(), 'AdmissionReview does not contain an "object" or "oldObject"'),
        (document(object=pod(), extra=1), 'unknown field "request.extra"'),
        ({"kind": "AdmissionReview"}, "an AdmissionReview must have a request"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(asked: dict[str, Any], words: str) -> None:
    answer = webhook().answer_document(asked, KNOWN)

    assert (answer.allowed, answer.code) == (False, 500)
    assert words in answer.message


def test_a_deletion_is_judged_by_the_old_object() -> None:
    asked = document("DELETE", oldObject=pod(namespace="shop"), namespace="shop", name="web")

    assert webhook().answer_document(asked, KNOWN).code == 403


def test_a_connection_is_judged_by_its_options() -> None:
    rule = """\
    package a
    violation[{"msg": msg}] {
      input.review.operation == "CONNECT"
      input.review.object.kind == "PodExecOptions"
      msg := sprintf("%s may not look into %s", [input.review.userInfo.username, input.review.name])
    }
    """
    client = Client([template(rule, kind="NoExec")], [constraint("no-exec", kind="NoExec")])
    asked = document(
        "CONNECT",
        kind={"group": "", "version": "v1", "kind": "PodExecOptions"},
        resource={"group": "", "version": "v1", "resource": "pods"},
        subResource="exec",
        name="web",
        namespace="shop",
        userInfo={"username": "alice"},
        object={"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]},
    )

    assert Webhook(client).answer_document(asked, KNOWN).message == (
        "[no-exec] alice may not look into web"
    )


def test_a_dry_run_and_a_subresource_reach_the_rule() -> None:
    rule = """\
    package a
    violation[{"msg": msg}] {
      input.review.dryRun
      msg := sprintf("%s of %s", [input.review.subResource, input.review.resource.resource])
    }
    """
    client = Client([template(rule, kind="Says")], [constraint("says", kind="Says")])
    asked = document(
        resource={"group": "apps", "version": "v1", "resource": "deployments"},
        kind={"group": "autoscaling", "version": "v1", "kind": "Scale"},
        subResource="scale",
        dryRun=True,
        object={"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}},
    )

    assert Webhook(client).answer_document(asked, {}).message == "[says] scale of deployments"


def test_what_an_object_implies_is_judged_with_it() -> None:
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": pod()["spec"]}},
    }
    expanding = webhook(expander=Expander(WORKLOADS))

    answer = expanding.answer(Review.create(made), KNOWN)
    assert "[Implied by" in answer.message
    # The whole is one answer, and what it is about is told apart.
    assert answer.judged is not None
    assert answer.judged.own.allowed
    assert [one.resultant.label for one in answer.judged.generated] == ["Pod web-pod"]
    broken = expanding.answer(Review.create(made | {"spec": {}}), KNOWN)
    assert (broken.allowed, broken.code) == (False, 500)


def test_where_a_cluster_is_known_in_part_nothing_is_refused_for_being_unknown() -> None:
    assert webhook(partial=True).answer(REQUEST, {}).message.startswith("[no-privileged]")
    assert mutating(partial=True).answer(REQUEST, {}).patch
    stranger = constraint_object(kind="Unknown")
    assert not webhook().answer(Review.create(stranger), KNOWN).allowed
    assert webhook(partial=True).answer(Review.create(stranger), KNOWN).allowed


def test_a_rule_that_fails_the_request_is_an_error() -> None:
    rule = 'package a\nviolation[{"msg": 1}] { true }'
    client = Client([template(rule, kind="Says")], [constraint("says", kind="Says")])
    answer = Webhook(client).answer(REQUEST, KNOWN)

    assert (answer.allowed, answer.code) == (False, 500)


def test_the_api_server_hands_a_refusal_on_in_its_own_words() -> None:
    told = (
        'admission webhook "validation.gatekeeper.sh" denied the request: '
        "[no-privileged] Privileged container is not allowed: app"
    )
    new = as_status(webhook().answer(REQUEST, KNOWN))
    old = as_status(webhook(version=(3, 7)).answer(REQUEST, KNOWN))

    assert (new["message"], new["reason"], new["code"]) == (told, "Forbidden", 403)
    # Old versions hand their message on as the reason, which kubectl shows in brackets.
    assert (old["message"], old["reason"]) == (told, told.partition(": ")[2])


def test_a_refusal_without_words_is_one_nevertheless() -> None:
    status = as_status(Answer(False, 0), "other.example")

    assert status["message"] == (
        'admission webhook "other.example" denied the request without explanation'
    )
    assert status["code"] == 400
    assert "reason" not in status


def mutating(*objects: dict[str, Any], **changes: Any) -> MutationWebhook:
    """A mutation webhook that sets the priority of Pods, or does what it is told."""
    return MutationWebhook(Mutators.parse(objects or (assign("spec.priority", 7),)), **changes)


def test_a_mutation_is_answered_with_a_patch() -> None:
    answer = mutating().answer(REQUEST, KNOWN)
    response = answer.to_object("abc")["response"]

    assert response.pop("patchType") == "JSONPatch"
    patch = json.loads(base64.b64decode(response.pop("patch")))
    assert patched(REQUEST.object, patch)["spec"]["priority"] == 7
    assert response == {"uid": "abc", "allowed": True, "status": {"code": 200}}


def test_a_mutation_that_changes_nothing_says_so() -> None:
    spec = pod()["spec"] | {"priority": 7}
    answer = mutating().answer(Review.create(pod() | {"spec": spec}), KNOWN)

    assert (answer.allowed, answer.message) == (True, "Resource was not mutated")
    assert "patch" not in answer.to_object("abc")["response"]


@pytest.mark.parametrize(
    ("review", "words"),
    [
        (Review.delete(pod()), "Mutating only on create or update"),
        (Review.create(template_object()), "Not mutating gatekeeper resources"),
        (REQUEST, "Namespace is set to be ignored by Gatekeeper config"),
        (
            Review.create(
                pod(),
                user_info={"username": "system:serviceaccount:gatekeeper-system:gatekeeper-admin"},
            ),
            "Gatekeeper does not self-manage",
        ),
    ],
)
def test_what_the_mutation_webhook_leaves_alone(review: Review, words: str) -> None:
    match = [{"processes": ["mutation-webhook"], "excludedNamespaces": ["shop"]}]
    answer = mutating(config=Config.parse(config_object(match=match))).answer(review, KNOWN)

    assert (answer.allowed, answer.message, answer.patch) == (True, words, ())


def test_a_mutation_that_fails_refuses_the_request() -> None:
    answer = mutating(assign("spec.containers.image", "x")).answer(REQUEST, KNOWN)

    assert (answer.allowed, answer.code) == (False, 500)
    assert mutating().answer(REQUEST, {}).message == 'namespaces "shop" not found'


def test_a_mutated_object_tells_what_changed_it_where_that_is_wanted() -> None:
    answer = mutating().answer(REQUEST, KNOWN, mutation_id="m-1")
    annotations = patched(REQUEST.object, answer.patch)["metadata"]["annotations"]

    assert annotations["gatekeeper.sh/mutation-id"] == "m-1"
