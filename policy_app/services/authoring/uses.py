"""Who uses a definition, and what a change or a deletion of it would break.

An assignment and an initiative use the newest version that fits what they pin.  A change is
refused where one of them would come to a version that no longer takes its parameters, or to none;
a deletion, where anything uses it at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import ParameterErrors
from policy_app.evaluation.language.parameters import resolve
from policy_app.evaluation.language.versions import pick_version, version_key
from policy_app.models import (
    Assignment,
    Definition,
    DefinitionVersion,
    InitiativeMember,
    Scope,
)
from policy_app.services import authorization, definitions
from policy_app.services.authoring.initiatives import member_faults
from policy_app.services.authorization import Actor, actions
from policy_app.services.drafts.validation import refuse
from policy_app.services.errors import PolicyError

_MANY = 20
"""So many uses are named in a refusal; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What uses a definition, by name."""

    initiatives: tuple[Definition, ...]
    assignments: tuple[Assignment, ...]

    def __bool__(self) -> bool:
        return bool(self.initiatives or self.assignments)


@dataclass(frozen=True, slots=True)
class _User:
    """How a refusal names what uses the definition: by its id, to whoever may read it."""

    name: str
    hidden: bool


def uses(definition: Definition) -> Uses:
    """The initiatives that have it as a member in any version, and the assignments of it."""
    rows = definition.assignments.select_related("scope", "definition").order_by("name", "pk")
    found = definitions.initiatives_with(definition) if not definition.is_initiative else ()
    return Uses(tuple(found), tuple(rows))


def refuse_deletion(definition: Definition, by: Actor) -> None:
    """Raise ARM's refusal where something uses the definition; the details name what.

    What ``by`` may not read is counted and not named.
    """
    found = uses(definition)
    if not found:
        return
    what = "policy set definition" if definition.is_initiative else "policy definition"
    code = deletion_code(definition)
    users = [_user(one, by) for one in found.initiatives]
    users += [_user(one, by) for one in found.assignments]
    users.sort(key=lambda one: one.hidden)  # those that can be named come first
    shown = [PolicyError(code, f"It is used by {one.name}.") for one in users[:_MANY]]
    more = f" and {len(users) - 1} more" if len(users) > 1 else ""
    raise PolicyError(
        code,
        f"The {what} '{definition.name}' cannot be deleted while it is used: by"
        f" {users[0].name}{more}.",
        details=shown if len(users) > 1 else (),
    )


def refuse_breaking(
    definition: Definition, after: Mapping[str, definitions.Parsed], touched: str, by: Actor
) -> None:
    """Raise ``PolicyError`` where a user of the definition would break.

    ``after`` has every version that there will be, by number; ``touched`` is the one that is new,
    changed or gone.  Of what ``by`` may not read it is told that it is there, and no more.
    """
    if touched in after:
        code = f"InvalidPolicy{'Set' if definition.is_initiative else ''}ParameterUpdate"
    else:
        code = deletion_code(definition)
    future = _Future(definition, after, touched, code, by)
    faults = [*future.assignments(), *future.initiatives()]
    refuse(faults[:_MANY], f"The change of '{definition.name}'")


def deletion_code(definition: Definition) -> str:
    """ARM's code for a definition that must not be deleted."""
    return f"InvalidDeletePolicy{'Set' if definition.is_initiative else ''}DefinitionRequest"


@dataclass(frozen=True, slots=True)
class _Future:
    """A definition as it will be."""

    definition: Definition
    after: Mapping[str, definitions.Parsed]
    touched: str
    code: str
    by: Actor

    @property
    def latest(self) -> str:
        return max(self.after, key=version_key, default="")

    def assignments(self) -> Iterator[PolicyError]:
        for row in self.definition.assignments.select_related("scope"):
            user = _user(row, self.by)
            if not self.concerns(row.definition_version):
                continue
            target = self.pick(row.definition_version)
            if target is None:
                yield self.left_without(user, row.definition_version)
                continue
            values = {name: wrapped["value"] for name, wrapped in row.parameters.items()}
            try:
                resolve(target.parameters, values)
            except ParameterErrors as errors:
                yield from (self.broken(user, one.message, one.target) for one in errors.faults)

    def initiatives(self) -> Iterator[PolicyError]:
        for row, member, path in _members(self.definition):
            user = _user(row.definition, self.by, f" ({row.version}, {path})")
            if not self.concerns(member.pinned):
                continue
            target = self.pick(member.pinned)
            if target is None:
                yield self.left_without(user, member.pinned)
                continue
            owner = definitions.parse(row)
            if not isinstance(target, PolicyDefinition):
                continue
            if isinstance(owner, PolicySetDefinition):
                reference = owner.members[member.position]
                for one in member_faults(reference, owner.parameters, target, path):
                    yield self.broken(user, one.message, one.target.rpartition(".")[2])

    def concerns(self, pattern: str) -> bool:
        """Whether a user of this pattern comes to the version at hand, or did so far."""
        every = {*self.after, self.touched}
        newest = max(every, key=version_key)
        return pick_version(pattern or newest, every) == self.touched

    def pick(self, pattern: str) -> definitions.Parsed | None:
        chosen = pick_version(pattern or self.latest, self.after) if self.after else None
        return self.after[chosen] if chosen else None

    def broken(self, user: _User, message: str, parameter: str) -> PolicyError:
        # The message may hold a value that somebody gave there.
        why = "" if user.hidden else f": {message.rstrip('.')}"
        text = f"It would break {user.name}{why}."
        return PolicyError(self.code, text, target=f"properties.parameters.{parameter}")

    def left_without(self, user: _User, pattern: str) -> PolicyError:
        wanted = f" that fits '{pattern}'" if pattern else ""
        return PolicyError(self.code, f"It would leave {user.name} without a version{wanted}.")


def _user(row: Assignment | Definition, by: Actor, place: str = "") -> _User:
    scope: Scope | None = row.scope
    if isinstance(row, Assignment):
        what, action = "policy assignment", actions.SEE_ASSIGNMENTS
    else:
        what, action = "policy set definition", definitions.read_action(row)
    if scope is not None and not authorization.may(by, action, scope):
        return _User(f"a {what} that is not shown to you", hidden=True)
    return _User(f"the {what} '{row.arm_id}'{place}", hidden=False)


def _members(
    definition: Definition,
) -> Iterator[tuple[DefinitionVersion, InitiativeMember, str]]:
    """Each place in an initiative that is in use: in its newest version, or one that is assigned.

    Older ones that nobody assigns are history, and hold nothing up.
    """
    rows = InitiativeMember.objects.filter(definition_key=definition.key)
    found = list(rows.select_related("initiative__definition"))
    wanted = _effective({one.initiative.definition for one in found})
    for one in found:
        if one.initiative_id in wanted:
            yield one.initiative, one, f"properties.policyDefinitions[{one.position}]"


def _effective(initiatives: Iterable[Definition]) -> set[int]:
    """The versions of these initiatives that count: the newest ones, and those assigned."""
    keys: set[int] = set()
    for owner in initiatives:
        patterns = {"", *owner.assignments.values_list("definition_version", flat=True)}
        for pattern in patterns:
            try:
                keys.add(definitions.version(owner, pattern).pk)
            except PolicyError:
                continue
    return keys
