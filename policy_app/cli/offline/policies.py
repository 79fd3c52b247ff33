"""What is in force: templates, constraints, mutators and expansion templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from policy_app.cli.offline.elsewhere import nowhere
from policy_app.cli.offline.errors import POLICY, Trouble
from policy_app.cli.offline.values import Values
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers import ENGINES
from policy_app.evaluation.gatekeeper.match import ORIGINAL
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.assignments import EffectivePolicy, Resource, UnresolvedPolicy
from policy_app.evaluation.language.installation import Texts

if TYPE_CHECKING:
    from policy_app.evaluation.gatekeeper.expansion import Expander, ExpansionTemplate
    from policy_app.evaluation.gatekeeper.mutation import Mutator, Mutators


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    definitions: Sequence[str] = ()
    initiatives: Sequence[str] = ()
    either: Sequence[str] = ()
    """Definitions or initiatives, or files with an assignment."""
    constraints: Sequence[str] = ()
    """Files and folders with objects of Gatekeeper."""
    values: Values = field(default_factory=Values)
    stored: Sequence[EffectivePolicy | UnresolvedPolicy] = ()
    """What assignments of the portal put to work."""
    cluster: Resource = field(default_factory=lambda: Resource(""))
    """What the policies' rules are asked about."""
    engines: Sequence[str] = ENGINES
    """The languages of the user's own templates that may run, the one to prefer first."""
    elsewhere: Texts = nowhere
    """Where the texts are that do not come with the portal."""


@dataclass
class Policies:
    """What is in force, what could not be put into force, and what is rightly not there."""

    templates: dict[str, ConstraintTemplate] = field(default_factory=dict)
    """By the kind of their constraints."""
    constraints: list[Constraint] = field(default_factory=list)
    mutators: list[Mutator] = field(default_factory=list)
    expansions: list[ExpansionTemplate] = field(default_factory=list)
    """The user's own; those for workloads come with Azure's policies."""
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    engines: Sequence[str] = ENGINES

    def add_template(self, template: ConstraintTemplate, source: str) -> None:
        """Install a template; two of one kind that differ cannot both be in a cluster."""
        known = self.templates.setdefault(template.kind, template)
        if known.written != template.written:
            message = f"Another constraint template has the kind {template.kind} already."
            self.troubles.append(Trouble(POLICY, source, message))

    @cached_property
    def mutating(self) -> Mutators:
        """The mutators as one; ask for it when all are there."""
        # Loaded where it is needed: most runs change nothing, and should start quickly.
        from policy_app.evaluation.gatekeeper.mutation import Mutators

        return Mutators(self.mutators)

    @property
    def expands(self) -> bool:
        """Whether anything looks at what workloads make.

        As the add-on does, Azure's policies bring the templates for workloads where one of them
        asks for it.
        """
        return bool(self.expansions) or self._azure_expands

    @property
    def _azure_expands(self) -> bool:
        azure = (one for one in self.constraints if one.origin.definition_id)
        return any(one.match is None or one.match.source != ORIGINAL for one in azure)

    @cached_property
    def expander(self) -> Expander:
        """The expansion templates as one; ask for it when all are there."""
        from policy_app.evaluation.gatekeeper.expansion import WORKLOADS, Expander

        own = {one.name for one in self.expansions}
        ready_made = WORKLOADS if self._azure_expands else ()
        chosen = [*self.expansions, *(one for one in ready_made if one.name not in own)]
        return Expander(chosen, self.mutating if self.mutators else None)
