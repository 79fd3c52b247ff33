"""The policies of an initiative: what it pins, what that comes to, what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.browser import effects, links
from policy_app.evaluation.language.definitions import (
    PolicyDefinition,
    PolicySetDefinition,
    PolicySetMember,
)
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.expressions import resolve_value
from policy_app.models import DefinitionVersion
from policy_app.services import definitions as service


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member; ``problem`` says why nothing is known of it."""

    reference_id: str
    name: str
    url: str
    pinned: str
    version: str
    effect: str
    tone: str
    gap: str = ""
    problem: str = ""


def rows(target: PolicySetDefinition) -> list[MemberRow]:
    """The members in the initiative's order."""
    found = service.members(target)
    defaults = {name: spec.default for name, spec in target.parameters.items() if spec.has_default}
    return [
        _row(member, found.get((member.definition_id.lower(), member.version_pattern)), defaults)
        for member in target.members
    ]


def _row(
    member: PolicySetMember, row: DefinitionVersion | None, defaults: Mapping[str, Any]
) -> MemberRow:
    pinned = member.version_pattern or "any"
    if row is None:
        name = member.definition_id.rpartition("/")[2]
        problem = f"No version of {member.definition_id} that fits {pinned} is stored."
        return MemberRow(member.reference_id, name, "", pinned, "", "", "", problem=problem)
    parsed = service.parse(row)
    effect = _effect(member, parsed, defaults) if isinstance(parsed, PolicyDefinition) else ""
    return MemberRow(
        reference_id=member.reference_id,
        name=parsed.display_name,
        url=links.definition(row.definition, version=row.version),
        pinned=pinned,
        version=row.version,
        effect=effect,
        tone=effects.tone(effect),
        gap=row.definition.evaluation_gap,
    )


def _effect(member: PolicySetMember, parsed: PolicyDefinition, defaults: Mapping[str, Any]) -> str:
    """The effect where an assignment changes nothing; empty where it has to choose."""
    spec = parsed.effect_parameter
    if spec is None:
        return parsed.effect
    given = {name.lower(): value for name, value in member.parameters.items()}
    try:
        value = resolve_value(given.get(spec.name.lower(), spec.default), defaults)
    except LanguageError:
        return ""
    return str(value) if value is not None else ""
