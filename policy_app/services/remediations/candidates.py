"""What somebody can have remediated: the policies in force that change objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

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


@dataclass(frozen=True, slots=True)
class Candidates:
    """The policies that change objects, to be cut into pages of assignments."""

    rows: QuerySet[Assignment]
    """The assignments that have some, where the principal may remediate, by name."""
    _titles: Mapping[str, str]
    """Of each policy that changes objects, by its id in lower case."""

    def of(self, some: Iterable[Assignment]) -> list[Candidate]:
        """The policies of some of the assignments, in one statement."""
        shown = list(some)
        members = self._members([one.definition_id for one in shown])
        return [
            Candidate(row, reference_id, self._titles[key])
            for row in shown
            for reference_id, key in members.get(row.definition_id, [("", row.definition.key)])
        ]

    def find(self, assignment_id: str, reference_id: str | None = None) -> Candidate | None:
        """The one with these ids; the first one of the assignment where no policy is named."""
        row = assignments.find_by_id(assignment_id) if assignment_id else None
        if row is None or not self.rows.filter(pk=row.pk).exists():
            return None
        wanted = reference_id
        return next((one for one in self.of([row]) if wanted in (None, one.reference_id)), None)

    def matching(self, text: str) -> Candidates:
        """The assignments with every word of the text in a name of theirs or of such a policy."""
        rows = self.rows
        for word in text.split():
            named = [key for key, title in self._titles.items() if word.lower() in title.lower()]
            rows = rows.filter(
                Q(display_name__icontains=word)
                | Q(name__icontains=word)
                | Q(definition__display_name__icontains=word)
                | _of_policies(named)
            )
        return Candidates(rows, self._titles)

    def _members(self, initiatives: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
        """Of each initiative that has such policies, their reference ids and keys."""
        rows = InitiativeMember.objects.filter(
            initiative__definition__in=list(initiatives), definition_key__in=list(self._titles)
        ).order_by("position")
        found: dict[int, dict[tuple[str, str], None]] = {}
        told = rows.values_list("initiative__definition", "reference_id", "definition_key")
        for initiative, reference_id, key in told:
            found.setdefault(initiative, {})[reference_id, key] = None
        return {initiative: list(members) for initiative, members in found.items()}


def candidates(by: Actor) -> Candidates:
    """What the principal may have remediated; no assignment is read before it is asked for."""
    policies = Definition.objects.filter(kind=Definition.Kind.POLICY, **{_CHANGES: False})
    titles = dict(policies.values_list("key", "display_name"))
    rows = assignments.everywhere().filter(_of_policies(titles))
    seen = authorization.visible(rows, by, actions.SEE_ASSIGNMENTS)
    return Candidates(authorization.visible(seen, by, _WRITE), titles)


def _of_policies(keys: Iterable[str]) -> Q:
    """The assignments of some policies, alone or in an initiative."""
    wanted = list(keys)
    having = InitiativeMember.objects.filter(definition_key__in=wanted)
    return Q(definition__key__in=wanted) | Q(definition__in=having.values("initiative__definition"))
