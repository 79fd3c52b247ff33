"""Names that the editor completes: the fields of a template, the parameters of a policy."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse

from policy_app.browser.assign import json_text
from policy_app.browser.authoring import subject
from policy_app.browser.authoring.checks import MAX_CHARACTERS
from policy_app.browser.inputs import typed
from policy_app.browser.pages import PortalRequest, portal_page
from policy_app.services.authoring import naming


@portal_page("POST")
def names(request: PortalRequest) -> HttpResponse:
    """The names that fit beside some fields of a draft (``beside=``), whose shape names them.

    ``[{"label", "about", "values"}]``, empty where the fields lead nowhere.
    """
    subject.require_anywhere(request.principal)
    found = _found(_beside(typed(request).get("beside", "")), request)
    shown = [{"label": one.name, "about": one.about, "values": one.values} for one in found]
    return JsonResponse(shown, safe=False)


def _beside(text: str) -> dict[str, Any]:
    try:
        value = json_text.parse(text, limit=MAX_CHARACTERS)
    except json_text.JsonTextError:
        return {}
    return value if isinstance(value, dict) else {}


def _found(beside: dict[str, Any], request: PortalRequest) -> list[naming.Name]:
    arm_id, pattern = beside.get("policyDefinitionId"), beside.get("definitionVersion")
    if isinstance(arm_id, str):
        return naming.of_policy(arm_id, str(pattern or ""), request.principal)
    return naming.of_details(beside)
