"""The client: what is refused, warned about and noted, in which order, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.errors import (
    ConstraintError,
    ConstraintSchemaError,
    ReviewError,
    TemplateError,
)
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.results import Decision

from .samples import constraint, namespace, pod, template


def decide(rego: str = "", thing: dict[str, Any] | None = None, **spec: Any) -> Decision:
    """What one constraint, with this spec, says about creating an object."""
    found = template(rego) if rego else template()
    client = Client([found], [constraint(**spec)])
    return client.review(Review.create(thing or pod(), default_namespace="default"))


def messages(decision: Decision) -> list[str]:
    """The messages of a decision."""
    return [violation.message for violation in decision.violations]


def says(*elements: str) -> str:
    """Rego whose violations are these elements."""
    return "package a\n" + "\n".join(f"violation[{element}] {{ true }}" for element in elements)


def test_a_privileged_pod_is_refused_in_gatekeepers_words() -> None:
    decision = decide()

    assert not decision.allowed
    assert decision.denied_text == (
        'admission webhook "validation.gatekeeper.sh" denied the request: '
        "[no-privileged] Privileged container is not allowed: app"
    )
    (violation,) = decision.violations
    assert violation.details == {"container": "app"}
    assert violation.container == "app"
    assert violation.place is not None
    assert violation.place.path == "spec.containers[0].securityContext.privileged"


def test_a_pod_that_keeps_the_rule_passes() -> None:
    decision = decide(thing=pod(privileged=False))

    assert decision.allowed
    assert (messages(decision), decision.passed) == ([], ("no-privileged",))


def test_parameters_reach_the_rule() -> None:
    assert decide(parameters={"exempt": ["app"]}).allowed


def test_a_constraint_that_does_not_apply_says_why() -> None:
    decision = decide(thing=pod(namespace="kube-system"), match={"excludedNamespaces": ["kube-*"]})

    (left_out,) = decision.not_applied
    assert (left_out.constraint, left_out.criterion) == ("no-privileged", "excludedNamespaces")
    assert left_out.reason == "The namespace 'kube-system' is excluded by 'kube-*'."
    assert (decision.allowed, decision.passed) == (True, ())


def test_actions_decide_who_is_told() -> None:
    client = Client(
        [template()],
        [
            constraint("a-warns", enforcementAction="warn"),
            constraint("b-notes", enforcementAction="dryrun"),
            constraint("c-denies"),
        ],
    )

    decision = client.review(Review.create(pod(namespace="x")))

    assert [one.constraint for one in decision.denials] == ["c-denies"]
    assert [one.constraint for one in decision.warnings] == ["a-warns"]
    assert [one.constraint for one in decision.audits] == ["b-notes"]


def test_violations_are_sorted_by_action_message_kind_and_name() -> None:
    kinds = {
        kind: template(says('{"msg": "same"}', f'{{"msg": "{kind}"}}'), kind=kind)
        for kind in ("Zebra", "Apple")
    }
    client = Client(
        kinds.values(),
        [
            constraint("two", kind="Zebra"),
            constraint("one", kind="Zebra"),
            constraint("three", kind="Apple", enforcementAction="warn"),
            constraint("four", kind="Apple"),
        ],
    )

    found = client.review(Review.create(pod())).violations

    assert [(one.enforcement_action, one.message, one.constraint) for one in found] == [
        ("deny", "Apple", "four"),
        ("deny", "Zebra", "one"),
        ("deny", "Zebra", "two"),
        ("deny", "same", "four"),
        ("deny", "same", "one"),
        ("deny", "same", "two"),
        ("warn", "Apple", "three"),
        ("warn", "same", "three"),
    ]


def test_several_lines_are_joined_without_a_header() -> None:
    assert decide(says('{"msg": "b"}', '{"msg": "a"}')).webhook_message == (
        "[no-privileged] a\n[no-privileged] b"
    )


def test_equal_results_are_one() -> None:
    rego = """
        package a
        violation[{"msg": "same", "details": {"n": n % 2}, "extra": n}] { n := [1, 2, 3][_] }
    """

    found = decide(rego).violations

    assert sorted(violation.details["n"] for violation in found) == [0, 1]


def test_a_result_without_a_message_is_dropped() -> None:
    assert messages(decide(says('{"details": {}}', '{"msg": "kept"}', '"text"'))) == ["kept"]


def test_a_message_that_is_no_string_fails_the_request() -> None:
    with pytest.raises(ReviewError, match="must be a string, but is 5"):
        decide(says('{"msg": 5}'))


def test_an_error_while_it_runs_is_a_violation_of_each_constraint_of_the_kind() -> None:
    rego = """
        package a
        violation[{"msg": msg}] { msg := choose(1) }
        choose(x) = "a" { x == 1 }
        choose(x) = "b" { x == 1 }
    """
    client = Client(
        [template(rego)], [constraint("first"), constraint("second", enforcementAction="dryrun")]
    )

    decision = client.review(Review.create(pod()))

    assert [one.constraint for one in decision.denials] == ["first"]
    assert [one.constraint for one in decision.audits] == ["second"]
    assert decision.denials[0].message


def test_a_namespace_that_is_missing_is_a_violation() -> None:
    decision = decide(match={"namespaceSelector": {"matchLabels": {"a": "b"}}})

    assert messages(decision) == [
        "unable to match constraints: error matching the requested object: web "
        ":failed to run Match criteria: "
        "namespace selector for namespace-scoped object but missing Namespace"
    ]


@pytest.mark.parametrize("action", ["deny", "warn", "dryrun"])
def test_what_cannot_be_matched_is_told_with_the_constraints_own_action(action: str) -> None:
    picky = constraint(
        enforcementAction=action, match={"namespaceSelector": {"matchLabels": {"a": "b"}}}
    )
    review = Review.create(pod(namespace="nowhere"))
    (violation,) = Client([template()], [picky]).review(review).violations

    assert violation.enforcement_action == action
    assert violation.message == (
        "unable to match constraints: error matching the requested object: web :failed to run "
        "Match criteria: namespace selector for namespace-scoped object but missing Namespace"
    )


def test_a_request_about_nothing_is_a_violation_of_what_has_a_match() -> None:
    given = [constraint("matches", match={}), constraint("all")]
    decision = Client([template()], given).review(Review(operation="CREATE"))

    assert [(one.constraint, one.message) for one in decision.violations] == [
        (
            "matches",
            "unable to match constraints: invalid request object: neither object nor old object "
            "are defined",
        )
    ]
    assert decision.passed == ("all",)


def test_namespaces_that_are_known_are_matched() -> None:
    selector = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
    client = Client([template()], [constraint(match=selector)])
    known = {"shop": namespace("shop", team="a"), "other": namespace("other")}

    inside = client.review(Review.create(pod(namespace="shop")), namespaces=known)
    outside = client.review(Review.create(pod(namespace="other")), namespaces=known)

    assert not inside.allowed
    assert [one.criterion for one in outside.not_applied] == ["namespaceSelector"]


def test_namespaces_of_the_inventory_are_known_too() -> None:
    selector = {"namespaceSelector": {"matchLabels": {"team": "a"}}}
    synced = {"cluster": {"v1": {"Namespace": {"shop": namespace("shop", team="a")}}}}
    client = Client([template()], [constraint(match=selector)], synced)

    assert not client.review(Review.create(pod(namespace="shop"))).allowed


def test_rego_may_look_at_the_inventory() -> None:
    rego = """
        package a
        violation[{"msg": msg}] {
          other := data.inventory.namespace[ns][_].Pod[name]
          name == input.review.object.metadata.name
          msg := sprintf("%v is already in %v", [name, ns])
        }
    """
    inventory = {"namespace": {"shop": {"v1": {"Pod": {"web": pod(namespace="shop")}}}}}
    found, asked = template(rego), Review.create(pod(namespace="new"))

    with_pods = Client([found], [constraint()], inventory).review(asked)
    without = Client([found], [constraint()]).review(asked)

    assert messages(with_pods) == ["web is already in shop"]
    assert without.passed == ("no-privileged",)


def test_a_constraint_is_enforced_only_at_its_points() -> None:
    scoped = constraint(
        enforcementAction="scoped",
        scopedEnforcementActions=[
            {"action": "warn", "enforcementPoints": [{"name": "audit.gatekeeper.sh"}]}
        ],
    )
    client, asked = Client([template()], [scoped]), Review.create(pod())

    at_the_webhook = client.review(asked)
    at_the_audit = client.review(asked, point="audit.gatekeeper.sh")

    assert [one.criterion for one in at_the_webhook.not_applied] == ["scopedEnforcementActions"]
    assert [one.enforcement_action for one in at_the_audit.violations] == ["warn"]


def test_a_template_may_choose_its_operations() -> None:
    client = Client([template(operations=["CREATE"])], [constraint()])

    created = client.review(Review.create(pod()))
    deleted = client.review(Review.delete(pod()))
    audited = client.review(Review.audit(pod()), point="audit.gatekeeper.sh")

    assert not created.allowed
    assert [one.criterion for one in deleted.not_applied] == ["operations"]
    assert not audited.allowed


def test_an_update_that_removes_the_label_is_still_judged() -> None:
    match = {"labelSelector": {"matchLabels": {"app": "web"}}}
    client = Client([template()], [constraint(match=match)])
    labelled = pod(labels={"app": "web"}, privileged=False)

    assert not client.review(Review.update(pod(), labelled)).allowed
    assert client.review(Review.create(pod())).allowed


def test_a_constraint_needs_its_template() -> None:
    with pytest.raises(
        ConstraintError, match='missing ConstraintTemplate: template "other" not found'
    ):
        Client([template()], [constraint(kind="Other")])


def test_a_constraint_must_fit_its_template() -> None:
    with pytest.raises(ConstraintSchemaError):
        Client([template()], [constraint(parameters={"exempt": "app"})])


def test_rego_that_does_not_compile_is_told_before_anything_is_asked() -> None:
    with pytest.raises(TemplateError, match="unable to compile modules"):
        Client([template('package a\nviolation[{"msg": "x"}] { := }\n')], [constraint()])


def test_a_client_that_locates_nothing_decides_the_same() -> None:
    given = [template()], [constraint()]
    review = Review.create(pod(privileged=True))
    told, short = (Client(*given, locate=one).review(review) for one in (True, False))
    assert messages(told) == messages(short)
    paths = [getattr(one.violations[0].place, "path", "") for one in (told, short)]
    assert paths == ["spec.containers[0].securityContext.privileged", ""]
