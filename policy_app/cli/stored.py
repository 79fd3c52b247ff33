"""The portal's own assignments, for the commands that can look at them: here Django is needed."""

from __future__ import annotations

from collections.abc import Iterator

from policy_app.cli import environment
from policy_app.cli.failure import Failure
from policy_app.evaluation.language.assignments import EffectivePolicy, UnresolvedPolicy
from policy_app.evaluation.language.constraints import constraint_name
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.errors import LanguageError

Policy = EffectivePolicy | UnresolvedPolicy


def policies_of(assignment_id: str, data: str | None) -> list[Policy]:
    """What one assignment puts to work.  Raises ``Failure`` where there is none of this id."""
    wanted = assignment_id.lower().rstrip("/")
    for found, policies in every(data):
        if found.lower() == wanted:
            return policies
    raise Failure(f"the portal has no assignment {assignment_id}; --data names its folder")


def assigned(constraint: str, data: str | None) -> list[str]:
    """Lines about the assignments that make a constraint of this name."""
    lines = []
    for assignment_id, policies in every(data):
        for policy in policies:
            if _makes(policy, constraint):
                lines.append(f"  assignment: {assignment_id}")
                if policy.reference_id:
                    lines.append(f"  policy in the initiative: {policy.reference_id}")
                if policy.origin.non_compliance_message:
                    lines.append(f"  message: {policy.origin.non_compliance_message}")
    return lines


def _makes(policy: Policy, constraint: str) -> bool:
    """Whether a constraint's name is a policy's, which shows without its template."""
    template = constraint.removeprefix("azurepolicy-").rpartition("-")[0]
    return isinstance(policy, EffectivePolicy) and constraint_name(template, policy) == constraint


def text(source: Source) -> str:
    """The text at a source's URL, as the portal has it.  Raises ``SourceError``."""
    from policy_app.services import fetching

    return fetching.text(source)


def every(data: str | None) -> Iterator[tuple[str, list[Policy]]]:
    """Each assignment's id with what it puts to work; one that does not resolve is left out."""
    environment.start(data)
    from policy_app.models import Assignment
    from policy_app.services import enforcement
    from policy_app.services.drafts import from_assignment
    from policy_app.services.errors import PolicyError

    with environment.told_in_words():
        rows = Assignment.objects.select_related("scope", "definition").order_by("pk")
        for draft in map(from_assignment, rows):
            try:
                yield draft.arm_id, enforcement.policies_of(draft)
            except (LanguageError, PolicyError):
                continue
