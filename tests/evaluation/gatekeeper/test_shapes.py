"""Objects, requests, constraints and templates of any shape: judged or refused, never a fault."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config, SyncSet, required_data
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.crds import template_status
from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.external_data import ExternalDataBuiltin
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.gatekeeper.vet import vet
from policy_app.evaluation.gatekeeper.webhook import Webhook

from .mutators import assign
from .samples import constraint, constraint_object, pod, template, template_object
from .test_config import config_object, sync_set_object
from .test_external_data import provider_object
from .test_vet import EXPANSION

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
        ConstraintTemplate.parse(written).compile()


OWN = st.sampled_from(
    [
        template_object(),
        constraint_object(),
        config_object(match=[{"processes": ["*"]}]),
        provider_object(),
        assign("spec.priority", 7),
        EXPANSION,
    ]
)


@given(OWN, fields("metadata", "spec", "kind"))
def test_a_resource_of_any_shape_is_vetted(value: dict[str, Any], change: dict[str, Any]) -> None:
    thing = value | change
    refusals = vet(thing, {"K8sPrivileged": template()})

    assert all(one.message and one.code in (422, 500) for one in refusals)
    answer = Webhook(CLIENT, templates={"K8sPrivileged": template()}).answer(
        Review.create(thing), {}
    )
    assert not refusals or not answer.allowed


@given(OWN, fields("match", "sync", "validation", "url", "timeout", "caBundle", "applyTo", "crd"))
def test_a_spec_of_any_shape_is_vetted(value: dict[str, Any], change: dict[str, Any]) -> None:
    refusals = vet(value | {"spec": value["spec"] | change}, {"K8sPrivileged": template()})

    assert all(one.message for one in refusals)


@given(fields("match", "sync", "validation", "gvks"))
def test_a_configuration_of_any_shape_is_read_or_refused(spec: dict[str, Any]) -> None:
    with suppress(GatekeeperError):
        config = Config.parse(config_object(**spec))
        config.excludes("audit", pod())
    with suppress(GatekeeperError):
        SyncSet.parse(sync_set_object() | {"spec": spec})


@given(JSON, st.text(max_size=20))
def test_a_template_of_any_shape_has_a_status(metadata: Any, text: str) -> None:
    written = template_object(text) | {"metadata": metadata}

    assert template_status(written)["byPod"]
    with suppress(GatekeeperError):
        required_data(written)


@given(JSON)
def test_a_question_of_any_shape_is_answered(request: Any) -> None:
    answer = ExternalDataBuiltin()(request)

    assert {*answer} == {"responses", "errors", "status_code", "system_error"}
