"""A version of a definition as a file for another tool."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser.authoring import subject
from policy_app.browser.inputs import asked
from policy_app.browser.pages import PortalRequest, portal_page
from policy_app.models import Definition, DefinitionVersion
from policy_app.services import definitions
from policy_app.services.authoring import exports
from policy_app.services.errors import NotFound

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Format:
    """A form that a definition is taken away in."""

    name: str
    label: str
    ending: str
    media_type: str
    write: Callable[[DefinitionVersion], str]


FORMATS = (
    Format("json", "ARM JSON", "json", "application/json", exports.definition_json),
    Format("bicep", "Bicep", "bicep", "text/plain; charset=utf-8", exports.definition_bicep),
    Format("az", "az command", "sh", "text/x-shellscript; charset=utf-8", exports.definition_az),
    Format(
        "gatekeeper",
        "Gatekeeper YAML",
        "yaml",
        "application/yaml; charset=utf-8",
        exports.definition_gatekeeper,
    ),
)


@portal_page()
def export(request: PortalRequest) -> HttpResponse:
    """The file (``id=&version=&format=``)."""
    found = subject.readable(asked(request, "id"), request.principal)
    row = definitions.version(found, asked(request, "version"))
    name = asked(request, "format") or FORMATS[0].name
    chosen = next((one for one in FORMATS if one.name == name), None)
    if chosen is None:
        known = ", ".join(one.name for one in FORMATS)
        raise NotFound("NotFound", f"'{name}' is no format of an export: there are {known}.")
    stem = _UNSAFE.sub("-", found.display_name).strip("-")[:80] or "definition"
    filename = f"{stem}_{row.version}.{chosen.ending}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(chosen.write(row), content_type=chosen.media_type, headers=headers)


def links_to(found: Definition, row: DefinitionVersion) -> list[tuple[str, str]]:
    """The label and the address of each format, for a menu."""
    query = {"id": found.arm_id, "version": row.version}
    address = reverse("definition-export")
    return [(one.label, f"{address}?{urlencode({**query, 'format': one.name})}") for one in FORMATS]
