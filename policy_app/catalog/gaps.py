"""Why a definition cannot be evaluated here, as a sentence; empty where it can."""

from __future__ import annotations

from policy_app.catalog import templates
from policy_app.evaluation.language.definitions import PolicyDefinition

KUBERNETES_MODE = "microsoft.kubernetes.data"


def of(definition: PolicyDefinition) -> str:
    """The gap of one policy definition."""
    if definition.mode.lower() != KUBERNETES_MODE:
        return (
            f"It judges Azure resources (mode {definition.mode}), not what runs in a cluster;"
            " the portal lists it and does not evaluate it."
        )
    details = definition.details
    if "mutationInfo" in details:
        return "It mutates objects with a template that the portal's store does not have."
    if "templateInfo" not in details:
        return "It uses the retired constraint form, with a constraint file of its own."
    info = details["templateInfo"]
    if info.get("sourceType") == "Base64Encoded":
        return ""
    url = str(info.get("url", ""))
    if templates.text(url) is None:
        return f"The portal's store has no template for {templates.tail(url) or url or 'it'}."
    return ""
