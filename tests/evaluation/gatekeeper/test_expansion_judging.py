"""Decisions about a workload: what it says of itself, and what its Pods imply."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.expansion import (
    WORKLOADS,
    Expander,
    ExpansionTemplate,
    judge_expanded,
    looks_at_generated,
    review_expanded,
)
from policy_app.evaluation.gatekeeper.mutation import Mutators
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import Decision

from .mutators import assign
from .samples import constraint, namespace, pod, template
from .test_expansion import template as expansion_template

PRIVILEGED = [{"name": "app", "image": "nginx", "securityContext": {"privileged": True}}]
LINE = "Privileged container is not allowed: app"


def deployment() -> dict[str, Any]:
    """A Deployment of privileged Pods."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": PRIVILEGED}}},
    }


def client(*constraints: Any) -> Client:
    """The template of the samples and constraints on Pods."""
    return Client([template()], constraints)


def on_pods(name: str = "no-privileged", source: str = "", **spec: Any) -> Any:
    """A constraint on Pods."""
    match = {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]} | spec.pop("match", {})
    if source:
        match["source"] = source
    return constraint(name, match=match, **spec)


def decide(*constraints: Any, expander: Expander | None = None) -> Decision:
    """What the constraints say about the Deployment."""
    found = expander or Expander(WORKLOADS)
    return review_expanded(client(*constraints), found, Review.create(deployment()))


@pytest.mark.parametrize(
    ("source", "refused"), [("", True), ("All", True), ("Generated", True), ("Original", False)]
)
def test_the_source_of_a_constraint_says_whether_it_sees_what_is_implied(
    source: str, refused: bool
) -> None:
    decision = decide(on_pods(source=source))
    assert decision.allowed is not refused
    assert looks_at_generated([on_pods(source=source)]) is refused


def test_generated_constraints_leave_the_object_itself_alone() -> None:
    found = client(on_pods(source="Generated"))
    review = Review.create(pod(namespace="shop"))
    decision = review_expanded(found, Expander(WORKLOADS), review)
    assert decision.allowed
    assert [one.criterion for one in decision.not_applied] == ["source"]


def test_an_implied_violation_says_so_and_points_into_the_workload() -> None:
    (violation,) = decide(on_pods()).violations
    assert violation.line_text == f"[no-privileged] [Implied by expand-deployments] {LINE}"
    assert (violation.implied_by, violation.generated) == ("expand-deployments", "Pod web-pod")
    assert violation.place is not None
    assert violation.place.path == "spec.template.spec.containers[0].securityContext.privileged"
    assert violation.container == "app"


def test_a_template_may_say_what_is_done_about_what_it_makes() -> None:
    lenient = ExpansionTemplate.parse(expansion_template("lenient", enforcementAction="warn"))
    decision = decide(on_pods(), expander=Expander([lenient]))
    assert decision.allowed
    assert [one.line_text for one in decision.warnings] == [
        f"[no-privileged] [Implied by lenient] {LINE}"
    ]


def test_the_answer_holds_what_is_said_about_both_in_gatekeepers_order() -> None:
    everything = constraint("everything", match={"kinds": [{"kinds": ["*"]}]})
    with_own = deployment()
    with_own["spec"]["containers"] = PRIVILEGED
    judged = judge_expanded(
        client(everything, on_pods()), Expander(WORKLOADS), Review.create(with_own)
    )
    assert [one.line_text for one in judged.own.violations] == [f"[everything] {LINE}"]
    assert judged.decision.webhook_message.splitlines() == [
        f"[everything] {LINE}",
        f"[everything] [Implied by expand-deployments] {LINE}",
        f"[no-privileged] [Implied by expand-deployments] {LINE}",
    ]


def test_a_constraint_that_judged_something_is_not_said_not_to_apply() -> None:
    decision = decide(
        on_pods("exempting", parameters={"exempt": ["app"]}),
        on_pods("refusing"),
        on_pods("elsewhere", match={"namespaces": ["other"]}),
    )
    assert decision.passed == ("exempting",)
    assert {one.constraint for one in decision.violations} == {"refusing"}
    assert [one.constraint for one in decision.not_applied] == ["elsewhere"]


def test_a_mutator_may_mend_what_is_made_before_it_is_judged() -> None:
    location = "spec.containers[name: *].securityContext.privileged"
    expander = Expander(WORKLOADS, Mutators.parse([assign(location, False)]))
    assert decide(on_pods(), expander=expander).allowed


def test_the_labels_of_the_namespace_count_for_what_is_made() -> None:
    selected = on_pods(match={"namespaceSelector": {"matchLabels": {"strict": "yes"}}})
    review = Review.create(deployment())
    for labels, allowed in (({"strict": "yes"}, False), ({"strict": "no"}, True)):
        known = {"shop": namespace("shop", **labels)}
        decision = review_expanded(client(selected), Expander(WORKLOADS), review, namespaces=known)
        assert decision.allowed is allowed


def test_a_deletion_is_judged_with_what_it_implies() -> None:
    rego = """\
    package a
    violation[{"msg": msg}] {
      msg := sprintf("%v %v", [input.review.operation, input.review.oldObject.kind])
    }
    """
    found = Client([template(rego)], [constraint()])
    decision = review_expanded(found, Expander(WORKLOADS), Review.delete(deployment()))
    assert [one.message for one in decision.violations] == [
        "DELETE Deployment",
        "[Implied by expand-deployments] DELETE Pod",
    ]
