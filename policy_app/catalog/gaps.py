"""Why a definition cannot be evaluated here, as a sentence; empty where it can."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from policy_app.catalog import sources
from policy_app.catalog.store import tail
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import (
    CONSTRAINT_INFO,
    CONSTRAINT_URL,
    MUTATION_INFO,
    Source,
)
from policy_app.evaluation.language.expressions import is_expression
from policy_app.models import Definition

_NAMES = {
    MUTATION_INFO: "mutators",
    CONSTRAINT_INFO: "constraint file",
    CONSTRAINT_URL: "constraint file",
}
NOT_STORED = "The definition is not stored."
_JUDGES_RESOURCES = "It judges Azure resources"


def of_initiative(members: Sequence[str]) -> str:
    """The gap of an initiative whose members have these gaps."""
    missing = [gap for gap in members if gap]
    if not missing:
        return ""
    if len(missing) == len(members):
        return Definition.NOTHING_EVALUATED
    what = "cannot be evaluated here; the others are"
    if all(gap.startswith(_JUDGES_RESOURCES) for gap in missing):
        judge = "judges" if len(missing) == 1 else "judge"
        what = f"{judge} Azure resources, not what runs in a cluster; the others are evaluated"
    return f"{len(missing)} of its {len(members)} policies {what}."


def of(definition: PolicyDefinition) -> str:
    """The gap of one policy definition."""
    details = definition.kubernetes_details
    if details is None:
        return (
            f"{_JUDGES_RESOURCES} (mode {definition.mode}), not what runs in a cluster;"
            " the portal lists it and does not evaluate it."
        )
    source = details.template or details.mutation
    if source is None:
        return "Its details name no constraint template."
    for one in (source, details.constraint):
        if one is not None and not _is_at_hand(one):
            what = _NAMES.get(one.field, "template")
            folder = tail(one.url).rpartition("/")[0]
            return f"The portal's store has no {what} for {folder or one.url}."
    return ""


def _is_at_hand(source: Source) -> bool:
    """Whether the text is there or may be fetched, or an assignment says where it is."""
    if not source.url or is_expression(source.url) or sources.text(source) is not None:
        return True
    host = urlsplit(source.url).netloc.lower()
    return host in {one.lower() for one in settings.TEMPLATE_HOSTS}
