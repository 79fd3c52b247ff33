"""``then.details`` of a policy for Kubernetes: where its template comes from and what it judges.

Source: Microsoft Learn, the ``audit``, ``deny`` and ``mutate`` effects of mode
``Microsoft.Kubernetes.Data``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from policy_app.evaluation.language.errors import DefinitionError
from policy_app.evaluation.language.reading import Reader

SourceType = Literal["PublicURL", "Base64Encoded"]

_SOURCE_TYPES: Mapping[str, SourceType] = {
    "publicurl": "PublicURL",
    "base64encoded": "Base64Encoded",
}
_STORE_ROOT = "/kubernetes/"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a template or a mutation is written down."""

    type: SourceType
    location: str
    """The URL, or the Base64 text."""

    @property
    def url(self) -> str:
        """The address; empty for text inside the definition."""
        return self.location if self.type == "PublicURL" else ""

    @property
    def tail(self) -> str:
        """The folder in Azure's store, ``container-no-privilege/v2``; empty without a URL."""
        if not self.url:
            return ""
        path = urlsplit(self.url).path
        _, _, inside = path.rpartition(_STORE_ROOT)
        return inside.rpartition("/")[0].strip("/")

    def text(self) -> str:
        """The decoded text of a Base64 source.  Raises ``DefinitionError`` where it is none."""
        if self.type != "Base64Encoded":
            raise DefinitionError("A template at a URL has no text of its own.")
        try:
            return base64.b64decode(self.location, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise DefinitionError(
                "The content of the template is not UTF-8 text in Base64.",
                path="properties.policyRule.then.details.templateInfo.content",
            ) from None


@dataclass(frozen=True, slots=True)
class KubernetesDetails:
    """A view of ``then.details``; fields that hold expressions are given as written."""

    fields: Mapping[str, Any]

    @classmethod
    def check(cls, rule: Reader) -> None:
        """Raise ``DefinitionError`` where the details of a rule contradict themselves."""
        details = rule.child("then").child("details")
        sources = [
            name
            for name in ("templateInfo", "mutationInfo", "constraintTemplate")
            if name in details.fields
        ]
        if len(sources) > 1:
            details.refuse(sources[1], f"cannot stand beside {sources[0]}")
        for name in ("templateInfo", "mutationInfo", "constraintInfo"):
            if name in details.fields:
                _read_source(details.child(name))
        if "templateInfo" in details.fields:
            _check_kinds(details)
        details.object("values")

    @property
    def template(self) -> Source | None:
        """Where the constraint template is, in the new form or the old; None for mutations."""
        if "templateInfo" in self.fields:
            return _read_source(
                Reader(self.fields["templateInfo"], "templateInfo", DefinitionError)
            )
        url = self.fields.get("constraintTemplate")
        return Source("PublicURL", url) if isinstance(url, str) else None

    @property
    def mutation(self) -> Source | None:
        """Where the mutators are; None for policies that judge."""
        if "mutationInfo" not in self.fields:
            return None
        return _read_source(Reader(self.fields["mutationInfo"], "mutationInfo", DefinitionError))

    @property
    def constraint_url(self) -> str:
        """The old form's own constraint file; empty in the new form."""
        return str(self.fields.get("constraint") or "")

    @property
    def source_url(self) -> str:
        """The address of the template or the mutation; empty where the text is embedded."""
        source = self.template or self.mutation
        return source.url if source else ""

    @property
    def tail(self) -> str:
        """The folder in Azure's store of the template or the mutation."""
        source = self.template or self.mutation
        return source.tail if source else ""

    @property
    def api_groups(self) -> Any:
        """A list of API groups, or the expression that gives it."""
        return self.fields.get("apiGroups", [])

    @property
    def kinds(self) -> Any:
        """A list of kinds, or the expression that gives it."""
        return self.fields.get("kinds", [])

    @property
    def values(self) -> Mapping[str, Any]:
        """What the constraint's parameters are made of, expressions as written."""
        values = self.fields.get("values")
        return values if isinstance(values, Mapping) else {}


def _read_source(reader: Reader) -> Source:
    kind = _SOURCE_TYPES.get(reader.required_text("sourceType").lower())
    if kind is None:
        reader.refuse("sourceType", "must be PublicURL or Base64Encoded")
    return Source(kind, reader.required_text("url" if kind == "PublicURL" else "content"))


def _check_kinds(details: Reader) -> None:
    if "constraintInfo" in details.fields:
        return
    for name in ("apiGroups", "kinds"):
        value = details.fields.get(name)
        if value is None:
            details.refuse(name, "is required beside templateInfo")
        if isinstance(value, str):
            continue
        if "*" in details.texts(name):
            details.refuse(name, "must name each one: '*' is not allowed here")
