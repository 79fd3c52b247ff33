"""The playground: manifests on the left, what one definition alone says of them on the right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse

from policy_app.browser import links
from policy_app.browser.assign import json_text
from policy_app.browser.authoring import subject
from policy_app.browser.inputs import asked, typed
from policy_app.browser.pages import Crumb, PortalRequest, portal_page, render_page
from policy_app.browser.testing import PASTED, example, shown
from policy_app.models import Cluster, DefinitionVersion
from policy_app.services import definitions, scopes, testing
from policy_app.services.cluster import lookup
from policy_app.services.drafts import AssignmentDraft
from policy_app.services.errors import PolicyError

_EFFECT = "Deny"
"""What the parameters start with, where the definition allows it: it shows the most."""


@portal_page("GET", "POST")
def playground(request: PortalRequest) -> HttpResponse:
    """Try a version (``id=&version=``) on manifests; nothing is stored."""
    found = subject.readable(asked(request, "id"), request.principal)
    row = definitions.version(found, asked(request, "version"))
    clusters = list(lookup.readable(scopes.clusters(), request.principal))
    data = typed(request)
    posted = request.method == "POST"
    context = {
        **_page(row),
        "clusters": clusters,
        "chosen": data.get("cluster", "").lower(),
        "parameters": data.get("parameters", "") if posted else _parameters(row),
        "text": data.get("text", "") if posted else example(),
        # No assignment is behind the verdict to be shown with it.
        "alone": True,
    }
    status = 200
    if posted:
        try:
            report = _tried(row, clusters, data.get("cluster", ""), context)
            context |= {**shown(report), "addon_enabled": True}
        except PolicyError as refusal:
            context["refusal"] = refusal
            status = refusal.status
    part = "testing/_report.html"
    return render_page(request, "authoring/playground.html", context, part=part, status=status)


def _tried(
    row: DefinitionVersion, clusters: list[Cluster], chosen: str, context: dict[str, Any]
) -> testing.Report:
    cluster = next((one for one in clusters if one.scope.key == chosen.lower()), None)
    if cluster is None:
        raise PolicyError("NoCluster", "Choose the cluster to test against.", target="cluster")
    try:
        values = json_text.parse(context["parameters"] or "{}")
    except json_text.JsonTextError as error:
        text = f"The parameters cannot be read: {error}"
        raise PolicyError("InvalidRequestContent", text, target="parameters") from None
    if not isinstance(values, dict):
        text = "The parameters should be one JSON object: each name with its value."
        raise PolicyError("InvalidRequestContent", text, target="parameters")
    draft = AssignmentDraft(
        cluster.scope,
        "playground",
        row.definition,
        definition_version=row.version,
        display_name="Playground",
        parameters=values,
    )
    # Browsers send text areas with CRLF.
    manifest = context["text"].replace("\r\n", "\n").rstrip()
    uploads = [testing.Upload(PASTED, manifest.encode())] if manifest else []
    return testing.try_out(draft, cluster, uploads)


def _parameters(row: DefinitionVersion) -> str:
    """The defaults, with the effect that shows the most; a parameter without one is null."""
    values: dict[str, Any] = {}
    for spec in definitions.parse(row).parameters.values():
        values[spec.name] = spec.default if spec.has_default else None
        allowed = {str(one).lower(): one for one in spec.allowed_values}
        if spec.name.lower() == "effect" and _EFFECT.lower() in allowed:
            values[spec.name] = allowed[_EFFECT.lower()]
    return json_text.pretty(values)


def _page(row: DefinitionVersion) -> dict[str, Any]:
    found = row.definition
    query = urlencode({"id": found.arm_id, "version": row.version})
    return {
        "title": "Playground",
        "subtitle": f"{found.display_name}, version {row.version}",
        "crumbs": [
            Crumb("Policy", "/"),
            Crumb("Definitions", reverse("definitions")),
            Crumb(found.display_name, links.definition(found, version=row.version)),
            Crumb("Playground"),
        ],
        "action": f"{reverse('definition-playground')}?{query}",
    }
