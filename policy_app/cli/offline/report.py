"""What a run found, in the one shape that every format renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from policy_app.cli.offline.errors import INPUT, POLICY, Trouble
from policy_app.evaluation.results import EnforcementAction, NotApplied, Origin

FailOn = Literal["deny", "warn", "audit", "never"]

FAILING: Mapping[str, frozenset[EnforcementAction]] = {
    "deny": frozenset({"deny"}),
    "warn": frozenset({"deny", "warn"}),
    "audit": frozenset({"deny", "warn", "dryrun"}),
    "never": frozenset(),
}
"""The enforcement actions that make a run fail, by ``--fail-on``."""

PASSED, FAILED, UNREADABLE, UNRESOLVED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Subject:
    """One object that was judged; ``line`` and ``document`` count from 1."""

    file: str
    line: int
    document: int
    api_version: str
    kind: str
    namespace: str
    """Empty for an object of the cluster."""
    name: str

    @property
    def label(self) -> str:
        """``Pod shop/web``, ``Namespace shop``."""
        return f"{self.kind} {self.namespace}/{self.name}".replace(" /", " ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation; ``line`` is that of the field where it can be told."""

    subject: Subject
    line: int
    path: str
    """The field, such as ``spec.containers[0].image``; empty where it cannot be told."""
    constraint: str
    constraint_kind: str
    action: EnforcementAction
    message: str
    details: Mapping[str, Any]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of the constraints that found nothing in an object."""

    passed: Sequence[str] = ()
    not_applied: Sequence[NotApplied] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """An object and everything that was found in it."""

    subject: Subject
    findings: Sequence[Finding] = ()
    explanation: Explanation | None = None


@dataclass(slots=True)
class Report:
    """A whole run."""

    fail_on: FailOn = "deny"
    files: int = 0
    constraints: int = 0
    judged: list[Judged] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    skipped: list[Trouble] = field(default_factory=list)
    titles: Mapping[str, str] = field(default_factory=dict)
    """What people call a constraint, by its name: the definition's title."""

    @property
    def findings(self) -> list[Finding]:
        """Every violation, in the order of the files."""
        return [finding for each in self.judged for finding in each.findings]

    def fails(self, finding: Finding) -> bool:
        """Whether a violation makes the run fail."""
        return finding.action in FAILING[self.fail_on]

    def count(self, action: EnforcementAction) -> int:
        """How many violations have an action."""
        return sum(finding.action == action for each in self.judged for finding in each.findings)

    @property
    def failed(self) -> int:
        """How many objects failed."""
        return sum(any(map(self.fails, each.findings)) for each in self.judged)

    @property
    def exit_code(self) -> int:
        """0 to 3; what keeps a run from being complete comes before what it found."""
        kinds = {trouble.kind for trouble in self.troubles}
        if POLICY in kinds:
            return UNRESOLVED
        if INPUT in kinds:
            return UNREADABLE
        return FAILED if self.failed else PASSED
