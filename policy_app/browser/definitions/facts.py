"""The essentials panel of a definition."""

from __future__ import annotations

from collections.abc import Iterable

from policy_app.browser.pages import Fact
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.models import Definition, DefinitionVersion
from policy_app.services import definitions as service


def essentials(found: Definition, row: DefinitionVersion) -> list[Fact]:
    """What to know of a definition before reading it."""
    parsed = service.parse(row)
    facts = [
        Fact("Definition type", found.get_kind_display()),
        Fact("Type", found.get_policy_type_display()),
        Fact("Category", found.category or "None"),
        Fact("Version", _version(found, row)),
        Fact("Definition location", str(found.scope) if found.scope else "Tenant"),
    ]
    if isinstance(parsed, PolicyDefinition):
        facts += [Fact("Available effects", _effects(parsed)), Fact("Mode", found.mode, code=True)]
    else:
        facts.append(Fact("Policies", len(parsed.members)))
    return [
        *facts,
        Fact("Text from", row.get_origin_display()),
        Fact("Definition ID", found.arm_id, code=True, copy=True, wide=True),
    ]


def _version(found: Definition, row: DefinitionVersion) -> str:
    latest = row.version == found.latest_version
    return f"{row.version} (latest)" if latest else f"{row.version}; latest {found.latest_version}"


def _effects(parsed: PolicyDefinition) -> str:
    spec = parsed.effect_parameter
    if spec is None:
        return parsed.effect
    choices = ", ".join(_spellings(spec.allowed_values)) or "any"
    return f"{choices} (default {spec.default})" if spec.has_default else choices


def _spellings(effects: Iterable[object]) -> list[str]:
    """Each effect once: definitions often allow both ``audit`` and ``Audit``."""
    seen = {str(effect).lower(): str(effect) for effect in effects}
    return sorted(spelling[:1].upper() + spelling[1:] for spelling in seen.values())
