"""What an evaluation says: one set of types that every door renders.

A *violation* is one message of one constraint about one object.  A *not-applied* entry names a
constraint that was left out for this object, and why, which Azure never shows.  A *decision*
gathers both for one object and knows what the admission webhook would answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

EnforcementAction = Literal["deny", "warn", "dryrun"]

WEBHOOK = "validation.gatekeeper.sh"
MUTATION_WEBHOOK = "mutation.gatekeeper.sh"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the manifests something stands; ``line`` and ``document`` count from 1."""

    file: str
    document: int
    line: int | None = None
    path: str = ""
    """The field, such as ``spec.containers[0].securityContext.privileged``; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The Azure objects behind a constraint; each id is empty where there is none."""

    assignment_id: str = ""
    definition_id: str = ""
    definition_version: str = ""
    definition_reference_id: str = ""
    set_definition_id: str = ""
    display_name: str = ""
    """The definition's display name."""
    effect: str = ""
    """The effect as it came out of the assignment: ``Audit``, ``Deny``…"""
    non_compliance_message: str = ""
    """The assignment's own message for this policy; shown beside Gatekeeper's text."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One message of one constraint about one object."""

    constraint: str
    constraint_kind: str
    enforcement_action: EnforcementAction
    message: str
    """Gatekeeper's text without the leading ``[constraint]``."""
    details: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin = Origin()
    place: Place | None = None
    container: str = ""
    """The container that the message is about; empty where it is about the whole object."""
    implied_by: str = ""
    """The expansion template that made the object at fault; empty for the object itself."""
    generated: str = ""
    """The made object that is at fault, such as ``Pod web-pod``; empty for the object itself."""

    @property
    def order(self) -> tuple[str, str, str, str]:
        """What Gatekeeper sorts by, and what tells apart the violations that it leaves in a tie."""
        return self.enforcement_action, self.message, self.constraint_kind, self.constraint

    @property
    def line_text(self) -> str:
        """The message as the webhook prints it, since Gatekeeper 3.4."""
        return f"[{self.constraint}] {self.message}"


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A constraint that did not judge the object, and the reason as a sentence."""

    constraint: str
    constraint_kind: str
    reason: str
    criterion: str = ""
    """The match field that said no (``excludedNamespaces``, ``kinds``, ``labelSelector``…)."""
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the constraints in force say about one object."""

    violations: Sequence[Violation] = ()
    """Sorted as Gatekeeper sorts them: by action, message, kind, name."""
    not_applied: Sequence[NotApplied] = ()
    passed: Sequence[str] = ()
    """The names of the constraints that judged the object and found nothing."""

    def _by_action(self, action: str) -> list[Violation]:
        return [v for v in self.violations if v.enforcement_action == action]

    @property
    def denials(self) -> list[Violation]:
        """The violations that refuse the request."""
        return self._by_action("deny")

    @property
    def warnings(self) -> list[Violation]:
        """The violations that kubectl prints as warnings."""
        return self._by_action("warn")

    @property
    def audits(self) -> list[Violation]:
        """The violations that only the audit sees (``dryrun``)."""
        return self._by_action("dryrun")

    @property
    def allowed(self) -> bool:
        """True where the webhook lets the object in."""
        return not self.denials

    @property
    def webhook_message(self) -> str:
        """The ``status.message`` of the admission response; empty where it allows.

        Source: Gatekeeper's webhook joins the lines with one newline, without a header.
        """
        return "\n".join(v.line_text for v in self.denials)

    @property
    def denied_text(self) -> str:
        """The webhook's message as the API server hands it to the client; empty if allowed."""
        if self.allowed:
            return ""
        return f'admission webhook "{WEBHOOK}" denied the request: {self.webhook_message}'
