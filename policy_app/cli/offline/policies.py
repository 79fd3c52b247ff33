"""From what the user names to templates and constraints in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from policy_app.catalog.shelf import Shelf, newest
from policy_app.cli.offline import inputs, references
from policy_app.cli.offline.errors import POLICY, Trouble, TroubleError
from policy_app.cli.offline.progress import Progress
from policy_app.cli.offline.references import Reference, Target
from policy_app.cli.offline.values import Values
from policy_app.evaluation.gatekeeper.constraints import Constraint, is_constraint
from policy_app.evaluation.gatekeeper.errors import (
    ConstraintError,
    GatekeeperError,
    TemplateError,
)
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate, is_template
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
from policy_app.evaluation.manifests import Document


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    definitions: Sequence[str] = ()
    initiatives: Sequence[str] = ()
    constraints: Sequence[str] = ()
    """Files and folders with templates and constraints of Gatekeeper."""
    values: Values = field(default_factory=Values)


@dataclass(slots=True)
class Policies:
    """What is in force, what could not be put into force, and what is rightly not there."""

    templates: dict[str, ConstraintTemplate] = field(default_factory=dict)
    """By the kind of their constraints."""
    constraints: list[Constraint] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_template(self, template: ConstraintTemplate, source: str) -> None:
        """Install a template; two of one kind that differ cannot both be in a cluster."""
        known = self.templates.setdefault(template.kind, template)
        if known.written != template.written:
            message = f"Another constraint template has the kind {template.kind} already."
            self.troubles.append(Trouble(POLICY, source, message))


def gather(wanted: Wanted, shelf: Shelf, progress: Progress) -> Policies:
    """Resolve and compile everything; what fails is among the troubles."""
    policies = Policies()
    targets = list(_targets(wanted, shelf, policies.troubles))
    if targets:
        known = [target.parameters for _, target in targets]
        policies.troubles += wanted.values.strangers(known)
    assigning = _Assigning(shelf, wanted.values, targets, policies)
    for reference, target in targets:
        assigning.assign(reference, target)
    if wanted.constraints:
        add_objects(_gatekeeper_objects(wanted.constraints, policies, progress), policies)
    return policies


def _targets(
    wanted: Wanted, shelf: Shelf, troubles: list[Trouble]
) -> Iterator[tuple[Reference, Target]]:
    """Definitions and initiatives; each is named once."""
    asked = [(text, False) for text in dict.fromkeys(wanted.definitions)]
    asked += [(text, True) for text in dict.fromkeys(wanted.initiatives)]
    for text, is_set in asked:
        reference = Reference.parse(text)
        find = references.initiative if is_set else references.definition
        try:
            yield reference, find(reference, shelf)
        except TroubleError as error:
            troubles.append(error.trouble)


class _Assigning:
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
            assignment = Assignment(
                id=f"/providers/Microsoft.Authorization/policyAssignments/{target.name}",
                policy_definition_id=target.id,
                name=target.name,
                parameters=self._values.for_parameters(target.parameters),
            )
            members = self._members(target) if isinstance(target, PolicySetDefinition) else None
            effective = effective_policies(assignment, target, members)
        except TroubleError as error:
            self._policies.troubles.append(error.trouble)
            return
        except LanguageError as error:
            self._fail(reference, str(error))
            return
        for policy in effective:
            self._install(reference, policy)

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

    def _install(self, reference: Reference, policy: EffectivePolicy | UnresolvedPolicy) -> None:
        try:
            template = self._template(policy)
        except (LanguageError, GatekeeperError) as error:
            self._fail(reference, error.message, policy)
            return
        built = build_constraint(policy, template)
        if isinstance(built, NotInstalled):
            alone = not policy.reference_id and built.code == JUDGES_RESOURCES
            if built.failed or alone:
                self._fail(reference, built.reason, policy)
            else:
                self._policies.notes.append(built.reason)
        elif template is not None:
            self._policies.add_template(template, reference.text)
            self._policies.constraints.append(built)

    def _template(self, policy: EffectivePolicy | UnresolvedPolicy) -> ConstraintTemplate | None:
        if isinstance(policy, UnresolvedPolicy):
            return None
        details = policy.definition.kubernetes_details
        source = details.template if details else None
        if source is None:
            return None
        text = self._shelf.templates.text(source.url) if source.url else source.text()
        return None if text is None else parsed_template(text)

    def _fail(
        self,
        reference: Reference,
        message: str,
        policy: EffectivePolicy | UnresolvedPolicy | None = None,
    ) -> None:
        member = f" ({policy.reference_id})" if policy and policy.reference_id else ""
        lines = " ".join(message.splitlines())
        self._policies.troubles.append(Trouble(POLICY, f"{reference.text}{member}", lines))


@lru_cache(maxsize=512)
def parsed_template(text: str) -> ConstraintTemplate:
    """The template in a text.  Raises ``TemplateError``."""
    try:
        value: Any = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise TemplateError(f"the constraint template is no YAML: {error}") from None
    return ConstraintTemplate.parse(value)


def _gatekeeper_objects(
    paths: Sequence[str], policies: Policies, progress: Progress
) -> list[Document]:
    found = inputs.read(paths, progress)
    policies.troubles += [
        Trouble(POLICY, one.source, one.message, one.hint, one.line, one.column, one.document)
        for one in found.troubles
    ]
    chosen = [each for each in found.documents if is_policy(each)]
    if not chosen and not found.troubles:
        for path in paths:
            message = "There is no constraint template and no constraint here."
            policies.troubles.append(Trouble(POLICY, path, message))
    return chosen


def is_policy(document: Document) -> bool:
    """Whether an object is a template or a constraint, and so nothing that is judged."""
    return is_template(document.object) or is_constraint(document.object)


def add_objects(documents: Sequence[Document], policies: Policies) -> None:
    """Put the templates and constraints in manifests into force: templates first."""
    for add in (_add_template, _add_constraint):
        for document in documents:
            try:
                add(document, policies)
            except GatekeeperError as error:
                policies.troubles.append(_placed(error, document))


def _add_template(document: Document, policies: Policies) -> None:
    if is_template(document.object):
        template = ConstraintTemplate.parse(document.object)
        _ = template.program
        policies.add_template(template, document.file)


def _add_constraint(document: Document, policies: Policies) -> None:
    if not is_constraint(document.object):
        return
    constraint = Constraint.parse(document.object)
    template = policies.templates.get(constraint.kind)
    if template is None:
        raise ConstraintError(
            f'missing ConstraintTemplate: template "{constraint.kind.lower()}" not found',
            path="kind",
        )
    policies.constraints.append(template.admit(constraint))


def _placed(error: GatekeeperError, document: Document) -> Trouble:
    line, column = document.position(error.path)
    return Trouble(
        POLICY, document.file, error.message, line=line, column=column, document=document.index
    )
