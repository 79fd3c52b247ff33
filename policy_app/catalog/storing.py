"""How a definition becomes rows: the same for what is imported and for what people make."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db.models import F, QuerySet

from policy_app.catalog import gaps
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.versions import VersionPattern
from policy_app.models import Definition, DefinitionVersion, InitiativeMember

Parsed = PolicyDefinition | PolicySetDefinition


def summary(parsed: Parsed) -> dict[str, Any]:
    """What the columns of the list say of a definition whose newest version this is.

    An initiative's gap depends on what is stored of its members: ``tell_initiatives`` writes it.
    """
    wanted: dict[str, Any] = {
        "policy_type": parsed.policy_type,
        "mode": parsed.mode if isinstance(parsed, PolicyDefinition) else "",
        # A title is no must in ARM, and lists lead to a definition by what it is called.
        "display_name": parsed.display_name or parsed.name,
        "description": parsed.description,
        "category": parsed.category,
        "latest_version": parsed.version,
        "policy_count": len(parsed.members) if isinstance(parsed, PolicySetDefinition) else 1,
    }
    if isinstance(parsed, PolicyDefinition):
        wanted["evaluation_gap"] = gaps.of(parsed)
    return wanted


def summarise(row: Definition, wanted: Mapping[str, Any]) -> bool:
    """Bring a row's columns in line; true where it has to be saved."""
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, wanted[name])
    return bool(changed) or row.pk is None


def fingerprint(body: Mapping[str, Any]) -> str:
    """What tells two bodies apart."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def write_version(
    row: DefinitionVersion, parsed: Parsed, body: Mapping[str, Any], origin: str
) -> None:
    """Save one version with its body, and index the members of a set."""
    number = VersionPattern.parse(parsed.version)
    row.version = parsed.version
    row.major, row.minor, row.patch = (one or 0 for one in number.numbers)
    row.suffix, row.body = number.tag, body
    row.origin, row.fingerprint = origin, fingerprint(body)
    row.save()
    if isinstance(parsed, PolicySetDefinition):
        _index_members(row, parsed)


def _index_members(row: DefinitionVersion, parsed: PolicySetDefinition) -> None:
    row.members.all().delete()
    InitiativeMember.objects.bulk_create(
        InitiativeMember(
            initiative=row,
            definition_key=reference.definition_id.lower(),
            reference_id=reference.reference_id,
            pinned=reference.version_pattern,
            position=position,
        )
        for position, reference in enumerate(parsed.members)
    )


def tell_initiatives(some: QuerySet[Definition] | None = None) -> None:
    """Bring each initiative's gap in line with what its members can do now.

    All of them, or ``some``.
    """
    latest = DefinitionVersion.objects.filter(
        definition__kind=Definition.Kind.INITIATIVE, version=F("definition__latest_version")
    )
    policies = Definition.objects.filter(kind=Definition.Kind.POLICY)
    if some is not None:
        latest = latest.filter(definition__in=some)
        members = InitiativeMember.objects.filter(initiative__in=latest)
        policies = policies.filter(key__in=members.values("definition_key"))
    gap_by_key = dict(policies.values_list("key", "evaluation_gap"))
    for row in latest.select_related("definition").defer("body").prefetch_related("members"):
        keys = [member.definition_key for member in row.members.all()]
        gap = gaps.of_initiative([gap_by_key.get(key, gaps.NOT_STORED) for key in keys])
        if gap != row.definition.evaluation_gap:
            row.definition.evaluation_gap = gap
            row.definition.save()
