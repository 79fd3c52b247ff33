"""The page on which a definition is written: what was typed, and the body that it comes to.

Name, description and category have fields of their own; the editor holds every other property, as
ARM has them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from policy_app.browser.authoring import starter
from policy_app.evaluation.language.version_rule import STAMPS
from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import definitions
from policy_app.services.authoring import Kind

APART = ("displayName", "description", "policyType", "version", "versions")
"""Properties that the editor leaves out: fields hold them, or the portal sets them."""
METADATA_APART = (*STAMPS, "category", "version")
"""The same of ``metadata``."""


@dataclass(slots=True)
class AuthorForm:
    """What stands in the fields; ``row`` is the definition that is edited, None for a new one."""

    kind: Kind
    row: Definition | None
    scope: Scope | None
    name: str
    display_name: str
    description: str
    category: str
    text: str
    as_of: str = ""
    """The version and text that were open when an edit began."""

    @property
    def noun(self) -> str:
        """How a sentence calls what is written."""
        return "initiative" if self.kind == Kind.INITIATIVE else "policy"

    @property
    def beside(self) -> list[tuple[str, str]]:
        """The fields beside the editor, by name, for a page that hands them on."""
        return [
            ("scope", self.scope.arm_id if self.scope else ""),
            ("name", self.name),
            ("display_name", self.display_name),
            ("description", self.description),
            ("category", self.category),
            ("as_of", self.as_of),
        ]

    def body(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """ARM's body, of the fields and of what the editor's text came to."""
        metadata = given.get("metadata")
        properties: dict[str, Any] = {
            "displayName": self.display_name,
            "description": self.description,
            "policyType": "Custom",
            **given,
        }
        if self.category and (metadata is None or isinstance(metadata, Mapping)):
            properties["metadata"] = {**(metadata or {}), "category": self.category}
        return {"properties": properties}


def fresh(kind: Kind, scope: Scope | None) -> AuthorForm:
    """An empty form, its editor filled with something that works."""
    text = pretty(starter.body(kind))
    return AuthorForm(kind, None, scope, str(uuid.uuid4()), "", "", "", text)


def edited(row: Definition) -> AuthorForm:
    """The newest version of a custom definition, to be changed."""
    newest = definitions.version(row)
    form = _of(newest, row)
    form.as_of = stamp(newest)
    return form


def copied(version: DefinitionVersion, scope: Scope | None) -> AuthorForm:
    """A copy of a version, to be kept under a new name."""
    form = _of(version, None)
    form.scope = version.definition.scope or scope
    form.name = str(uuid.uuid4())
    form.display_name = f"Copy of {form.display_name}"[:128]
    return form


def imported(
    kind: Kind, scope: Scope | None, name: str, properties: Mapping[str, Any]
) -> AuthorForm:
    """A new definition with the properties that a text described."""
    metadata = _object(properties.get("metadata"))
    return AuthorForm(
        kind,
        None,
        scope,
        name or str(uuid.uuid4()),
        str(properties.get("displayName") or ""),
        str(properties.get("description") or ""),
        str(metadata.get("category") or ""),
        pretty(_written(properties)),
    )


def posted(kind: Kind, row: Definition | None, scope: Scope | None, data: QueryDict) -> AuthorForm:
    """What a browser sends; an edit keeps its place and its name."""
    return AuthorForm(
        kind,
        row,
        row.scope if row else scope,
        row.name if row else data.get("name", "").strip(),
        data.get("display_name", "").strip(),
        # Browsers send text areas with CRLF.
        data.get("description", "").replace("\r\n", "\n").strip(),
        data.get("category", "").strip(),
        data.get("text", "").replace("\r\n", "\n"),
        data.get("as_of", ""),
    )


def stamp(version: DefinitionVersion) -> str:
    """What tells that a definition is still the one that was opened."""
    return f"{version.version} {version.fingerprint}"


def pretty(value: Any) -> str:
    """JSON as the editor shows it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _of(version: DefinitionVersion, row: Definition | None) -> AuthorForm:
    owner, body = version.definition, version.body
    form = imported(Kind(owner.kind), owner.scope, owner.name, body)
    form.row = row
    return form


def _written(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that the editor shows."""
    kept = {name: value for name, value in properties.items() if name not in (*APART, "metadata")}
    metadata = _object(properties.get("metadata"))
    own = {name: value for name, value in metadata.items() if name not in METADATA_APART}
    return {**kept, "metadata": own} if own else kept


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
