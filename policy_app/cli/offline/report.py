"""What a run found, in the one shape that every format renders."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from policy_app.cli.offline.errors import INPUT, POLICY, Trouble
from policy_app.cli.offline.inputs import Inputs
from policy_app.evaluation.results import EnforcementAction, NotApplied, Origin

FailOn = Literal["deny", "warn", "audit", "never"]

FAILING: Mapping[str, frozenset[EnforcementAction]] = {
    "deny": frozenset({"deny"}),
    "warn": frozenset({"deny", "warn"}),
    "audit": frozenset({"deny", "warn", "dryrun"}),
    "never": frozenset(),
}
"""The enforcement actions that make a run fail, by ``--fail-on``."""

_PACKED_TOGETHER = 500

PASSED, FAILED, UNREADABLE, UNRESOLVED = 0, 1, 2, 3


# Named tuples: these are made and packed by the thousand, which is slow for dataclasses.


class Subject(NamedTuple):
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


class Finding(NamedTuple):
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


class Explanation(NamedTuple):
    """What became of the constraints that found nothing in an object."""

    passed: Sequence[str] = ()
    not_applied: Sequence[NotApplied] = ()


class Judged(NamedTuple):
    """An object and everything that was found in it."""

    subject: Subject
    findings: Sequence[Finding] = ()
    explanation: Explanation | None = None


@dataclass(slots=True)
class Batch:
    """What became of the objects of some files: counted, and packed to a fifth of its size."""

    fail_on: FailOn = "deny"
    inputs: Inputs = field(default_factory=Inputs)
    """What was read beside the objects."""
    troubles: list[Trouble] = field(default_factory=list)
    """Objects that could not be judged."""
    objects: int = 0
    failed: int = 0
    explained: bool = False
    actions: Counter[str] = field(default_factory=Counter)
    packed: list[bytes] = field(default_factory=list)
    _loose: list[Judged] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        """Count an object, and keep it."""
        failing = FAILING[self.fail_on]
        self.objects += 1
        self.failed += any(one.action in failing for one in judged.findings)
        self.explained = self.explained or judged.explanation is not None
        for one in judged.findings:
            self.actions[one.action] += 1
        self._loose.append(judged)
        if len(self._loose) >= _PACKED_TOGETHER:
            self._pack()

    def close(self) -> Batch:
        """Itself, ready to be sent."""
        if self._loose:
            self._pack()
        return self

    def _pack(self) -> None:
        self.packed.append(pickle.dumps(self._loose, pickle.HIGHEST_PROTOCOL))
        self._loose = []


@dataclass(slots=True)
class Report:
    """A whole run."""

    fail_on: FailOn = "deny"
    files: int = 0
    constraints: int = 0
    objects: int = 0
    """How many were judged."""
    failed: int = 0
    """How many of them failed."""
    explained: bool = False
    troubles: list[Trouble] = field(default_factory=list)
    skipped: list[Trouble] = field(default_factory=list)
    titles: Mapping[str, str] = field(default_factory=dict)
    """What people call a constraint, by its name: the definition's title."""
    _actions: Counter[str] = field(default_factory=Counter)
    _batches: list[bytes] = field(default_factory=list)
    _unjudged: list[Trouble] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count a batch, and keep it for the formats."""
        self.files += batch.inputs.files
        self.objects += batch.objects
        self.failed += batch.failed
        self.explained = self.explained or batch.explained
        self.troubles += batch.inputs.troubles
        self.skipped += batch.inputs.skipped
        self._unjudged += batch.troubles
        self._actions.update(batch.actions)
        self._batches += batch.packed

    def close(self) -> None:
        """End with the troubles of judging; those of reading come before them."""
        self.troubles += self._unjudged
        self._unjudged = []

    @property
    def judged(self) -> Iterator[Judged]:
        """Every object, in the order of the files; made anew each time it is asked for."""
        for batch in self._batches:
            yield from pickle.loads(batch)  # noqa: S301 - packed by ourselves

    @property
    def findings(self) -> Iterator[Finding]:
        """Every violation, in the order of the files."""
        return (finding for each in self.judged for finding in each.findings)

    def fails(self, finding: Finding) -> bool:
        """Whether a violation makes the run fail."""
        return finding.action in FAILING[self.fail_on]

    def count(self, action: EnforcementAction) -> int:
        """How many violations have an action."""
        return self._actions[action]

    @property
    def exit_code(self) -> int:
        """0 to 3; what keeps a run from being complete comes before what it found."""
        kinds = {trouble.kind for trouble in self.troubles}
        if POLICY in kinds:
            return UNRESOLVED
        if INPUT in kinds:
            return UNREADABLE
        return FAILED if self.failed else PASSED
