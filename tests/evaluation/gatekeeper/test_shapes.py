"""Objects, requests, constraints and templates of any shape: judged or refused, never a fault."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

from .samples import constraint, constraint_object, pod, template, template_object

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "*", "app", "web"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "labels", "containers", "kinds", "key"]), inner)
    ),
    max_leaves=6,
)
CLIENT = Client(
    [template()],
    [
        constraint(),
        constraint(
            "picky",
            match={
                "name": "web*",
                "labelSelector": {"matchLabels": {"key": "app"}},
                "namespaceSelector": {"matchLabels": {"key": "app"}},
            },
        ),
    ],
)


def fields(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of these fields, with any values."""
    return st.dictionaries(st.sampled_from(names), JSON, max_size=3)


@given(fields("apiVersion", "kind", "metadata", "spec"))
def test_an_object_of_any_shape_is_judged(change: dict[str, Any]) -> None:
    thing = pod(namespace="a") | change

    for review in (Review.create(thing), Review.audit(thing), Review.delete(thing)):
        decision = CLIENT.review(review)
        said = {one.constraint for one in decision.violations}
        left_out = {one.constraint for one in decision.not_applied}
        assert said | left_out | set(decision.passed) == {"no-privileged", "picky"}


@given(fields("object", "oldObject", "operation", "kind", "namespace", "userInfo", "options"))
def test_a_request_of_any_shape_is_judged_or_refused(change: dict[str, Any]) -> None:
    request = {"operation": "CREATE", "object": pod()} | change

    with suppress(GatekeeperError):
        CLIENT.review(Review.from_request(request))


@given(fields("match", "parameters", "enforcementAction", "scopedEnforcementActions"))
def test_a_constraint_of_any_shape_is_installed_or_refused(spec: dict[str, Any]) -> None:
    with suppress(GatekeeperError):
        Client([template()], [Constraint.parse(constraint_object(**spec))])


@given(fields("crd", "targets"), fields("target", "rego", "libs", "code", "operations"))
def test_a_template_of_any_shape_is_read_or_refused(
    spec: dict[str, Any], target: dict[str, Any]
) -> None:
    written = template_object()
    written["spec"]["targets"][0] |= target
    written["spec"] |= spec

    with suppress(GatekeeperError):
        _ = ConstraintTemplate.parse(written).program
