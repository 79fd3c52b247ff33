"""ARM's addresses: matched in any letter case, with doubled or trailing slashes tolerated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, register_converter
from django.urls.converters import StringConverter
from django.urls.resolvers import RoutePattern

AUTHORIZATION = "providers/Microsoft.Authorization"
_SLASHES = re.compile(r"/{2,}")
_PARAMETER = re.compile(r"<segment:(\w+)>")


class Segment(StringConverter):
    """One part of an address; no name has control characters, and no database stores NUL."""

    regex = r"[^/\x00-\x1f\x7f]+"


class Rest(StringConverter):
    """All that is left of an address, whatever it is."""

    regex = r"[\s\S]+"


register_converter(Segment, "segment")
register_converter(Rest, "rest")


class ArmPattern(RoutePattern):
    """A route that compares as ARM does.

    Real clients write ``//subscriptions``, ``resourcegroups``, or an empty parent resource path.
    """

    def __init__(self, route: str) -> None:
        super().__init__(route, is_endpoint=True)
        self._in_any_case = re.compile(self.regex.pattern, re.IGNORECASE)

    def match(self, path: str) -> tuple[str, tuple[()], dict[str, Any]] | None:
        """The parameters by name, as the caller spelled them."""
        found = self._in_any_case.match(_SLASHES.sub("/", path).strip("/"))
        return ("", (), found.groupdict()) if found else None


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the tree: what operation ids call it, and the route of its scopes."""

    name: str
    route: str

    def join(self, rest: str) -> str:
        """The route of something below a scope of this level."""
        return f"{self.route}/{rest}" if self.route else rest

    def scope_id(self, parameters: Mapping[str, str]) -> str:
        """The scope's ARM id, from the parameters of a request's address."""
        return "/" + _PARAMETER.sub(lambda found: parameters[found[1]], self.route)


TENANT = Level("Tenant", "")
MANAGEMENT_GROUP = Level(
    "ManagementGroup", "providers/Microsoft.Management/managementGroups/<segment:managementGroupId>"
)
SUBSCRIPTION = Level("Subscription", "subscriptions/<segment:subscriptionId>")
RESOURCE_GROUP = Level(
    "ResourceGroup", f"{SUBSCRIPTION.route}/resourceGroups/<segment:resourceGroupName>"
)
RESOURCE = Level(
    "Resource",
    f"{RESOURCE_GROUP.route}/providers/<segment:resourceProviderNamespace>"
    "/<segment:resourceType>/<segment:resourceName>",
)


def arm_path(route: str, view: Any) -> URLPattern:
    """Like ``django.urls.path``, compared as ARM does."""
    return URLPattern(ArmPattern(route), view)
