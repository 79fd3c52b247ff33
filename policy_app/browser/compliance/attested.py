"""What manual policies have come to, as pages and exports show it: who said so, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.browser import links
from policy_app.browser.compliance import filtering, links_to, states
from policy_app.browser.compliance.framing import frame
from policy_app.browser.compliance.places import Place
from policy_app.browser.grids import page_of
from policy_app.browser.looks import Look
from policy_app.browser.pages import Fact, PortalRequest
from policy_app.models import Attestation, ComplianceState
from policy_app.services.compliance import manual, records, rollup
from policy_app.services.compliance.manual import Verdict

_STATES = [("", "All"), *((str(one.value), str(one.label)) for one in Attestation.State)]
_STATES.append((str(ComplianceState.EXEMPT.value), str(ComplianceState.EXEMPT.label)))
_OPENED = ("https://", "http://")
COLUMNS = (
    *("policy", "resource", "state", "owner", "comments", "evidence", "assessmentDate"),
    *("attestedBy", "attestedAt", "expiresOn", "attestationId", "definitionId", "referenceId"),
    *("assignmentId", "link"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody's word rests on."""

    text: str
    url: str
    """Empty where it is no address that a browser may open."""


@dataclass(frozen=True, slots=True)
class Row:
    """A manual policy for a resource, as the grid shows it."""

    verdict: Verdict
    url: str
    definition_url: str
    look: Look
    evidence: list[Evidence]


def row(one: Verdict) -> Row:
    """A manual policy for a resource as the grid shows it."""
    said = one.attestation
    return Row(
        verdict=one,
        url=links_to.policy(manual.as_state(one)),
        definition_url=links.definition_by_id(one.policy.definition.id),
        look=states.look(one.state),
        evidence=[_evidence(each) for each in said.evidence] if said is not None else [],
    )


def grid(
    request: PortalRequest, place: Place, chosen: records.Filters, found: Sequence[Verdict]
) -> dict[str, Any]:
    """The tab, with its bar."""
    bar = filtering.read(request, place, ("state",), _STATES)
    left = manual.narrowed(found, filtering.narrowed(chosen, bar.filters))
    page = page_of(request, left)
    shown = [row(one) for one in page.object_list]
    return {"bar": bar, "rows": shown, **frame(request, "", page, "manual state")}


def facts(found: Sequence[Verdict]) -> list[Fact]:
    """What stands at the head of a manual policy's page."""
    first = found[0].policy
    counts = rollup.by_resource((one.scope.pk, one.state) for one in found)
    attested = sum(one.attestation is not None for one in found)
    every = f"{len(found)} resource{'s' if len(found) > 1 else ''}"
    told = [
        Fact("State", states.look(rollup.worst(counts)).label),
        Fact("Resource compliance", f"{states.share(rollup.percentage(counts))} of {every}"),
        Fact("Attested resources", f"{attested} of {every}"),
        Fact("Effect", "Manual: people attest to it"),
        Fact("Default state", states.look(manual.default_state(first)).label),
        Fact("Definition version", first.definition.version or "Unknown"),
    ]
    return [*told, *([Fact("Reference ID", first.reference_id)] if first.reference_id else [])]


def cells(one: Verdict) -> Sequence[Any]:
    """A row of an export."""
    policy, said = one.policy, one.attestation
    told: tuple[Any, ...] = ("",) * 8
    if said is not None:
        evidence = "; ".join(_as_text(each) for each in said.evidence)
        told = (
            *(said.owner, said.comments, evidence, said.assessment_date or ""),
            *(str(said.updated_by or said.created_by or ""), said.updated_at),
            *(said.expires_on or "", said.arm_id),
        )
    return (
        *(policy.definition.display_name, one.scope.arm_id, one.state, *told),
        *(policy.definition.id, policy.reference_id, policy.assignment.id),
        links_to.policy(manual.as_state(one)),
    )


def _evidence(one: dict[str, str]) -> Evidence:
    address = one.get("sourceUri", "")
    is_opened = address.lower().startswith(_OPENED)
    return Evidence(one.get("description") or address, address if is_opened else "")


def _as_text(one: dict[str, str]) -> str:
    told = (one.get("description", ""), one.get("sourceUri", ""))
    return " ".join(filter(None, told))
