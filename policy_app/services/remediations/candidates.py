"""What somebody can have remediated: the policies in force that change objects."""

from __future__ import annotations

from dataclasses import dataclass

from policy_app.evaluation.language.details import MUTATION_INFO
from policy_app.models import Assignment, Definition, InitiativeMember
from policy_app.services import assignments, authorization
from policy_app.services.authorization import Actor, actions

_WRITE = actions.of(actions.REMEDIATIONS, actions.WRITE)
_CHANGES = f"versions__body__policyRule__then__details__{MUTATION_INFO}__isnull"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One policy of an assignment."""

    assignment: Assignment
    reference_id: str
    """Empty outside of initiatives."""
    policy: str
    """The policy's title."""


def candidates(by: Actor) -> list[Candidate]:
    """The policies that change objects, assigned where the principal may remediate, by name.

    Three statements, however many assignments there are.
    """
    policies = Definition.objects.filter(kind=Definition.Kind.POLICY, **{_CHANGES: False})
    told = list(policies.values_list("pk", "key", "display_name"))
    titles = {key: title for _, key, title in told}
    members = _members(titles)
    rows = assignments.everywhere().filter(definition__in=[*members, *(pk for pk, _, _ in told)])
    seen = authorization.visible(rows, by, actions.SEE_ASSIGNMENTS)
    found = [
        Candidate(row, reference_id, titles[key])
        for row in authorization.visible(seen, by, _WRITE)
        for reference_id, key in members.get(row.definition_id, [("", row.definition.key)])
    ]
    return sorted(found, key=lambda one: (str(one.assignment).lower(), one.policy.lower()))


def _members(titles: dict[str, str]) -> dict[int, list[tuple[str, str]]]:
    """Of each initiative that has such policies, their reference ids and keys."""
    rows = InitiativeMember.objects.filter(definition_key__in=list(titles)).order_by("position")
    found: dict[int, dict[tuple[str, str], None]] = {}
    told = rows.values_list("initiative__definition", "reference_id", "definition_key")
    for initiative, reference_id, key in told:
        found.setdefault(initiative, {})[reference_id, key] = None
    return {initiative: list(members) for initiative, members in found.items()}
