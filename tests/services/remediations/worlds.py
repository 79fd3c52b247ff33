"""A cluster with objects that were there before the mutations that would change them."""

from __future__ import annotations

from typing import Any

from policy_app.apimachinery.objects import Object
from policy_app.models import Assignment, Definition, Remediation, Scope
from policy_app.services import assignments, definitions, remediations
from policy_app.services.drafts import AssignmentDraft
from tests.services.cluster.inside import Api, pod

READ_ONLY_ROOT = "8e875f96-2c56-40ca-86db-b9f6a0be7347"
MAX_UNAVAILABLE = "d77f191e-2338-45d0-b6d4-4ee1c586a192"


def policy(name: str = READ_ONLY_ROOT) -> Definition:
    """One of the built-in policies."""
    return definitions.built_in(Definition.Kind.POLICY, name)


def assign(scope: Scope, row: Definition, **fields: Any) -> Assignment:
    """Put a policy to work under the name ``mutate``."""
    draft = AssignmentDraft(scope=scope, name="mutate", definition=row, **fields)
    return assignments.put(draft, None)[0]


def deployment(name: str = "shop", replicas: int = 2) -> Object:
    """A workload of Pods of one container."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod(name)["spec"]},
        },
    }


def budget(name: str = "shop", **spec: Any) -> Object:
    """A PodDisruptionBudget of a workload."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, **spec},
    }


def body(assignment: Assignment, **properties: Any) -> dict[str, Any]:
    """What ARM is sent."""
    return {"properties": {"policyAssignmentId": assignment.arm_id, **properties}}


def ask(assignment: Assignment, scope: Scope | None = None, **properties: Any) -> Remediation:
    """Ask for the remediation ``fix``."""
    at = scope or assignment.scope
    return remediations.put(at, "fix", body(assignment, **properties), None)[0]


def outcomes(row: Remediation) -> dict[str, tuple[str, str]]:
    """State and message by what the object's name begins with, and how the task stands."""
    row.refresh_from_db()
    found = {one.name: (one.state, one.message) for one in row.deployments.all()}
    return {"": (row.state, row.status_message), **found}


def read_only(api: Api) -> dict[str, bool]:
    """Of each Pod of the namespace ``default``, whether its root file system is read-only."""
    return {
        one["metadata"]["name"]: bool(
            one["spec"]["containers"][0].get("securityContext", {}).get("readOnlyRootFilesystem")
        )
        for one in api.all("v1", "Pod", "default")
    }
