"""Objects on their way in: changed by policies, judged afterwards, and what workloads make."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from policy_app.models import Cluster, Definition, Scope
from policy_app.services import assignments, definitions, enforcement, testing
from policy_app.services.diffs import yaml_diff
from policy_app.services.testing import DocumentReport, OffspringReport, Upload
from tests.services.test_drafts import draft

NO_PRIVILEGE = "95edb821-ddaf-4404-9732-666045e056b4"
READ_ONLY = "df49d893-a74c-421d-bc95-c663042e5b80"
MAKE_READ_ONLY = "8e875f96-2c56-40ca-86db-b9f6a0be7347"
DROP_ALL = "c873b3ba-c605-42e4-a64b-a142a93826fc"
SAY_MUTATIONS = "e24df237-32cb-4a6c-a2f6-85b499cda9f2"

PRIVILEGED = {"name": "app", "image": "nginx", "securityContext": {"privileged": True}}
PLAIN = {"name": "app", "image": "nginx"}


def pod(*containers: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A Pod ``web``."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"} | metadata,
        "spec": {"containers": [*containers]},
    }


def workload(kind: str, *containers: dict[str, Any]) -> dict[str, Any]:
    """A workload ``web`` of Pods with these containers."""
    group = "batch" if kind == "CronJob" else "apps"
    spec: dict[str, Any] = {"template": {"spec": {"containers": [*containers]}}}
    return {
        "apiVersion": f"{group}/v1",
        "kind": kind,
        "metadata": {"name": "web"},
        "spec": {"jobTemplate": {"spec": spec}} if kind == "CronJob" else spec,
    }


def assign(scope: Scope, name: str, enforcement_mode: str = "Default", **parameters: Any) -> None:
    """Put one of the built-in policies to work at a scope."""
    policy = definitions.built_in(Definition.Kind.POLICY, name)
    one = draft(
        scope,
        policy,
        name=name,
        parameters=parameters,
        enforcement_mode=enforcement_mode,
    )
    assignments.put(one, None)


def outcome(cluster: Cluster, thing: dict[str, Any], namespace: str = "default") -> DocumentReport:
    """What becomes of an object."""
    data = yaml.safe_dump(thing).encode()
    (document,) = testing.run(cluster, [Upload("web.yaml", data)], namespace).documents
    return document


def told(report: DocumentReport | OffspringReport) -> list[tuple[str, str, Any, Any]]:
    """The changes as (policy, field, before, after)."""
    return [
        (change.origin.display_name, change.path, change.before, change.after)
        for change in report.mutation.changes
    ]


def test_a_policy_changes_a_pod_and_says_what_it_changed(rg_demo: Scope, aks_demo: Cluster) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    document = outcome(aks_demo, pod(PLAIN))
    assert told(document) == [
        (
            "Sets readOnlyRootFileSystem in the Pod spec to true if it is not set.",
            "spec.containers[0].securityContext",
            None,
            {"readOnlyRootFilesystem": True},
        )
    ]
    (place,) = document.mutation.diff
    assert [line.text for line in place if line.sign != " "] == [
        "    securityContext:",
        "      readOnlyRootFilesystem: true",
    ]
    assert {line.sign for line in place} == {" ", "+"}
    assert document.output == "pod/web created"


def test_an_object_is_judged_as_the_mutators_left_it(rg_demo: Scope, aks_demo: Cluster) -> None:
    assign(rg_demo, READ_ONLY, effect="Deny")
    assert not outcome(aks_demo, pod(PLAIN)).accepted
    assign(rg_demo, MAKE_READ_ONLY)
    assert outcome(aks_demo, pod(PLAIN)).accepted


@pytest.mark.parametrize("namespace", ["kube-system", "payments"])
def test_an_excluded_namespace_is_left_as_it_is(
    rg_demo: Scope, aks_demo: Cluster, namespace: str
) -> None:
    assign(rg_demo, MAKE_READ_ONLY, excludedNamespaces=["payments"])
    assert not outcome(aks_demo, pod(PLAIN), namespace).mutation.changes
    assert outcome(aks_demo, pod(PLAIN)).mutation.changes


def test_an_assignment_that_is_not_enforced_changes_nothing_and_says_so(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, MAKE_READ_ONLY, enforcement_mode="DoNotEnforce")
    in_force = enforcement.in_force(aks_demo)
    assert in_force.mutators.all == ()
    assert [one.code for one in in_force.not_installed] == ["Mutation"]
    assert not outcome(aks_demo, pod(PLAIN)).mutation.changes


def test_a_switched_off_mutation_is_no_news(rg_demo: Scope, aks_demo: Cluster) -> None:
    assign(rg_demo, MAKE_READ_ONLY, effect="Disabled")
    in_force = enforcement.in_force(aks_demo)
    assert (in_force.mutators.all, in_force.not_installed) == ((), [])


def test_a_null_is_as_good_as_nothing_as_it_is_for_the_api_server(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    document = outcome(aks_demo, pod(PLAIN | {"securityContext": None}))
    assert [change.after for change in document.mutation.changes] == [
        {"readOnlyRootFilesystem": True}
    ]


def test_an_object_that_the_mutators_cannot_work_on_is_refused(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    odd = pod()
    odd["spec"]["containers"] = {"app": "nginx"}
    document = outcome(aks_demo, odd)
    assert not document.accepted
    assert document.output.startswith(
        'Error from server (InternalError): error when creating "web.yaml": admission webhook '
        '"mutation.gatekeeper.sh" denied the request: mutation for mutator Assign.mutations.'
    )
    assert "and received object (type: object)" in document.error


def test_a_changed_object_says_so_to_the_policy_that_looks_for_it(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, DROP_ALL)
    assign(rg_demo, SAY_MUTATIONS, messages={"gatekeeper.sh/mutations": "A policy changed it."})
    warnings = outcome(aks_demo, pod(PLAIN)).decision.warnings
    assert [one.message for one in warnings] == ["A policy changed it."]
    dropped = {"securityContext": {"capabilities": {"drop": ["ALL"]}}}
    assert not outcome(aks_demo, pod(PLAIN | dropped)).decision.warnings


def test_a_workload_is_accepted_and_its_pods_are_refused_when_they_are_made(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, NO_PRIVILEGE, effect="Deny")
    document = outcome(aks_demo, workload("Deployment", PRIVILEGED))
    assert document.accepted
    assert document.output == "deployment.apps/web created"
    (made,) = document.offspring
    assert (made.label, made.accepted) == ("Pod web-pod", False)
    (violation,) = made.decision.violations
    assert violation.place is not None
    assert violation.place.path == ("spec.template.spec.containers[0].securityContext.privileged")
    assert list(document.lines) == [violation.place.line]


def test_a_policy_that_looks_at_generated_objects_refuses_the_workload(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, NO_PRIVILEGE, effect="Deny", source="All")
    document = outcome(aks_demo, workload("Deployment", PRIVILEGED))
    assert not document.accepted
    (violation,) = document.decision.violations
    assert violation.message.startswith("[Implied by expand-deployments] Privileged container")
    assert violation.generated == "Pod web-pod"
    assert violation.place is not None
    assert violation.place.line == min(document.lines)


def test_the_pods_of_a_workload_are_changed_when_they_are_made(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, MAKE_READ_ONLY)
    document = outcome(aks_demo, workload("StatefulSet", PLAIN))
    assert not document.mutation.changes
    (made,) = document.offspring
    assert [path for _, path, _, _ in told(made)] == ["spec.containers[0].securityContext"]


def test_what_is_generated_is_changed_before_it_is_judged(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    assign(rg_demo, READ_ONLY, effect="Deny", source="Generated")
    assert not outcome(aks_demo, workload("Deployment", PLAIN)).accepted
    assign(rg_demo, MAKE_READ_ONLY, source="Generated")
    assert outcome(aks_demo, workload("Deployment", PLAIN)).accepted


def test_a_cron_job_makes_a_job_and_the_job_a_pod(rg_demo: Scope, aks_demo: Cluster) -> None:
    assign(rg_demo, NO_PRIVILEGE, effect="Deny")
    document = outcome(aks_demo, workload("CronJob", PRIVILEGED))
    assert [(one.label, one.accepted) for one in document.offspring] == [
        ("Job web-job", True),
        ("Pod web-job-pod", False),
    ]


def test_a_workload_that_says_nothing_of_its_pods_makes_none(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    bare = workload("Deployment") | {"spec": {"replicas": 1}}
    assign(rg_demo, NO_PRIVILEGE, effect="Deny")
    document = outcome(aks_demo, bare)
    assert (document.accepted, document.offspring) == (True, [])


def test_a_workload_that_cannot_be_expanded_is_refused_where_something_looks_at_its_pods(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    bare = workload("Deployment") | {"spec": {"replicas": 1}}
    assign(rg_demo, NO_PRIVILEGE, effect="Deny", source="All")
    document = outcome(aks_demo, bare)
    assert document.error == 'could not find source field "spec.template" in resource web'
    assert "validation.gatekeeper.sh" in document.output


def test_a_diff_shows_the_changed_places_with_the_lines_around_them() -> None:
    before = {str(number): number for number in range(30)}
    groups = yaml_diff(before, before | {"2": "two", "25": "new"})
    assert [[f"{line.sign}{line.text}" for line in group] for group in groups] == [
        [
            *(" '0': 0", " '1': 1", "-'2': 2", "+'2': two"),
            *(" '3': 3", " '4': 4", " '5': 5"),
        ],
        [
            *(" '22': 22", " '23': 23", " '24': 24", "-'25': 25", "+'25': new"),
            *(" '26': 26", " '27': 27", " '28': 28"),
        ],
    ]
    assert yaml_diff(before, before) == []


def test_the_safeguards_take_the_taint_of_the_system_pool_off_other_nodes(
    rg_demo: Scope, aks_demo: Cluster
) -> None:
    safeguards = definitions.built_in(
        Definition.Kind.INITIATIVE, "c047ea8e-9c78-49b2-958b-37e56d291a44"
    )
    parameters: dict[str, Any] = {
        "effectForMutationPolicies": "Mutate",
        "allowedContainerImagesRegex": ".*",
    }
    parameters |= {
        name: [] for name in ("allowedUsers", "allowedGroups", "labels", "reservedTaints")
    }
    assignments.put(draft(rg_demo, safeguards, name="safeguards", parameters=parameters), None)
    node: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "node", "labels": {"kubernetes.azure.com/mode": "user"}},
        "spec": {"taints": [{"key": "CriticalAddonsOnly", "effect": "NoSchedule"}]},
    }
    assert [one.path for one in outcome(aks_demo, node).mutation.changes] == ["spec.taints[0]"]
    node["metadata"]["labels"] = {"kubernetes.azure.com/mode": "system"}
    assert not outcome(aks_demo, node).mutation.changes
