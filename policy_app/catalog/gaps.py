"""Why a definition cannot be evaluated here, as a sentence; empty where it can."""

from __future__ import annotations

from collections.abc import Sequence

from policy_app.catalog import mutations, templates
from policy_app.evaluation.language.definitions import PolicyDefinition

NOT_STORED = "The definition is not stored."


def of_initiative(members: Sequence[str]) -> str:
    """The gap of an initiative whose members have these gaps."""
    missing = sum(bool(gap) for gap in members)
    if not missing:
        return ""
    if missing == len(members):
        return "None of its policies can be evaluated here."
    return f"{missing} of its {len(members)} policies cannot be evaluated here; the others are."


def of(definition: PolicyDefinition) -> str:
    """The gap of one policy definition."""
    details = definition.kubernetes_details
    if details is None:
        return (
            f"It judges Azure resources (mode {definition.mode}), not what runs in a cluster;"
            " the portal lists it and does not evaluate it."
        )
    if details.mutation is not None:
        url = details.mutation.url
        stored = not url or mutations.text(url) is not None
        return "" if stored else f"The portal's store has no mutators for {details.tail or url}."
    if details.constraint_url:
        return "It uses the retired form, with a constraint file of its own."
    if details.template is None:
        return "Its details name no constraint template."
    if details.template.url and templates.text(details.template.url) is None:
        return f"The portal's store has no template for {details.tail or details.template.url}."
    return ""
