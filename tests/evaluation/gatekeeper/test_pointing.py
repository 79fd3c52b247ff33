"""Violations point at the field that the rule judged, whatever words its message uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.review import Review
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate

TEMPLATES = Path(__file__).resolve().parents[3] / "fixtures" / "templates"
REGO = """package silent

violation[{"msg": "Nope."}] {
  container := input.review.object.spec.containers[_]
  not startswith(container.image, "trusted/")
  container.securityContext.capabilities.add[_] == "SYS_ADMIN"
}
"""


def fields(
    template: dict[str, Any], spec: dict[str, Any], **parameters: Any
) -> set[tuple[str, str]]:
    """The container and the field of each violation of a Pod."""
    parsed = ConstraintTemplate.parse(template)
    constraint = Constraint(name="c", kind=parsed.kind, parameters=parameters)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    decision = Client([parsed], [constraint], explain=True).review(Review.create(pod))
    return {(one.container, one.place.path) for one in decision.violations if one.place}


def shipped(tail: str) -> dict[str, Any]:
    """One of the catalogue's templates."""
    template: dict[str, Any] = yaml.safe_load((TEMPLATES / tail / "template.yaml").read_text())
    return template


def test_a_message_without_a_hint_still_points_at_the_field() -> None:
    template = {
        "apiVersion": "templates.gatekeeper.sh/v1beta1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": "silent"},
        "spec": {
            "crd": {"spec": {"names": {"kind": "Silent"}}},
            "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": REGO}],
        },
    }
    good = {"name": "good", "image": "trusted/a"}
    bad = {
        "name": "bad",
        "image": "b",
        "securityContext": {"capabilities": {"add": ["KILL", "SYS_ADMIN"]}},
    }
    assert fields(template, {"containers": [good, bad]}) == {
        ("bad", "spec.containers[1].securityContext.capabilities.add[1]")
    }


@pytest.mark.parametrize(
    ("tail", "spec", "parameters", "expected"),
    [
        (
            "container-no-privilege/v2",
            {"initContainers": [{"name": "i", "securityContext": {"privileged": True}}]},
            {},
            ("i", "spec.initContainers[0].securityContext.privileged"),
        ),
        (
            "host-network-ports/v3",
            {"hostNetwork": True, "containers": [{"name": "web"}]},
            {"allowHostNetwork": False, "minPort": 0, "maxPort": 0},
            ("web", "spec.hostNetwork"),
        ),
        (
            "container-resource-limits/v3",
            {"containers": [{"name": "web", "image": "nginx"}]},
            {"cpuLimit": "1", "memoryLimit": "1Gi", "excludedImages": ["other/*"]},
            ("web", "spec.containers[0].resources.limits"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_catalogue_points_at_the_field(
    tail: str, spec: dict[str, Any], parameters: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in fields(shipped(tail), spec, **parameters)
