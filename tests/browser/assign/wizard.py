"""What the wizard's tests share: scopes of the demo estate, and the way to a review."""

from __future__ import annotations

from policy_app.models import Assignment
from tests.browser.html_forms import WebForm
from tests.estate_fixtures import SUBSCRIPTION

RG_DEMO = f"{SUBSCRIPTION}/resourceGroups/rg-demo"
AKS_DEMO = f"{RG_DEMO}/providers/Microsoft.ContainerService/managedClusters/aks-demo"
GROUP = "/providers/Microsoft.Management/managementGroups/mg-demo"


def complete(form: WebForm, scope: str = RG_DEMO) -> WebForm:
    """The review of a form that has a scope."""
    form.set("scope", scope)
    return form.press("tab", "review")


def stored() -> Assignment:
    """The only assignment there is."""
    return Assignment.objects.select_related("scope", "definition").get()
