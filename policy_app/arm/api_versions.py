"""Which api-versions a resource type answers to.

A version that is older than the type, or newer than any that the portal knows, is refused as ARM
refuses it.  Those between are taken: clients send dozens, and the shapes differ in what is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy_app.arm.resource_types import OF_VERSIONS, SERVED
from policy_app.services.errors import NotFound, PolicyError

NEWEST = "2026-06-01"
"""The version whose shapes are answered."""
_VERSION = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[A-Za-z0-9.]{1,32})?")
_TYPE = re.compile(
    r"/providers/(microsoft\.(?:authorization|policyinsights)/\w+)(?:/[^/]+(/versions))?", re.I
)
_CORE = re.compile(r"/(subscriptions|tenants)(?:/[^/]+(?:/resourcegroups(?:/[^/]+)?)?)?", re.I)
_CORE_OLDEST = "2014-04-01"


@dataclass(frozen=True, slots=True)
class _Type:
    """A resource type, and since when it is there."""

    namespace: str
    name: str
    oldest: str

    def refuse(self, given: str) -> NotFound:
        return NotFound(
            "InvalidResourceType",
            f"The resource type '{self.name}' could not be found in the namespace"
            f" '{self.namespace}' for api version '{given}'. The supported api-versions are"
            f" those from '{self.oldest}' to '{NEWEST}'.",
            target="api-version",
        )


_KNOWN = {
    f"{namespace}/{name}".lower(): _Type(namespace, name, oldest)
    for namespace, types in (*SERVED.items(), ("Microsoft.Authorization", OF_VERSIONS))
    for name, oldest in types.items()
    if oldest
}


def check(path: str, given: str) -> None:
    """Raise ARM's refusal of an api-version that is missing, none, or not of this address."""
    if not given:
        raise PolicyError(
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
            target="api-version",
        )
    plain = re.sub(r"/{2,}", "/", path).rstrip("/")
    core = _CORE.fullmatch(plain) is not None
    if not _VERSION.fullmatch(given) or (core and given < _CORE_OLDEST):
        raise PolicyError(
            "InvalidApiVersionParameter",
            f"The api-version '{given}' is invalid; write a date as in '{NEWEST}' or"
            " '2026-01-01-preview'.",
            target="api-version",
        )
    kind = _type(plain)
    if kind is not None and not kind.oldest[:10] <= given[:10] <= NEWEST:
        raise kind.refuse(given)


def _type(path: str) -> _Type | None:
    """The policy resource type that an address is about; None for any other."""
    found = list(_TYPE.finditer(path))
    if not found or path[found[-1].end() :].lower().startswith("/providers/"):
        return None
    return _KNOWN.get("".join(found[-1].groups("")).lower())
