"""Policy metadata: the regulatory controls that the groups of built-in initiatives name.

Azure publishes a text for each of thousands of controls.  Here is what the stored initiatives say
of those that they name in ``additionalMetadataId``: an id, a name, a title and a category.  None of
the initiatives that come with the portal names one; those of Azure's other categories do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.models import Definition, DefinitionVersion
from policy_app.services.errors import NotFound

TYPE = "Microsoft.PolicyInsights/policyMetadata"
_ID = re.compile(r"/providers/microsoft\.policyinsights/policymetadata/([^/]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PolicyMetadata:
    """One control."""

    name: str
    title: str
    category: str
    description: str
    initiatives: tuple[str, ...]
    """The titles of the initiatives that name it."""

    @property
    def arm_id(self) -> str:
        """The id that groups name it by."""
        return f"/providers/{TYPE}/{self.name}"


def listing() -> list[PolicyMetadata]:
    """Every control that a built-in initiative names, by name."""
    initiatives = DefinitionVersion.objects.filter(definition__kind=Definition.Kind.INITIATIVE)
    built_in = initiatives.exclude(definition__policy_type=Definition.PolicyType.CUSTOM)
    rows = built_in.order_by("definition__display_name", "-major", "-minor", "-patch")
    named: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for title, groups in rows.values_list(
        "definition__display_name", "body__policyDefinitionGroups"
    ):
        for group in groups or ():
            found = _ID.fullmatch(str(group.get("additionalMetadataId") or ""))
            if found:
                named.setdefault(found[1].lower(), []).append((found[1], title, group))
    return [_metadata(named[key]) for key in sorted(named)]


def get(name: str) -> PolicyMetadata:
    """The control of this name, in any letter case.  Raises ``NotFound``."""
    wanted = name.lower()
    found = next((one for one in listing() if one.name.lower() == wanted), None)
    if found is None:
        text = f"The policy metadata '{name}' is not found: no built-in initiative names it."
        raise NotFound("PolicyMetadataNotFound", text)
    return found


def _metadata(named: Iterable[tuple[str, str, Mapping[str, Any]]]) -> PolicyMetadata:
    """One control, as the first of the groups tells it that name it."""
    (name, _, group), *_ = everything = list(named)
    return PolicyMetadata(
        name=name,
        title=str(group.get("displayName") or group.get("name") or name),
        category=str(group.get("category") or ""),
        description=str(group.get("description") or ""),
        initiatives=tuple(dict.fromkeys(title for _, title, _ in everything)),
    )
