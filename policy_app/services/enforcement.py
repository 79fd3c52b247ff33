"""What the assignments put on a cluster: constraints and mutators in force, and what is not.

The add-on pulls the assignments at and above its cluster, turns each policy into a constraint or
into mutators, and leaves out what its scope excludes.  The same happens here, at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policy_app import wall_clock
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.mutation import Mutator, Mutators, describe
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.assignment_resource import Assignment as EvaluatedAssignment
from policy_app.evaluation.language.assignments import (
    EffectivePolicy,
    Resource,
    UnresolvedPolicy,
    effective_policies,
    member_keys,
)
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.exemptions import Exemption, why_exempt
from policy_app.evaluation.language.installation import Installation
from policy_app.evaluation.language.parameters import to_values
from policy_app.evaluation.language.reasons import (
    CONSTRAINT_INSTALL_FAILED,
    SWITCHED_OFF,
    TEMPLATE_CONFLICTS,
    NotInstalled,
)
from policy_app.evaluation.results import Origin
from policy_app.models import Assignment, Cluster
from policy_app.services import definitions, exemptions, fetching, reach
from policy_app.services.drafts import AssignmentDraft, from_assignment, to_arm
from policy_app.services.errors import PolicyError

_ALONE = "providers/Microsoft.Authorization/policyAssignments/alone"
"""The end of an assignment's id, where there is none and a definition is tried."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The constraints and mutators on one cluster, ready to decide and to change."""

    client: Client
    constraints: list[Constraint] = field(default_factory=list)
    not_installed: list[NotInstalled] = field(default_factory=list)
    mutators: Mutators = field(default_factory=Mutators)
    templates: Mapping[str, ConstraintTemplate] = field(default_factory=dict)
    """The templates, by the kind of their constraints."""
    template_urls: Mapping[str, str] = field(default_factory=dict)
    """Where those came from that came from somewhere, by the same."""


def in_force(cluster: Cluster, extra: Iterable[AssignmentDraft] = ()) -> InForce:
    """What the assignments at and above the cluster put on it.

    ``extra`` adds drafts that are not stored, or in place of what is: what would be in force with
    them.  A cluster whose add-on is off has nothing in force.
    """
    return _in_force(_Estate.of(cluster), extra)


def before_and_after(cluster: Cluster, draft: AssignmentDraft) -> tuple[InForce, InForce]:
    """What is in force on a cluster now, and what would be with a draft; all is read once."""
    estate = _Estate.of(cluster)
    return _in_force(estate, []), _in_force(estate, [draft])


def with_and_without(cluster: Cluster, exemption: Exemption) -> tuple[InForce, InForce]:
    """What is in force on a cluster below an exemption's scope with it, and without it.

    It counts as it is given, in place of what is stored under its id.
    """
    estate = _Estate.of(cluster)
    others = [one for one in estate.exemptions if one.id.lower() != exemption.id.lower()]
    exempt = replace(estate, exemptions=[*others, exemption])
    return _in_force(exempt, []), _in_force(replace(estate, exemptions=others), [])


def _in_force(estate: _Estate, extra: Iterable[AssignmentDraft]) -> InForce:
    cluster = estate.cluster
    if not cluster.addon_enabled:
        return InForce(Client([], []))
    drafts = {draft.arm_id.lower(): draft for draft in estate.drafts}
    drafts |= {draft.arm_id.lower(): draft for draft in extra}
    return _install(estate, [one for one in drafts.values() if reach.reaches(one, cluster)])


def brought_by(draft: AssignmentDraft, cluster: Cluster) -> InForce:
    """What one assignment has on a cluster, among all that reach it.

    Others may have brought a template first that it brings as well, or keep its mutators still.
    """
    everything = in_force(cluster, extra=[draft])
    mine = draft.arm_id.lower()
    return InForce(
        everything.client,
        [one for one in everything.constraints if one.origin.assignment_id.lower() == mine],
        [one for one in everything.not_installed if one.origin.assignment_id.lower() == mine],
        everything.mutators,
    )


def alone(target: definitions.Parsed, parameters: Mapping[str, Any], cluster: Cluster) -> InForce:
    """What a definition, stored or not, would put on a cluster with nothing beside it.

    Raises ``PolicyError`` where the parameters do not fit it.
    """
    properties = {
        "policyDefinitionId": target.id,
        "displayName": target.display_name,
        "parameters": to_values(parameters),
    }
    shape = {"id": f"{cluster.scope.arm_id}/{_ALONE}", "name": "alone", "properties": properties}
    try:
        assignment = EvaluatedAssignment.parse(shape)
        policies = Assigned(assignment, target, _members(target, assignment)).on(cluster)
    except LanguageError as error:
        raise PolicyError(error.code, str(error), target="parameters") from None
    installing = _Installing(_Estate(cluster, ()))
    for policy in policies:
        installing.add(policy)
    return installing.in_force()


def _install(estate: _Estate, drafts: Iterable[AssignmentDraft]) -> InForce:
    installing = _Installing(estate)
    for draft in drafts:
        try:
            policies = estate.policies_of(draft)
        except (LanguageError, PolicyError) as error:
            # An assignment that fails as a whole.
            origin = Origin(assignment_id=draft.arm_id, definition_id=draft.definition.arm_id)
            absent = NotInstalled(str(error), CONSTRAINT_INSTALL_FAILED, origin)
            installing.not_installed.append(absent)
            continue
        for policy in policies:
            installing.add(policy)
    return installing.in_force()


@dataclass(frozen=True)
class _Estate:
    """What is stored about a cluster, read once however often it is installed."""

    cluster: Cluster
    exemptions: Sequence[Exemption]
    drafts: Sequence[AssignmentDraft] = ()
    """The assignments at and above it."""
    _resolved: dict[int, list[EffectivePolicy | UnresolvedPolicy]] = field(default_factory=dict)

    @classmethod
    def of(cls, cluster: Cluster) -> _Estate:
        """Read it; nothing matters where the add-on is off."""
        if not cluster.addon_enabled:
            return cls(cluster, ())
        drafts = [from_assignment(row) for row in _reaching(cluster)]
        return cls(cluster, exemptions.holding(cluster), drafts)

    def policies_of(self, draft: AssignmentDraft) -> list[EffectivePolicy | UnresolvedPolicy]:
        """A draft's policies.  Raises as the function of that name does."""
        key = id(draft)
        if key not in self._resolved:
            self._resolved[key] = policies_of(draft, self.cluster)
        return self._resolved[key]


class _Installing:
    """What has been installed so far on a cluster, and what has not."""

    def __init__(self, estate: _Estate) -> None:
        self.not_installed: list[NotInstalled] = []
        self._resource = resource_of(estate.cluster)
        self._exemptions = estate.exemptions
        self._now = wall_clock.now()
        self._installation = Installation(fetching.text, self._resource)
        self._constraints: list[Constraint] = []
        self._templates: dict[str, ConstraintTemplate] = {}
        self._template_urls: dict[str, str] = {}
        self._mutators: list[Mutator] = []

    def add(self, policy: EffectivePolicy | UnresolvedPolicy) -> None:
        """Install one policy, or note why it is not installed."""
        exempt = why_exempt(policy, self._exemptions, self._resource, self._now)
        outcome = exempt or self._installation.add(policy)
        if isinstance(outcome, NotInstalled):
            # What is switched off is rightly not there, and no news.
            self.not_installed += [outcome] if outcome.code != SWITCHED_OFF else []
            return
        self._mutators += outcome.mutators
        if outcome.template is not None and outcome.constraint is not None:
            self._constraints.append(outcome.constraint)
            self._templates[outcome.template.kind] = outcome.template
            self._note_url(policy, outcome.template.kind)

    def in_force(self) -> InForce:
        """All of it, ready for use; mutators in conflict are noted, since they change nothing."""
        mutators = Mutators(self._mutators)
        for one in mutators.all:
            if one.id in mutators.conflicts:
                reason = describe([one.id, *mutators.conflicts[one.id]])
                self.not_installed.append(NotInstalled(reason, TEMPLATE_CONFLICTS, one.origin))
        client = Client(self._templates.values(), self._constraints, explain=True)
        return InForce(
            client,
            self._constraints,
            self.not_installed,
            mutators,
            self._templates,
            self._template_urls,
        )

    def _note_url(self, policy: EffectivePolicy | UnresolvedPolicy, kind: str) -> None:
        details = policy.kubernetes_details if isinstance(policy, EffectivePolicy) else None
        if details is not None and details.template is not None and details.template.url:
            self._template_urls.setdefault(kind, details.template.url)


def _reaching(cluster: Cluster) -> Iterable[Assignment]:
    rows = Assignment.objects.filter(scope_id__in=cluster.scope.lineage)
    return rows.select_related("scope", "definition").order_by("pk")


def policies_of(
    draft: AssignmentDraft, cluster: Cluster | None = None
) -> list[EffectivePolicy | UnresolvedPolicy]:
    """The policies that an assignment puts to work, with their parameters resolved.

    With a cluster, the assignment's resource selectors count.  Raises ``PolicyError`` where the
    definition's version is gone, and ``LanguageError`` where the parameters no longer fit it.
    """
    return assigned(draft).on(cluster)


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment with all that it needs of the catalogue."""

    assignment: EvaluatedAssignment
    target: definitions.Parsed
    members: Mapping[tuple[str, str], PolicyDefinition]

    def on(self, cluster: Cluster | None) -> list[EffectivePolicy | UnresolvedPolicy]:
        """Its policies; with a cluster, those that it selects there.  Raises ``LanguageError``."""
        resource = resource_of(cluster) if cluster else None
        return effective_policies(self.assignment, self.target, self.members, resource=resource)


def assigned(draft: AssignmentDraft, only: Collection[str] | None = None) -> Assigned:
    """Look an assignment's definitions up.  Raises as ``policies_of`` does.

    ``only`` are ids in lower case: members with others are left unresolved, and not read.
    """
    assignment = _evaluated(draft)
    target = definitions.parse(definitions.version(draft.definition, draft.definition_version))
    return Assigned(assignment, target, _members(target, assignment, only))


def _evaluated(draft: AssignmentDraft) -> EvaluatedAssignment:
    shape = {"id": draft.arm_id, "name": draft.name, **to_arm(draft)}
    return EvaluatedAssignment.parse(shape)


def _members(
    target: definitions.Parsed,
    assignment: EvaluatedAssignment,
    only: Collection[str] | None = None,
) -> Mapping[tuple[str, str], PolicyDefinition]:
    if not isinstance(target, PolicySetDefinition):
        return {}
    keys = member_keys(target, assignment)
    rows = definitions.chosen(one for one in keys if only is None or one[0] in only)
    parsed = {key: definitions.parse(row) for key, row in rows.items()}
    return {key: one for key, one in parsed.items() if isinstance(one, PolicyDefinition)}


def resource_of(cluster: Cluster) -> Resource:
    """The cluster as selectors, exemptions and the rules of policies see it."""
    scope = cluster.scope
    return Resource(id=scope.arm_id, type=cluster.resource_type, location=scope.location)
