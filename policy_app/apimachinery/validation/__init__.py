"""The rules of each kind: an object's faults, in the API server's words and at its paths.

Metadata first, then the kind's own rules, then what its schema demands of every field: required
ones and words of a list.  A field is told once.  Objects are validated with their defaults.

Sources: ``pkg/apis/*/validation`` of Kubernetes for which rules there are, and the messages that
servers give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from policy_app.apimachinery.errors import Cause
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.apimachinery.schemas import Schemas
from policy_app.apimachinery.validation import (
    access,
    configuration,
    crds,
    customs,
    jobs,
    metadata,
    networking,
    pods,
    scaling,
    schema,
    services,
    storage,
    workloads,
)
from policy_app.apimachinery.validation.reports import Report

Rule = Callable[[Object, Mapping[str, Any] | None, Report], None]

_RULES: Mapping[tuple[str, str], Rule] = {
    **access.RULES,
    **configuration.RULES,
    **crds.RULES,
    **jobs.RULES,
    **networking.RULES,
    **pods.RULES,
    **scaling.RULES,
    **services.RULES,
    **storage.RULES,
    **workloads.RULES,
}


def faults(
    kind: Kind, thing: Object, old: Mapping[str, Any] | None, schemas: Schemas
) -> list[Cause]:
    """What is wrong with an object; ``old`` is what it replaces.  Empty where it is valid."""
    report = Report()
    metadata.check(kind, thing, old, report)
    if kind.schema is not None:
        customs.check(kind, thing, report)
        return report.causes
    rule = _RULES.get((kind.group, kind.kind))
    if rule is not None:
        rule(thing, old, report)
    node = schemas.of(kind)
    if node is not None:
        schema.check(thing, node, report)
    return report.causes
