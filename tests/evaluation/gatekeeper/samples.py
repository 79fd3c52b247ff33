"""Templates, constraints and pods that the tests of Gatekeeper share."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

PRIVILEGED = """\
package k8sprivileged

violation[{"msg": msg, "details": {"container": c.name}}] {
  c := input.review.object.spec.containers[_]
  c.securityContext.privileged
  not exempt(c.name)
  msg := sprintf("Privileged container is not allowed: %v", [c.name])
}

exempt(name) {
  name == input.parameters.exempt[_]
}
"""

EXEMPT_SCHEMA = {
    "type": "object",
    "properties": {"exempt": {"type": "array", "items": {"type": "string"}}},
}


def template_object(
    rego: str = PRIVILEGED,
    *,
    kind: str = "K8sPrivileged",
    version: str = "v1",
    schema: dict[str, Any] | None = None,
    **target: Any,
) -> dict[str, Any]:
    """A template's Kubernetes object in the old layout; ``target`` adds to its target."""
    return {
        "apiVersion": f"templates.gatekeeper.sh/{version}",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {
                "spec": {
                    "names": {"kind": kind},
                    "validation": {"openAPIV3Schema": schema or EXEMPT_SCHEMA},
                }
            },
            "targets": [
                {"target": "admission.k8s.gatekeeper.sh", "rego": dedent(rego)} | target,
            ],
        },
    }


def template(rego: str = PRIVILEGED, **changes: Any) -> ConstraintTemplate:
    """A parsed template."""
    return ConstraintTemplate.parse(template_object(rego, **changes))


def constraint_object(name: str = "no-privileged", **spec: Any) -> dict[str, Any]:
    """A constraint's Kubernetes object; ``kind`` may be given beside its spec."""
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": spec.pop("kind", "K8sPrivileged"),
        "metadata": {"name": name},
        "spec": spec,
    }


def constraint(name: str = "no-privileged", **spec: Any) -> Constraint:
    """A parsed constraint."""
    return Constraint.parse(constraint_object(name, **spec))


def pod(name: str = "web", *, privileged: bool = True, **metadata: Any) -> dict[str, Any]:
    """A pod with one container, ``app``."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name} | metadata,
        "spec": {
            "containers": [
                {"name": "app", "image": "nginx", "securityContext": {"privileged": privileged}}
            ]
        },
    }


def namespace(name: str, **labels: str) -> dict[str, Any]:
    """A Namespace object."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
