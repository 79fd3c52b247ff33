"""What the assignments put on a cluster: constraints and mutators in force, and what is not.

The add-on pulls the assignments at and above its cluster, turns each policy into a constraint or
into mutators, and leaves out what its scope excludes.  The same happens here, at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from policy_app.catalog import mutations, templates
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import (
    GatekeeperError,
    MutatorError,
    TemplateError,
)
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
from policy_app.evaluation.language.constraints import (
    CONSTRAINT_INSTALL_FAILED,
    INVALID_TEMPLATE,
    SWITCHED_OFF,
    NotInstalled,
    build_constraint,
)
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.mutators import (
    MUTATORS_CONFLICT,
    build_mutators,
    changes_objects,
)
from policy_app.evaluation.results import Origin
from policy_app.models import Assignment, Cluster
from policy_app.services import definitions, reach
from policy_app.services.drafts import AssignmentDraft, from_assignment, to_arm
from policy_app.services.errors import PolicyError


@dataclass(frozen=True, slots=True)
class InForce:
    """The constraints and mutators on one cluster, ready to decide and to change."""

    client: Client
    constraints: list[Constraint] = field(default_factory=list)
    not_installed: list[NotInstalled] = field(default_factory=list)
    mutators: Mutators = field(default_factory=Mutators)


def in_force(cluster: Cluster, extra: Iterable[AssignmentDraft] = ()) -> InForce:
    """What the assignments at and above the cluster put on it.

    ``extra`` adds drafts that are not stored: what would be in force with them.  A cluster whose
    add-on is off has nothing in force.
    """
    if not cluster.addon_enabled:
        return InForce(Client([], []))
    drafts = [*map(from_assignment, _reaching(cluster)), *extra]
    return install([draft for draft in drafts if reach.reaches(draft, cluster)], cluster)


def install(drafts: Iterable[AssignmentDraft], cluster: Cluster) -> InForce:
    """Turn assignments into constraints and mutators on a cluster, whatever their scope."""
    installing = _Installing()
    for policy in _policies(drafts, cluster, installing.not_installed):
        try:
            installing.add(policy)
        except (LanguageError, GatekeeperError) as error:
            reason = NotInstalled(error.message, INVALID_TEMPLATE, policy.origin)
            installing.not_installed.append(reason)
    return installing.in_force()


class _Installing:
    """What has been installed so far."""

    def __init__(self) -> None:
        self.not_installed: list[NotInstalled] = []
        self._constraints: list[Constraint] = []
        self._templates: dict[str, ConstraintTemplate] = {}
        self._mutators: list[Mutator] = []

    def add(self, policy: EffectivePolicy | UnresolvedPolicy) -> None:
        """Install one policy.

        Raises ``LanguageError`` or ``GatekeeperError`` where what it names is none.
        """
        if changes_objects(policy):
            built = build_mutators(policy, _mutation(policy))
            if isinstance(built, NotInstalled):
                self._leave_out(built)
            else:
                self._mutators += built
            return
        template = _template(policy)
        one = build_constraint(policy, template)
        if isinstance(one, NotInstalled):
            self._leave_out(one)
        elif template is not None:
            self._constraints.append(one)
            self._templates[template.kind] = template

    def in_force(self) -> InForce:
        """All of it, ready for use; mutators in conflict are noted, since they change nothing."""
        mutators = Mutators(self._mutators)
        for one in mutators.all:
            if one.id in mutators.conflicts:
                reason = describe([one.id, *mutators.conflicts[one.id]])
                self._leave_out(NotInstalled(reason, MUTATORS_CONFLICT, one.origin))
        client = Client(self._templates.values(), self._constraints, explain=True)
        return InForce(client, self._constraints, self.not_installed, mutators)

    def _leave_out(self, one: NotInstalled) -> None:
        # What is switched off is rightly not there, and no news.
        self.not_installed += [one] if one.code != SWITCHED_OFF else []


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
    assignment = _evaluated(draft)
    target = definitions.parse(definitions.version(draft.definition, draft.definition_version))
    members = _members(target, assignment)
    return effective_policies(assignment, target, members, resource=_resource(cluster))


def _evaluated(draft: AssignmentDraft) -> EvaluatedAssignment:
    shape = {"id": draft.arm_id, "name": draft.name, **to_arm(draft)}
    return EvaluatedAssignment.parse(shape)


def _members(
    target: definitions.Parsed, assignment: EvaluatedAssignment
) -> Mapping[tuple[str, str], PolicyDefinition]:
    if not isinstance(target, PolicySetDefinition):
        return {}
    rows = definitions.chosen(member_keys(target, assignment))
    parsed = {key: definitions.parse(row) for key, row in rows.items()}
    return {key: one for key, one in parsed.items() if isinstance(one, PolicyDefinition)}


def _resource(cluster: Cluster | None) -> Resource | None:
    if cluster is None:
        return None
    scope = cluster.scope
    return Resource(id=scope.arm_id, type=cluster.resource_type, location=scope.location)


def _policies(
    drafts: Iterable[AssignmentDraft], cluster: Cluster, not_installed: list[NotInstalled]
) -> Iterator[EffectivePolicy | UnresolvedPolicy]:
    """Each policy of each assignment; an assignment that fails as a whole is noted."""
    for draft in drafts:
        try:
            policies = policies_of(draft, cluster)
        except (LanguageError, PolicyError) as error:
            origin = Origin(assignment_id=draft.arm_id, definition_id=draft.definition.arm_id)
            not_installed.append(NotInstalled(str(error), CONSTRAINT_INSTALL_FAILED, origin))
            continue
        yield from policies


def _template(policy: EffectivePolicy | UnresolvedPolicy) -> ConstraintTemplate | None:
    details = policy.definition.kubernetes_details if isinstance(policy, EffectivePolicy) else None
    source = details.template if details else None
    if source is None:
        return None
    text = templates.text(source.url) if source.url else source.text()
    return None if text is None else _parsed_template(text)


@lru_cache(maxsize=512)
def _parsed_template(text: str) -> ConstraintTemplate:
    """Kept by its text: parsing and compiling are pure, and the same few are asked for always."""
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise TemplateError(f"the constraint template is no YAML: {error}") from None
    return ConstraintTemplate.parse(value)


def _mutation(policy: EffectivePolicy | UnresolvedPolicy) -> tuple[Any, ...] | None:
    details = policy.definition.kubernetes_details if isinstance(policy, EffectivePolicy) else None
    source = details.mutation if details else None
    if source is None:
        return None
    text = mutations.text(source.url) if source.url else source.text()
    return None if text is None else _parsed_mutation(text)


@lru_cache(maxsize=128)
def _parsed_mutation(text: str) -> tuple[Any, ...]:
    """The documents of a file of mutators; callers must not change them."""
    try:
        return tuple(one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one is not None)
    except yaml.YAMLError as error:
        raise MutatorError(f"the mutation is no YAML: {error}") from None
