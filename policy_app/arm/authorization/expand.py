"""``$expand``: which versions there are, and which one a pattern chooses today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from rest_framework.request import Request

from policy_app.models import Assignment, Definition
from policy_app.services import definitions
from policy_app.services.errors import NotFound, PolicyError

LATEST = "LatestDefinitionVersion"
EFFECTIVE = "EffectiveDefinitionVersion"
_KNOWN = {name.lower(): name for name in (LATEST, EFFECTIVE)}


def requested(request: Request) -> frozenset[str]:
    """The names in ``$expand``; raises ``PolicyError`` for one that is unknown."""
    words = [word.strip() for word in request.query_params.get("$expand", "").split(",")]
    for word in words:
        if word and word.lower() not in _KNOWN:
            raise PolicyError(
                "InvalidQueryParameter",
                f"The query parameter $expand has '{word}'; it may have {LATEST} and {EFFECTIVE}.",
                target="$expand",
            )
    return frozenset(_KNOWN[word.lower()] for word in words if word)


def load(rows: Sequence[Assignment], names: frozenset[str]) -> None:
    """Read the versions of the rows' definitions at once, where ``names`` will need them."""
    if EFFECTIVE in names:
        prefetch_related_objects([row.definition for row in rows], definitions.WITHOUT_BODIES)


def versions(definition: Definition | None, pattern: str, names: frozenset[str]) -> dict[str, Any]:
    """The fields that ``$expand`` adds; nothing for a definition or version that is not stored."""
    fields: dict[str, Any] = {}
    if definition is None:
        return fields
    if LATEST in names:
        fields["latestDefinitionVersion"] = definition.latest_version
    if EFFECTIVE in names:
        try:
            chosen = definitions.version(definition, pattern)
        except NotFound:
            return fields
        fields["effectiveDefinitionVersion"] = chosen.version
    return fields


def members(bodies: Iterable[Mapping[str, Any]], names: frozenset[str]) -> dict[str, Definition]:
    """The definitions that the sets' bodies refer to, by id in lower case: two queries for all."""
    if not names:
        return {}
    keys = {
        str(reference["policyDefinitionId"]).lower()
        for body in bodies
        for reference in body.get("policyDefinitions", [])
    }
    found = Definition.objects.filter(key__in=keys).prefetch_related(definitions.WITHOUT_BODIES)
    return {one.key: one for one in found}
