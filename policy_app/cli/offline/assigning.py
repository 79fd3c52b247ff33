"""Definitions and initiatives put to work, as an assignment of each would."""

from __future__ import annotations

from collections.abc import Sequence

from policy_app.catalog.shelf import Shelf, newest
from policy_app.cli.offline.errors import POLICY, Trouble, TroubleError
from policy_app.cli.offline.policies import Policies
from policy_app.cli.offline.references import Reference, Target
from policy_app.cli.offline.values import Values
from policy_app.evaluation.language.assignments import (
    Assignment,
    EffectivePolicy,
    Resource,
    UnresolvedPolicy,
    effective_policies,
    member_keys,
)
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.installation import (
    Installation,
    Installed,
    Texts,
)
from policy_app.evaluation.language.reasons import JUDGES_RESOURCES, OTHER_CLUSTERS

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
        elsewhere: Texts,
        cluster: Resource,
    ) -> None:
        self._shelf = shelf
        self._values = values
        self._policies = policies
        self._elsewhere = elsewhere
        self._installation = Installation(self._text, cluster)
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
        outcome = self._installation.add(policy)
        if isinstance(outcome, Installed):
            self._take(outcome, policy)
            return
        # A policy that was asked for by itself and is for nothing here must not pass in silence.
        alone = not policy.reference_id and outcome.code in (JUDGES_RESOURCES, OTHER_CLUSTERS)
        if outcome.failed or alone:
            elsewhere = outcome.code == OTHER_CLUSTERS
            hint = "--cluster-type tells what the cluster is." if elsewhere else ""
            self._fail(reference, outcome.reason, policy, hint)
        else:
            self._policies.notes.append(outcome.reason)

    def _take(self, installed: Installed, policy: Policy) -> None:
        if installed.template is not None and installed.constraint is not None:
            self._policies.add_template(installed.template, policy.origin.definition_id)
            self._policies.constraints.append(installed.constraint)
        self._policies.mutators += installed.mutators

    def _text(self, source: Source) -> str:
        found = self._shelf.sources.text(source)
        return self._elsewhere(source) if found is None else found

    def _fail(
        self,
        reference: Reference,
        message: str,
        policy: Policy | None = None,
        hint: str = "",
    ) -> None:
        member = f" ({policy.reference_id})" if policy and policy.reference_id else ""
        lines = "; ".join(message.splitlines())
        self._policies.troubles.append(Trouble(POLICY, f"{reference.text}{member}", lines, hint))
