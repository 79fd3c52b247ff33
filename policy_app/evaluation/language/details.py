"""``then.details`` of a policy for Kubernetes: where its template comes from and what it judges.

Source: Microsoft Learn, the ``audit``, ``deny`` and ``mutate`` effects of mode
``Microsoft.Kubernetes.Data``.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from policy_app.evaluation.language.errors import DefinitionError
from policy_app.evaluation.language.expressions import is_expression
from policy_app.evaluation.language.reading import Reader

SourceType = Literal["PublicURL", "Base64Encoded"]

DETAILS = "properties.policyRule.then.details"
TEMPLATE_INFO = "templateInfo"
CONSTRAINT_INFO = "constraintInfo"
MUTATION_INFO = "mutationInfo"
TEMPLATE_URL = "constraintTemplate"
CONSTRAINT_URL = "constraint"
EXCLUDED = "excludedNamespaces"

SOURCE_TYPES: tuple[SourceType, ...] = get_args(SourceType)
_SOURCE_TYPES: Mapping[str, SourceType] = {name.lower(): name for name in SOURCE_TYPES}
_STORE_ROOT = "/kubernetes/"
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a template, a constraint or a file of mutators is written down."""

    type: SourceType
    location: str
    """The URL, or the Base64 text."""
    field: str = TEMPLATE_INFO
    """The field of the details that names it."""

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

    @property
    def identity(self) -> str:
        """What tells two places apart: the URL, or a digest of the text inside the definition."""
        if self.url:
            return self.url
        return f"Base64Encoded text {hashlib.sha256(self.location.encode()).hexdigest()[:12]}"

    def text(self) -> str:
        """The decoded text of a Base64 source.  Raises ``DefinitionError`` where it is none."""
        if self.type != "Base64Encoded":
            raise DefinitionError("A template at a URL has no text of its own.")
        try:
            return from_base64(self.location)
        except ValueError:
            raise DefinitionError(
                f"The content of {self.field} is not UTF-8 text in Base64{_why(self.location)}.",
                path=f"{DETAILS}.{self.field}.content",
            ) from None


@dataclass(frozen=True, slots=True)
class KubernetesDetails:
    """A view of ``then.details``, be they as written or resolved."""

    fields: Mapping[str, Any]

    @property
    def template(self) -> Source | None:
        """Where the constraint template is, in the new form or the old; None for mutations."""
        return self._source(TEMPLATE_INFO) or self._address(TEMPLATE_URL)

    @property
    def mutation(self) -> Source | None:
        """Where the mutators are; None for policies that judge."""
        return self._source(MUTATION_INFO)

    @property
    def constraint(self) -> Source | None:
        """Where the constraint is written down; None where one is made from the details."""
        return self._source(CONSTRAINT_INFO) or self._address(CONSTRAINT_URL)

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

    def _source(self, name: str) -> Source | None:
        if name not in self.fields:
            return None
        return read_source(Reader(self.fields[name], f"{DETAILS}.{name}", DefinitionError))

    def _address(self, name: str) -> Source | None:
        url = self.fields.get(name)
        if not isinstance(url, str) or not url:
            return None
        _check_url(Reader(self.fields, DETAILS, DefinitionError), name, url)
        return Source("PublicURL", url, name)


def from_base64(content: str) -> str:
    """UTF-8 text in Base64.  Raises ``ValueError`` where it is none."""
    return base64.b64decode(_in_one_line(content), validate=True).decode()


def _in_one_line(content: str) -> str:
    # Tools break Base64 into lines, which decoders pass over; other blanks they refuse.
    return content.replace("\r", "").replace("\n", "")


def _why(content: str) -> str:
    """What keeps a text from being Base64, where that can be told."""
    text = _in_one_line(content)
    if "apiVersion:" in text:
        return ": it is YAML as it stands; encode it"
    found = _NO_BASE64.search(text)
    if found:
        return f": it has the character {found[0]!r} after {found.start()} others"
    whole = text.rstrip("=")
    if len(whole) % 4 == 1:
        return f": it has {len(whole)} characters, so that the last ones are missing"
    return "" if len(text) % 4 == 0 else ": it should end in '=' until it is a multiple of 4 long"


def read_source(reader: Reader) -> Source:
    """Read ``{"sourceType": …, "url": …}`` or ``{"sourceType": …, "content": …}``."""
    kind = _SOURCE_TYPES.get(reader.required_text("sourceType").lower())
    if kind is None:
        reader.refuse("sourceType", f"must be {' or '.join(SOURCE_TYPES)}")
    name, other = ("url", "content") if kind == "PublicURL" else ("content", "url")
    if other in reader.fields:
        reader.refuse(other, f"cannot stand beside the source type {kind}, which takes {name}")
    location = reader.required_text(name)
    if kind == "PublicURL":
        _check_url(reader, name, location)
    return Source(kind, location, reader.path.rpartition(".")[2])


def _check_url(reader: Reader, name: str, url: str) -> None:
    """Refuse what is no address; what a parameter gives is looked at when it is known."""
    if is_expression(url):
        return
    try:
        parts = urlsplit(url)
        sound = parts.scheme.lower() == "https" and bool(parts.hostname)
    except ValueError:
        sound = False
    if not sound:
        reader.refuse(name, f"should be an address that begins with https://, but is {url!r}")
