"""What policies say about one object, in the shape in which it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.audit import Auditor
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.match import Subject
from policy_app.evaluation.gatekeeper.scopes import Gvk
from policy_app.evaluation.results import Decision, Violation
from policy_app.models import ComplianceState, ComponentState
from policy_app.services.cluster.audited import is_about
from policy_app.services.owners import Owner, naming

Severity = ComponentState.Severity

_SEVERITIES: Mapping[str, Severity] = {
    "deny": Severity.BLOCKING,
    "warn": Severity.WARNING,
    "dryrun": Severity.AUDITED,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What one policy finds wrong with an object, or why it could not be asked."""

    state: str
    severity: int
    message: str
    violations: str = "[]"
    """As ``ComponentState`` stores them: JSON."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that was found about one object."""

    uid: str
    revision: int
    gvk: Gvk
    namespace: str
    name: str
    owner: Owner | None
    applied: frozenset[int]
    """The policies that judged it."""
    faults: Mapping[int, Fault]
    """By policy; those that have none found nothing."""
    error: str = ""
    """Why it could not be judged at all."""

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What does not change as long as it lives, and what a new one of the name shares."""
        return self.gvk.group, self.gvk.version, self.gvk.kind, self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Bench:
    """Some policies, ready to judge."""

    auditor: Auditor
    policies: Mapping[str, int]
    """The primary keys of ``PolicyState`` by the names of their constraints."""
    constraints: Mapping[int, Constraint]

    def judge(self, uid: str, revision: int, namespace: str, thing: Mapping[str, Any]) -> Verdict:
        """What the policies say about a stored object."""
        told = self.auditor.judge(thing)
        gvk, subject, error = Gvk.of(thing), Subject(thing), ""
        applied: frozenset[int]
        faults: dict[int, Fault]
        if isinstance(told, str):
            error = storable(told)
            applied = frozenset(self._concerned(gvk))
            faults = {key: Fault(ComplianceState.ERROR, Severity.FAILED, error) for key in applied}
        elif told is None:
            applied, faults = frozenset(), {}
        else:
            faults = self._faults(told)
            passed = (self.policies.get(name) for name in told.passed)
            applied = frozenset(key for key in passed if key is not None) | faults.keys()
        return Verdict(
            uid=uid,
            revision=revision,
            gvk=gvk,
            namespace=subject.field("name") if subject.is_namespace else namespace,
            name=subject.field("name"),
            owner=naming(thing),
            applied=applied,
            faults=faults,
            error=error if applied else "",
        )

    def _concerned(self, gvk: Gvk) -> Iterable[int]:
        """The policies about a kind; which others would say something, nobody can tell."""
        return (key for key, one in self.constraints.items() if is_about(one, gvk.group, gvk.kind))

    def _faults(self, decision: Decision) -> dict[int, Fault]:
        found: dict[int, list[Violation]] = {}
        for one in decision.violations:
            key = self.policies.get(one.constraint)
            if key is not None:
                found.setdefault(key, []).append(one)
        return {key: _fault(violations) for key, violations in found.items()}


def storable(text: str) -> str:
    """A text without what PostgreSQL cannot store: NUL, and halves of characters."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _fault(violations: list[Violation]) -> Fault:
    severity = min(_SEVERITIES[one.enforcement_action] for one in violations)
    # What a constraint does in several ways is one violation.
    told = dict.fromkeys(map(_written, violations))
    message = storable(violations[0].message)
    return Fault(ComplianceState.NON_COMPLIANT, severity, message, f"[{','.join(told)}]")


def _written(one: Violation) -> str:
    told = {
        "message": one.message,
        "container": one.container,
        "path": one.place.path if one.place else "",
        "details": one.details,
        "generated": one.generated,
        "impliedBy": one.implied_by,
    }
    return json.dumps(told, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    """What Rego has and JSON has not."""
    return dict(value) if isinstance(value, Mapping) else str(value)
