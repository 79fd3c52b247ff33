"""Templates in CEL: what they see, what they say, and how errors count."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.drivers.rego import RegoCode
from policy_app.evaluation.gatekeeper.errors import TemplateError
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.results import Decision

from .samples import PRIVILEGED, constraint, namespace, pod, template_object
from .test_shapes import JSON, fields

CONTAINERS = {
    "name": "containers",
    "expression": "has(variables.anyObject.spec.containers) ? "
    "variables.anyObject.spec.containers : []",
}
EXEMPT = {
    "name": "exempt",
    "expression": "!has(variables.params.exempt) ? [] : variables.params.exempt",
}
BAD = {
    "name": "bad",
    "expression": "variables.containers.filter(c, !(c.name in variables.exempt) && "
    "has(c.securityContext) && has(c.securityContext.privileged) && "
    'c.securityContext.privileged).map(c, "Privileged container is not allowed: " + c.name)',
}
NO_PRIVILEGE = {
    "variables": [CONTAINERS, EXEMPT, BAD],
    "validations": [
        {
            "expression": "size(variables.bad) == 0",
            "messageExpression": 'variables.bad.join(", ")',
        }
    ],
}


def written(source: Mapping[str, Any], *others: Mapping[str, Any]) -> dict[str, Any]:
    """A template in CEL, with other code beside it."""
    code = [{"engine": "K8sNativeValidation", "source": dict(source)}, *others]
    return template_object("", code=code)


SHAPELESS = Client(
    [
        ConstraintTemplate.parse(
            written(
                NO_PRIVILEGE
                | {"matchCondition": [{"name": "all", "expression": "size(request.kind) == 3"}]}
            )
        )
    ],
    [constraint()],
)


def decide(source: Mapping[str, Any], review: Review, **spec: Any) -> Decision:
    client = Client(
        [ConstraintTemplate.parse(written(source))],
        [constraint(**spec)],
        explain=True,
    )
    return client.review(review, namespaces={"shop": namespace("shop", team="a")})


def said(source: Mapping[str, Any], review: Review | None = None, **spec: Any) -> list[str]:
    """The messages of a decision."""
    found = decide(source, review or Review.create(pod(namespace="shop")), **spec)
    return [each.message for each in found.violations]


def only(expression: str, **more: Any) -> dict[str, Any]:
    """A source with one validation."""
    fields = ("message", "messageExpression")
    validation = {name: more.pop(name) for name in fields if name in more}
    return {"validations": [{"expression": expression} | validation], **more}


def refusal(source: Mapping[str, Any]) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        ConstraintTemplate.parse(written(source)).compile()
    return caught.value


def test_a_template_in_cel_judges_and_points_at_the_container() -> None:
    (found,) = decide(NO_PRIVILEGE, Review.create(pod())).violations

    assert found.message == "Privileged container is not allowed: app"
    assert found.line_text == "[no-privileged] Privileged container is not allowed: app"
    assert found.enforcement_action == "deny"
    assert found.details == {}
    assert found.container == "app"
    assert found.place is not None
    assert found.place.path == "spec.containers[0].securityContext.privileged"


def test_what_passes_is_among_the_passed() -> None:
    found = decide(NO_PRIVILEGE, Review.create(pod(privileged=False)))

    assert found.violations == ()
    assert found.passed == ("no-privileged",)


def test_parameters_are_the_constraints() -> None:
    assert said(NO_PRIVILEGE, parameters={"exempt": ["app"]}) == []
    assert said(NO_PRIVILEGE, parameters={"exempt": ["other"]}) != []
    assert said(only("variables.params == null")) == []


def test_match_criteria_and_actions_are_those_of_any_constraint() -> None:
    kinds = [{"apiGroups": ["apps"], "kinds": ["Deployment"]}]
    assert said(NO_PRIVILEGE, match={"kinds": kinds}) == []

    (found,) = decide(NO_PRIVILEGE, Review.create(pod()), enforcementAction="warn").violations
    assert found.enforcement_action == "warn"


def test_rego_runs_where_there_are_both() -> None:
    beside = {"engine": "Rego", "source": {"rego": PRIVILEGED}}
    found = ConstraintTemplate.parse(written(only("nonsense("), beside))

    assert isinstance(found.code, RegoCode)
    (violation,) = Client([found], [constraint()]).review(Review.create(pod())).violations
    assert violation.details == {"container": "app"}


@pytest.mark.parametrize(
    "expression",
    [
        'object.metadata.name == "web" && oldObject == null',
        'request.operation == "CREATE" && request.kind.kind == "Pod" && request.name == "web"',
        'request.namespace == "shop" && request.resource.resource == "pods"',
        '"system:masters" in request.userInfo.groups && !has(request.userInfo.uid)',
        "!request.dryRun && request.options == null && !has(request.subResource)",
        'namespaceObject.metadata.labels.team == "a"',
        "variables.anyObject == object",
    ],
)
def test_a_request_shows_what_kubernetes_shows(expression: str) -> None:
    review = Review.create(pod(namespace="shop"), user_info={"groups": ["system:masters"]})

    assert said(only(expression), review) == []
    assert said(only(f"!({expression})"), review) == [f"failed expression: !({expression})"]


def test_an_update_shows_both_objects() -> None:
    review = Review.update(pod("new"), pod("old"))
    source = only('request.operation == "UPDATE" && oldObject.metadata.name != "old"')

    assert said(source, review) != []
    assert said(only('object.metadata.name == "new"'), review) == []


def test_a_deletion_has_no_object_but_any_object() -> None:
    review = Review.delete(pod())
    source = only('object == null && variables.anyObject.metadata.name == "web"')

    assert said(source, review) == []
    assert said(NO_PRIVILEGE, review) == ["Privileged container is not allowed: app"]


def test_the_audit_has_no_operation() -> None:
    assert (
        said(only('request.operation == "" && !has(request.namespace)'), Review.audit(pod())) == []
    )


def test_nothing_is_known_of_the_namespace_of_a_cluster_scoped_object() -> None:
    assert said(only("namespaceObject == null"), Review.create(namespace("a"))) == []


def test_variables_may_look_at_the_whole_constraint_and_validations_may_not() -> None:
    named = {"name": "own", "expression": "params.metadata.name"}
    source = only('variables.own == "no-privileged"', variables=[named])

    assert said(source) == []
    assert "undeclared reference to 'params.spec'" in refusal(only("has(params.spec)")).message


def test_variables_are_computed_when_they_are_asked_for() -> None:
    broken = {"name": "broken", "expression": "object.nope"}

    assert said(only("true || variables.broken == 1", variables=[broken])) == []
    assert said(only("variables.broken == 1", variables=[broken])) == [
        "expression 'variables.broken == 1' resulted in error: "
        'composited variable "broken" fails to evaluate: no such key: nope'
    ]


def test_a_variable_may_be_asked_for_with_has() -> None:
    flag = {"name": "flag", "expression": "true"}

    assert said(only("has(variables.flag) && variables.flag", variables=[flag])) == []


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ({}, "failed expression: 1 > 2"),
        ({"message": " no \n"}, "no"),
        ({"message": "no", "messageExpression": '"not " + object.metadata.name'}, "not web"),
        ({"message": "no", "messageExpression": "string(object.nope)"}, "no"),
        ({"message": "no", "messageExpression": '" "'}, "no"),
        ({"message": "no", "messageExpression": '"two\\nlines"'}, "no"),
        (
            {
                "messageExpression": "[0,1,2,3,4,5,6,7,8,9].map(x, 'a'.replace('a', "
                f"'{'b' * 600}')).join()"
            },
            "failed expression: 1 > 2",
        ),
    ],
)
def test_the_message_is_chosen_as_kubernetes_chooses_it(
    validation: dict[str, str], message: str
) -> None:
    assert said(only(" 1 > 2", **validation)) == [message]


def test_every_validation_that_is_not_true_says_so() -> None:
    source = {
        "validations": [
            {"expression": "false", "message": "first"},
            {"expression": "true", "message": "second"},
            {"expression": "false", "message": "third"},
        ]
    }

    assert said(source) == ["first", "third"]


def test_an_error_denies_unless_the_policy_is_to_ignore_it() -> None:
    source = only("object.spec.nope == 1")

    assert said(source) == [
        "expression 'object.spec.nope == 1' resulted in error: no such key: nope"
    ]
    assert said(source | {"failurePolicy": "Fail"}) == said(source)
    assert said(source | {"failurePolicy": "Ignore"}) == []


def test_a_policy_that_ignores_errors_denies_all_the_same() -> None:
    assert said(only("false", message="no", failurePolicy="Ignore")) == ["no"]


def test_match_conditions_leave_requests_out() -> None:
    deny = only("false", message="no")
    pods = {"name": "pods", "expression": 'request.kind.kind == "Pod"'}
    others = {"name": "others", "expression": 'object.kind != "Pod"'}
    broken = {"name": "broken", "expression": "object.nope == 1"}

    assert said(deny | {"matchCondition": [pods]}) == ["no"]
    assert said(deny | {"matchCondition": [pods, others]}) == []
    assert said(deny | {"matchCondition": [broken, others]}) == []
    assert said(deny | {"matchCondition": [broken]}) == [
        "expression 'object.nope == 1' resulted in error: no such key: nope"
    ]
    assert said(deny | {"matchCondition": [broken], "failurePolicy": "Ignore"}) == []


def test_a_policy_past_its_budget_denies_and_says_so() -> None:
    nested = "variables.l.all(a, variables.l.all(b, variables.l.all(c, variables.l.all(d, true))))"
    many = {"name": "l", "expression": f"[{', '.join(['0'] * 100)}]"}
    chain = {"name": "l", "expression": "['x']" + ".map(a, a + a + a + a)" * 18}

    for source in (only(nested, variables=[many]), only("variables.l == []", variables=[chain])):
        (message,) = said(source)
        assert "running out of cost budget" in message or "took longer than" in message
        assert said(source | {"failurePolicy": "Ignore"}) == []


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        (only("1 +"), "validations[0].expression", "compilation failed: ERROR: <input>:1:4"),
        (only("nope(1)"), "validations[0].expression", "undeclared reference to 'nope'"),
        (only("1 + 'a' == 2"), "validations[0].expression", "found no matching overload"),
        (only("object.spec.x"), "validations[0].expression", "must evaluate to bool but got dyn"),
        (only("[1]"), "validations[0].expression", "must evaluate to bool but got list(int)"),
        (only(""), "validations[0].expression", "CEL expression is required"),
        (only("variables.x"), "validations[0].expression", "undefined field 'x'"),
        (
            only("true", messageExpression="1"),
            "validations[0].messageExpression",
            "must evaluate to string but got int",
        ),
        (
            only("true", variables=[{"name": "a", "expression": "variables.b"}]),
            "variables[0].expression",
            "undefined field 'b'",
        ),
        (
            only("true", variables=[{"name": "params", "expression": "1"}]),
            "variables[0].expression",
            'params an invalid variable name, "params" is a reserved keyword',
        ),
        (
            only("true", variables=[{"name": "gatekeeper_internal_x", "expression": "1"}]),
            "variables[0].expression",
            'cannot have "gatekeeper_internal_" as a prefix',
        ),
        (
            only("true", matchCondition=[{"name": "gatekeeper_internal_x", "expression": "1"}]),
            "matchCondition[0].expression",
            "invalid match condition",
        ),
        (
            only("true", failurePolicy="Maybe"),
            "failurePolicy",
            "invalid failure policy: unrecognized failure policy: Maybe",
        ),
        ({"validations": "true"}, "validations", "must be a list"),
        ({"validations": [{"expression": 1}]}, "validations[0].expression", "must be a string"),
        (only("true", variables=[{}] * 300), "variables", "more than 250 entries"),
        (only("'" + "a" * 250_000 + "' == ''"), "", "characters of expressions"),
    ],
    ids=lambda it: it[:40] if isinstance(it, str) else None,
)
def test_what_does_not_compile_is_refused_with_its_field(
    source: dict[str, Any], path: str, words: str
) -> None:
    error = refusal(source)

    assert error.path == ".".join(filter(None, ("spec.targets[0].code[0].source", path)))
    assert words in error.message


def test_the_type_of_a_variable_is_that_of_its_expression() -> None:
    flag = {"name": "flag", "expression": "1 < 2"}
    text = {"name": "text", "expression": "'a'"}

    assert said(only("variables.flag", variables=[flag])) == []
    assert "'(string, int)'" in refusal(only("variables.text + 1 == 2", variables=[text])).message


def test_the_same_source_is_compiled_once() -> None:
    first, second = (ConstraintTemplate.parse(written(NO_PRIVILEGE)) for _ in range(2))

    from policy_app.evaluation.gatekeeper.drivers import World

    assert first.code.driver(World()) is second.code.driver(World())


@given(fields("validations", "variables", "matchCondition", "failurePolicy"), fields("source"))
def test_a_source_of_any_shape_is_read_or_refused(
    change: dict[str, Any], entry: dict[str, Any]
) -> None:
    template = written(only("true") | change)
    template["spec"]["targets"][0]["code"][0] |= entry

    with suppress(TemplateError):
        ConstraintTemplate.parse(template).compile()


@given(fields("apiVersion", "kind", "metadata", "spec"), JSON)
def test_an_object_of_any_shape_is_judged(change: dict[str, Any], metadata: Any) -> None:
    thing = pod(namespace="a") | change
    known = {"a": {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}}

    for review in (Review.create(thing), Review.audit(thing), Review.delete(thing)):
        decision = SHAPELESS.review(review, namespaces=known)
        assert len(decision.violations) + len(decision.passed) == 1


def test_cel_sees_nothing_of_the_inventory() -> None:
    found = ConstraintTemplate.parse(written(NO_PRIVILEGE))

    assert found.code.engine == "K8sNativeValidation"
    assert not found.uses_inventory
