"""What the wizard works on: a definition to assign, or an assignment to edit or copy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from policy_app.evaluation.language.definitions import PolicySetDefinition
from policy_app.evaluation.language.versions import major_pattern
from policy_app.models import Assignment, Definition, DefinitionVersion
from policy_app.services import assignments, authorization, definitions, drafts
from policy_app.services.authorization import Principal, actions
from policy_app.services.errors import NotFound, PolicyError

_ASSIGNMENT_ID = re.compile(
    r"(?P<scope>.*)/providers/Microsoft\.Authorization/policyAssignments/(?P<name>[^/]+)/?",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"parameters\('([^']+)'\)", re.IGNORECASE)
# What the portal writes into an assignment's metadata itself; a copy starts without.
STAMPED = ("createdBy", "createdOn", "updatedBy", "updatedOn")


@dataclass(frozen=True, slots=True)
class Member:
    """A policy of the initiative that is assigned."""

    reference_id: str
    display_name: str
    parameters: frozenset[str] = frozenset()
    """The initiative's parameters that it takes, in lower case."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is assigned, and what the form starts from."""

    definition: Definition
    base: drafts.AssignmentDraft | None = None
    """The assignment that is edited or copied."""
    by: Principal = field(default_factory=Principal)
    """Whoever assigns: only scopes that they may know of are offered."""
    row: Assignment | None = None
    """The stored assignment that is edited; None where a new one is made."""
    members: dict[str, tuple[Member, ...]] = field(default_factory=dict)
    """Those already read, by version: asking twice would query twice."""

    @property
    def is_edit(self) -> bool:
        """True where saving replaces the stored assignment."""
        return self.row is not None

    @property
    def stored_at(self) -> str:
        """When the assignment that is edited was last stored; empty for a new one."""
        return self.row.updated_at.isoformat() if self.row else ""

    @property
    def default_pattern(self) -> str:
        """Where nothing else is chosen: the latest major version, and what will fix it."""
        if self.base is not None:
            return self.base.definition_version
        return major_pattern(self.definition.latest_version)

    def version(self, pattern: str) -> DefinitionVersion:
        """The version that the pattern picks; the latest where it picks none.

        The form stays usable so, and its checks say that the pattern fits nothing.
        """
        try:
            return definitions.version(self.definition, pattern)
        except PolicyError:
            return definitions.version(self.definition)

    def members_of(self, version: DefinitionVersion) -> tuple[Member, ...]:
        """The policies of this version of an initiative; none for a policy."""
        if version.version not in self.members:
            self.members[version.version] = tuple(_members(version))
        return self.members[version.version]


def new(definition_id: str, by: Principal) -> Subject:
    """A definition to assign; raises ``NotFound``."""
    if not definition_id:
        raise NotFound("PolicyDefinitionNotFound", "No definition was named to assign.")
    return _known(definitions.get(definition_id, by), by)


def copy(assignment_id: str, by: Principal) -> Subject:
    """An assignment to start another from; raises ``NotFound``."""
    row = find_assignment(assignment_id, by)
    draft = drafts.from_assignment(row)
    name = drafts.suggested_name(row.definition)
    title = f"Copy of {row.display_name or row.name}"
    metadata = {key: value for key, value in draft.metadata.items() if key not in STAMPED}
    base = replace(draft, name=name, display_name=title[:128], metadata=metadata)
    return replace(_known(row.definition, by), base=base)


def edit(assignment_id: str, by: Principal) -> Subject:
    """An assignment to change; raises ``NotFound``, and ``PolicyError`` who may not."""
    row = find_assignment(assignment_id, by)
    authorization.require(by, actions.of(actions.ASSIGNMENTS, actions.WRITE), row.scope)
    return replace(_known(row.definition, by), base=drafts.from_assignment(row), row=row)


def find_assignment(assignment_id: str, by: Principal) -> Assignment:
    """The stored assignment with this ARM id, for who may read it; raises ``PolicyError``."""
    found = _ASSIGNMENT_ID.fullmatch(assignment_id.strip())
    if found is None:
        raise NotFound("PolicyAssignmentNotFound", f"'{assignment_id}' is no assignment's id.")
    read = actions.of(actions.ASSIGNMENTS, actions.READ)
    scope = authorization.scope_for(by, found["scope"] or "/", read)
    return assignments.get(scope, found["name"])


def version_choices(definition: Definition, current: str) -> list[tuple[str, str]]:
    """What the version field offers: patterns first, newest first, then exact versions.

    The current pattern is among them even where no version fits it any more.
    """
    versions = [one.version for one in definition.versions.all()]
    choices: dict[str, str] = {} if current else {"": "Latest version, whatever it is"}
    for version in versions:
        pattern = major_pattern(version)
        major = pattern.split(".")[0]
        choices.setdefault(pattern, f"{pattern} (newest of major version {major})")
    choices |= {version: f"{version} (exactly)" for version in versions}
    if current not in choices:
        choices[current] = f"{current} (as assigned)"
    return list(choices.items())


def _known(definition: Definition, by: Principal) -> Subject:
    # Read once with its versions: the form asks for them again and again.
    whole = Definition.objects.select_related("scope").prefetch_related("versions")
    return Subject(whole.get(pk=definition.pk), by=by)


def _members(version: DefinitionVersion) -> list[Member]:
    target = definitions.parse(version)
    if not isinstance(target, PolicySetDefinition):
        return []
    stored = definitions.members(target)
    found = []
    for one in target.members:
        row = stored.get((one.definition_id.lower(), one.version_pattern))
        name = row.definition.display_name if row else one.reference_id
        found.append(Member(one.reference_id, name, _parameters_in(one.parameters)))
    return found


def _parameters_in(values: Mapping[str, object]) -> frozenset[str]:
    return frozenset(name.lower() for name in _PARAMETER.findall(json.dumps(values)))
