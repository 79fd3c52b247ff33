"""The form that an exemption is written in, carried whole from request to request.

Basics and review are one HTML form, and each button posts all of it, so that nothing typed is lost
whichever way people go.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict

from policy_app.browser.assign import json_text
from policy_app.browser.exemptions.subject import Subject
from policy_app.evaluation.language.exemptions import NOT_VALIDATED, VALIDATED, in_arm_form
from policy_app.models import Exemption, Scope
from policy_app.services import authorization
from policy_app.services.exemptions import DISPLAY_NAME_LIMIT

BASICS, REVIEW = "basics", "review"


@dataclass(slots=True)
class ExemptionForm:
    """What stands in the fields."""

    subject: Subject
    scope: Scope | None = None
    scope_id: str = ""
    """As posted, so that one that is not found can be named."""
    name: str = ""
    display_name: str = ""
    description: str = ""
    category: str = ""
    date: str = ""
    """``2026-12-31``; empty where it never ends."""
    time: str = ""
    """``23:59``, of UTC."""
    some: bool = False
    """Whether only the named policies are exempt."""
    reference_ids: list[str] = field(default_factory=list)
    selectors: str = ""
    """ARM's ``resourceSelectors`` as JSON text; empty for none."""
    anywhere: bool = False
    """Whether the scope may be outside of the assignment's."""
    as_of: str = ""
    """The exemption's stamp as the page was opened."""
    step: str = BASICS

    @property
    def expires_on(self) -> datetime | None:
        """When it ends; None for never.  Raises ``ValueError`` where the fields name no moment."""
        if not (self.date or self.time):
            return None
        moment = datetime.fromisoformat(f"{self.date}T{self.time or '23:59'}")
        if moment.tzinfo is not None:
            raise ValueError("The time is of UTC and has no offset of its own.")
        return moment.replace(tzinfo=UTC)

    @property
    def resource_selectors(self) -> Any:
        """The value of the JSON text.  Raises ``JsonTextError``."""
        return json_text.parse(self.selectors) if self.selectors.strip() else []

    @property
    def unlisted(self) -> list[str]:
        """Reference ids that the exemption names and the page has no policy for."""
        known = {one.reference_id for one in self.subject.members}
        return [one for one in self.reference_ids if one not in known]

    def body(self) -> dict[str, Any]:
        """ARM's body.  What the fields cannot mean is left out: ``checks`` tells of it."""
        row = self.subject.row
        kept: Mapping[str, Any] = {}
        if row is not None:
            kept = {"metadata": row.metadata, "exemptionManagementMode": row.management_mode}
        return {
            "properties": {
                **kept,
                "policyAssignmentId": self.subject.assignment.arm_id,
                "exemptionCategory": self.category,
                "policyDefinitionReferenceIds": self.reference_ids if self.some else [],
                "displayName": self.display_name,
                "description": self.description,
                "assignmentScopeValidation": NOT_VALIDATED if self.anywhere else VALIDATED,
                **self._readable(),
            }
        }

    def _readable(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with suppress(ValueError):
            if (ends := self.expires_on) is not None:
                found["expiresOn"] = in_arm_form(ends)
        with suppress(json_text.JsonTextError):
            found["resourceSelectors"] = self.resource_selectors
        return found


def fresh(subject: Subject, scope: Scope | None, reference_id: str = "") -> ExemptionForm:
    """A new exemption; from a policy of an initiative it is that policy's alone."""
    known = _spelt(subject, [reference_id] if reference_id else [])
    names = [one.display_name for one in subject.members if one.reference_id in known]
    return ExemptionForm(
        subject,
        scope,
        scope.arm_id if scope else "",
        name=f"exempt-{secrets.token_hex(4)}",
        display_name=f"Exempt from {names[0] if names else subject.assignment}"[
            :DISPLAY_NAME_LIMIT
        ],
        some=bool(known),
        reference_ids=known,
    )


def stored(subject: Subject, row: Exemption) -> ExemptionForm:
    """The exemption that is to be changed."""
    ends = row.expires_on
    return ExemptionForm(
        subject,
        row.scope,
        row.scope.arm_id,
        name=row.name,
        display_name=row.display_name,
        description=row.description,
        category=row.category,
        date=f"{ends:%Y-%m-%d}" if ends else "",
        time=_time(ends) if ends else "",
        some=bool(row.reference_ids),
        reference_ids=_spelt(subject, row.reference_ids),
        selectors=json_text.pretty(row.resource_selectors) if row.resource_selectors else "",
        anywhere=row.scope_validation == Exemption.ScopeValidation.DO_NOT_VALIDATE,
        as_of=subject.stamp,
    )


def posted(subject: Subject, data: QueryDict) -> ExemptionForm:
    """What a browser sends; an edit keeps its place and its name."""
    row = subject.row
    scope_id = row.scope.arm_id if row else data.get("scope", "")
    known = authorization.find_scope(subject.by, scope_id) if scope_id else None
    return ExemptionForm(
        subject,
        row.scope if row else known,
        scope_id,
        name=row.name if row else data.get("name", "").strip(),
        display_name=" ".join(data.get("display_name", "").split()),
        # Browsers send text areas with CRLF.
        description=data.get("description", "").replace("\r\n", "\n").strip(),
        category=data.get("category", ""),
        date=data.get("date", "").strip(),
        time=data.get("time", "").strip(),
        some=data.get("policies") == "some",
        reference_ids=_spelt(subject, data.getlist("reference_ids")),
        selectors=data.get("selectors", "").replace("\r\n", "\n"),
        anywhere="anywhere" in data,
        as_of=data.get("as_of", "") if row else "",
    )


def _spelt(subject: Subject, reference_ids: Iterable[str]) -> list[str]:
    """The ids as the initiative spells them, each once; what it does not know stays as it is."""
    known = {one.reference_id.lower(): one.reference_id for one in subject.members}
    return list(dict.fromkeys(known.get(one.lower(), one) for one in reference_ids))


def _time(moment: datetime) -> str:
    """With its seconds only where it has some: an edit must not round them off."""
    if moment.microsecond:
        return moment.strftime("%H:%M:%S.%f")
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
