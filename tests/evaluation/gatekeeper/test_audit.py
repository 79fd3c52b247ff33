"""The audit: what a constraint's status says after one round."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.evaluation.gatekeeper.audit import Audit, audit, pod_status, truncated
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.config import Config
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.expansion import WORKLOADS, Expander, ExpansionTemplate

from .samples import constraint, namespace, pod, template
from .test_config import config_object

WHEN = "2026-11-22T17:00:00Z"
KEY = ("K8sPrivileged", "no-privileged")
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "shop", "namespace": "default"},
    "spec": {"template": {"spec": pod()["spec"]}},
}


def audited(*objects: dict[str, Any], given: Constraint | None = None, **options: Any) -> Audit:
    """One round over objects of the namespace ``default``."""
    client = Client([template()], [given or constraint()])
    known = {"default": namespace("default")}
    return audit(client, objects, WHEN, namespaces=known, **options)


def test_a_status_tells_what_was_found() -> None:
    round_ = audited(pod(namespace="default"), pod("fine", privileged=False))

    assert round_.status(KEY) == {
        "auditTimestamp": WHEN,
        "totalViolations": 1,
        "violations": [
            {
                "group": "",
                "version": "v1",
                "kind": "Pod",
                "namespace": "default",
                "name": "web",
                "message": "Privileged container is not allowed: app",
                "enforcementAction": "deny",
            }
        ],
    }


def test_without_violations_there_is_no_list() -> None:
    assert audited().status(KEY) == {"auditTimestamp": WHEN, "totalViolations": 0}


@pytest.mark.parametrize("action", ["warn", "dryrun", "deny"])
def test_every_action_is_audited(action: str) -> None:
    round_ = audited(pod(), given=constraint(enforcementAction=action))

    assert round_.status(KEY)["violations"][0]["enforcementAction"] == action


def test_only_the_first_are_told_and_all_are_counted() -> None:
    names = [f"web-{number:03}" for number in range(100)]
    round_ = audited(*(pod(name) for name in reversed(names)))
    status = round_.status(KEY)

    assert status["totalViolations"] == round_.total(KEY) == 100
    assert [one["name"] for one in status["violations"]] == names[:20]


def test_the_limit_may_be_chosen() -> None:
    assert len(audited(pod("a"), pod("b"), pod("c"), limit=2).status(KEY)["violations"]) == 2
    assert "violations" not in audited(pod("a"), limit=0).status(KEY)


def test_violations_are_sorted_by_kind_namespace_and_name() -> None:
    def of(name: str, home: str, kind: str = "Pod") -> dict[str, Any]:
        return pod(name, namespace=home) | {"kind": kind}

    known = {one: namespace(one) for one in ("a", "b")}
    things = [of("x", "b"), of("y", "a"), of("x", "a"), of("z", "a", "Job")]
    client = Client([template()], [constraint()])
    status = audit(client, things, WHEN, namespaces=known).status(KEY)

    told = [(one["kind"], one["namespace"], one["name"]) for one in status["violations"]]
    assert told == [("Job", "a", "z"), ("Pod", "a", "x"), ("Pod", "a", "y"), ("Pod", "b", "x")]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("a" * 256, "a" * 256),
        ("a" * 257, "a" * 253 + "..."),
        ("é" * 128, "é" * 128),
        ("é" * 129, "é" * 126 + "..."),
    ],
)
def test_messages_are_cut_at_256_bytes(message: str, told: str) -> None:
    assert truncated(message) == told
    assert len(told.encode()) <= 256


def test_a_scoped_constraint_tells_all_its_actions_in_one_violation() -> None:
    given = constraint(
        enforcementAction="scoped",
        scopedEnforcementActions=[
            {"action": "warn", "enforcementPoints": [{"name": "audit.gatekeeper.sh"}]},
            {"action": "deny", "enforcementPoints": [{"name": "*"}]},
        ],
    )
    status = audited(pod(), given=given).status(KEY)

    assert status["totalViolations"] == 1
    assert status["violations"][0]["enforcementAction"] == "scoped"
    assert sorted(status["violations"][0]["enforcementActions"]) == ["deny", "warn"]


def test_a_constraint_that_is_not_enforced_by_the_audit_has_nothing_to_tell() -> None:
    given = constraint(
        enforcementAction="scoped",
        scopedEnforcementActions=[
            {"action": "deny", "enforcementPoints": [{"name": "validation.gatekeeper.sh"}]}
        ],
    )

    assert audited(pod(), given=given).total(KEY) == 0


def test_what_a_workload_implies_is_told_of_the_workload() -> None:
    status = audited(DEPLOYMENT, expander=Expander(WORKLOADS)).status(KEY)

    (violation,) = status["violations"]
    assert (violation["kind"], violation["name"]) == ("Deployment", "shop")
    assert violation["message"].startswith("[Implied by ")


def test_an_expansion_template_may_put_its_own_action_in_place() -> None:
    expansion = ExpansionTemplate.parse(
        {
            "apiVersion": "expansion.gatekeeper.sh/v1beta1",
            "kind": "ExpansionTemplate",
            "metadata": {"name": "expand"},
            "spec": {
                "applyTo": [{"groups": ["apps"], "versions": ["v1"], "kinds": ["Deployment"]}],
                "templateSource": "spec.template",
                "generatedGVK": {"group": "", "version": "v1", "kind": "Pod"},
                "enforcementAction": "dryrun",
            },
        }
    )
    given = constraint(
        enforcementAction="scoped",
        scopedEnforcementActions=[{"action": "deny", "enforcementPoints": [{"name": "*"}]}],
    )
    (violation,) = audited(DEPLOYMENT, given=given, expander=Expander([expansion])).status(KEY)[
        "violations"
    ]

    assert violation["enforcementAction"] == "dryrun"
    assert "enforcementActions" not in violation


def test_namespaces_that_the_audit_leaves_alone_are_not_judged() -> None:
    match = [{"processes": ["audit"], "excludedNamespaces": ["default"]}]
    config = Config.parse(config_object(match=match))

    assert audited(pod(namespace="default"), config=config).total(KEY) == 0
    assert audited(pod(), config=config).total(KEY) == 1


def test_an_object_whose_namespace_is_unknown_is_named_and_left_out() -> None:
    round_ = audited(pod(namespace="nowhere"), pod())

    assert round_.total(KEY) == 1
    assert round_.errors == ["Pod web: the namespace 'nowhere' is not known."]


def test_an_object_that_cannot_be_expanded_is_named_and_left_out() -> None:
    broken = DEPLOYMENT | {"spec": {}}
    round_ = audited(broken, pod(), expander=Expander(WORKLOADS))

    assert round_.total(KEY) == 1
    (error,) = round_.errors
    assert error.startswith("Deployment shop: could not find source field")


def test_every_pod_reports_for_itself() -> None:
    first, second = pod_status(uid="abc", generation=3)

    assert first == {
        "id": "gatekeeper-audit",
        "constraintUID": "abc",
        "enforced": True,
        "observedGeneration": 3,
        "operations": ["audit", "generate", "mutation-status", "status"],
    }
    assert second["operations"] == ["mutation-webhook", "webhook"]
    assert "constraintUID" not in pod_status()[0]


def test_an_audit_of_synced_objects_cannot_tell_their_source() -> None:
    given = constraint(match={"source": "Original"})
    (violation,) = audited(pod(), given=given, from_cache=True).status(KEY)["violations"]

    assert "source field not specified for resource web" in violation["message"]
    expander = Expander(WORKLOADS)
    assert audited(DEPLOYMENT, expander=expander, from_cache=True).total(KEY) == 0
