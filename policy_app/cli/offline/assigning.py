"""Definitions and initiatives put to work, as an assignment of each would."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeGuard

import yaml

from policy_app.catalog.shelf import Shelf, newest
from policy_app.cli.offline.errors import POLICY, Trouble, TroubleError
from policy_app.cli.offline.policies import Policies
from policy_app.cli.offline.references import Reference, Target
from policy_app.cli.offline.values import Values
from policy_app.evaluation.gatekeeper.errors import GatekeeperError, TemplateError
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.assignments import (
    Assignment,
    EffectivePolicy,
    UnresolvedPolicy,
    effective_policies,
    member_keys,
)
from policy_app.evaluation.language.constraints import (
    JUDGES_RESOURCES,
    NotInstalled,
    build_constraint,
)
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError

Policy = EffectivePolicy | UnresolvedPolicy


def assignment_of(target: Target, values: Values) -> Assignment:
    """The assignment that the command line stands for.  Raises ``TroubleError``."""
    return Assignment(
        id=f"/providers/Microsoft.Authorization/policyAssignments/{target.name}",
        policy_definition_id=target.id,
        name=target.name,
        parameters=values.for_parameters(target.parameters),
    )


class Assigning:
    """Puts definitions to work as an assignment would."""

    def __init__(
        self,
        shelf: Shelf,
        values: Values,
        targets: Sequence[tuple[Reference, Target]],
        policies: Policies,
    ) -> None:
        self._shelf = shelf
        self._values = values
        self._policies = policies
        # A user's own initiative may name definitions that only the user has.
        self._own = {
            target.id.lower(): target
            for _, target in targets
            if isinstance(target, PolicyDefinition)
        }

    def assign(self, reference: Reference, target: Target) -> None:
        """Add what an assignment of the target would install."""
        try:
            assignment = assignment_of(target, self._values)
        except TroubleError as error:
            self._policies.troubles.append(error.trouble)
            return
        self.put_to_work(reference, target, assignment)

    def put_to_work(self, reference: Reference, target: Target, assignment: Assignment) -> None:
        """Add what an assignment installs."""
        try:
            members = self._members(target) if isinstance(target, PolicySetDefinition) else None
            effective = effective_policies(assignment, target, members)
        except LanguageError as error:
            self._fail(reference, str(error))
            return
        for policy in effective:
            self.install(reference, policy)

    def _members(self, target: PolicySetDefinition) -> dict[tuple[str, str], PolicyDefinition]:
        members = {}
        for definition_id, pattern in member_keys(target):
            found = self._own.get(definition_id)
            if found is None:
                entry = newest(self._shelf.find(definition_id), pattern)
                parsed = entry.parse() if entry else None
                found = parsed if isinstance(parsed, PolicyDefinition) else None
            if found is not None:
                members[definition_id, pattern] = found
        return members

    def install(self, reference: Reference, policy: Policy) -> None:
        """Add what one policy brings; what fails is among the troubles."""
        try:
            missing = self._mutate(policy) if _changes(policy) else self._judge(policy)
        except (LanguageError, GatekeeperError) as error:
            self._fail(reference, error.message, policy)
            return
        except yaml.YAMLError as error:
            self._fail(reference, f"Its mutators are no YAML: {error}", policy)
            return
        if missing is None:
            return
        alone = not policy.reference_id and missing.code == JUDGES_RESOURCES
        if missing.failed or alone:
            self._fail(reference, missing.reason, policy)
        else:
            self._policies.notes.append(missing.reason)

    def _judge(self, policy: Policy) -> NotInstalled | None:
        """Install a constraint with its template; or why there is none."""
        template = template_of(policy, self._shelf)
        built = build_constraint(policy, template)
        if isinstance(built, NotInstalled) or template is None:
            return built if isinstance(built, NotInstalled) else None
        self._policies.add_template(template, policy.origin.definition_id)
        self._policies.constraints.append(built)
        return None

    def _mutate(self, policy: Policy) -> NotInstalled | None:
        """Install mutators; or why there are none."""
        # Loaded where it is needed: most runs change nothing, and should start quickly.
        from policy_app.evaluation.language.mutators import build_mutators

        built = build_mutators(policy, self._mutators(policy))
        if isinstance(built, NotInstalled):
            return built
        self._policies.mutators += built
        return None

    def _mutators(self, policy: Policy) -> list[Any] | None:
        details = policy.definition.kubernetes_details if _is_resolved(policy) else None
        source = details.mutation if details else None
        if source is None:
            return None
        text = self._shelf.mutations.text(source.url) if source.url else source.text()
        if text is None:
            return None
        return [one for one in yaml.load_all(text, Loader=yaml.CSafeLoader) if one is not None]

    def _fail(
        self,
        reference: Reference,
        message: str,
        policy: Policy | None = None,
    ) -> None:
        member = f" ({policy.reference_id})" if policy and policy.reference_id else ""
        lines = " ".join(message.splitlines())
        self._policies.troubles.append(Trouble(POLICY, f"{reference.text}{member}", lines))


def template_of(policy: Policy, shelf: Shelf) -> ConstraintTemplate | None:
    """The template that a policy names; None where it names none, or the store lacks it.

    Raises ``LanguageError`` or ``TemplateError``.
    """
    details = policy.definition.kubernetes_details if _is_resolved(policy) else None
    source = details.template if details else None
    if source is None:
        return None
    text = shelf.templates.text(source.url) if source.url else source.text()
    return None if text is None else parsed_template(text)


def _changes(policy: Policy) -> bool:
    details = policy.definition.kubernetes_details if _is_resolved(policy) else None
    return details is not None and details.mutation is not None


def _is_resolved(policy: Policy) -> TypeGuard[EffectivePolicy]:
    return isinstance(policy, EffectivePolicy)


@lru_cache(maxsize=512)
def parsed_template(text: str) -> ConstraintTemplate:
    """The template in a text.  Raises ``TemplateError``."""
    try:
        value: Any = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise TemplateError(f"the constraint template is no YAML: {error}") from None
    return ConstraintTemplate.parse(value)
