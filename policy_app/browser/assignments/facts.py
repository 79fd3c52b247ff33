"""What the list and the page of an assignment both say about one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from policy_app.browser import effects, links
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.effects import canonical_effect
from policy_app.evaluation.language.errors import EffectError
from policy_app.models import Assignment
from policy_app.services import authorization, definitions
from policy_app.services.authorization import Permit, Principal, actions
from policy_app.services.errors import PolicyError

BY_POLICY = "By policy"
UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect in a word, with the tone of its badge."""

    label: str

    @property
    def tone(self) -> str:
        """The badge's tone."""
        return effects.tone(self.label)


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of what can be done with an assignment."""

    view: str
    edit: str
    duplicate: str
    delete: str
    exempt: str
    definition: str


def ways(row: Assignment) -> Ways:
    """The addresses for this one."""
    query = urlencode({"id": row.arm_id})
    return Ways(
        view=links.assignment_by_id(row.arm_id),
        edit=f"{reverse('assignment-edit')}?{query}",
        duplicate=f"{reverse('assign')}?{urlencode({'duplicate': row.arm_id})}",
        delete=f"{reverse('assignment-delete')}?{query}",
        exempt=links.exempt(row.arm_id),
        definition=links.definition(row.definition),
    )


def permits(row: Assignment, by: Principal) -> tuple[Permit, Permit]:
    """Whether it may be changed, and whether it may be deleted."""
    return (
        authorization.permit(by, actions.ASSIGN, row.scope),
        authorization.permit(by, actions.UNASSIGN, row.scope),
    )


def effect_of(row: Assignment) -> Effect:
    """The effect that the assignment asks for, or its definition's default.

    ``BY_POLICY`` where an initiative leaves it to its policies (or overrides set it for some),
    ``UNKNOWN`` where the version it names is gone.
    """
    try:
        target = definitions.parse(definitions.version(row.definition, row.definition_version))
    except PolicyError:
        return Effect(UNKNOWN)
    if any(one.get("kind") == "policyEffect" for one in row.overrides):
        return Effect(BY_POLICY)
    given = {name.lower(): wrapped.get("value") for name, wrapped in row.parameters.items()}
    if isinstance(target, PolicyDefinition):
        spec = target.effect_parameter
        name = spec.name if spec else ""
        fallback = spec.default if spec else target.effect
    else:
        spec = next((s for n, s in target.parameters.items() if n.lower() == "effect"), None)
        name, fallback = "effect", spec.default if spec else BY_POLICY
    return Effect(_spelt(given.get(name.lower(), fallback)))


def _spelt(effect: object) -> str:
    try:
        return canonical_effect(str(effect))
    except EffectError:
        return BY_POLICY
