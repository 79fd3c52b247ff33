"""What is wrong with an exemption that is being written: each fault at its field.

The service says what ARM would refuse, and names the field in ARM's way (``properties.expiresOn``);
here each refusal finds its input.  That the end lies ahead is asked of people alone: ARM takes an
exemption that is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy_app import wall_clock
from policy_app.browser.assign.json_text import JsonTextError, spot_of
from policy_app.browser.exemptions.form import ExemptionForm
from policy_app.evaluation.language import exemptions as language
from policy_app.services import authorization, exemptions
from policy_app.services.errors import PolicyError

_SELECTORS = "properties.resourceSelectors"
# The start of ARM's field, and the form's field with the label that people see.
_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("name", "name", "Resource name"),
    ("scope", "scope", "Exemption scope"),
    ("properties.policyAssignmentId", "scope", "Exemption scope"),
    ("properties.displayName", "display_name", "Exemption name"),
    ("properties.description", "description", "Description"),
    ("properties.exemptionCategory", "category", "Category"),
    ("properties.expiresOn", "expires", "Expires on"),
    ("properties.policyDefinitionReferenceIds", "policies", "Policies"),
    (_SELECTORS, "selectors", "Resource selectors"),
)
GENERAL = "general"
"""The field of a fault that belongs to no input."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where it is in the form, and a sentence."""

    field: str
    label: str
    message: str

    @property
    def anchor(self) -> str:
        """The id of the input in the page; empty where the fault belongs to none."""
        return "" if self.field == GENERAL else f"exemption-{self.field.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Checked:
    """A form with its faults, or with the exemption that it describes."""

    form: ExemptionForm
    faults: tuple[Fault, ...] = ()
    value: language.Exemption | None = None

    @property
    def messages(self) -> dict[str, list[str]]:
        """What to say at each input."""
        found: dict[str, list[str]] = {}
        for one in self.faults:
            found.setdefault(one.field, []).append(one.message)
        return found


def check(form: ExemptionForm) -> Checked:
    """The form with every fault; the value where there is none."""
    own = [*_own(form)]
    if form.scope is None:
        return Checked(form, tuple(own))
    by = form.subject.by if form.subject.row is None else None
    try:
        value = exemptions.validate(form.scope, form.name, form.body(), by)
    except PolicyError as refusal:
        known = {one.field for one in own}
        told = [_fault(form, one) for one in refusal.every()]
        return Checked(form, (*own, *(one for one in told if one.field not in known)))
    return Checked(form, tuple(own), None if own else value)


def refused(checked: Checked, refusal: PolicyError) -> Checked:
    """The form after the service would not store it, for a reason that only it could see.

    Of somebody else's change in between the form takes note, so that saving it once more replaces
    that change.
    """
    form = checked.form
    told = tuple(_fault(form, one) for one in refusal.every())
    if refusal.code == exemptions.CHANGED and form.subject.row is not None:
        form.as_of = form.subject.stamp
        text = (
            f"{refusal.message} Open it again to see the change, or save once more to replace it."
        )
        told = (Fault(GENERAL, "Exemption", text),)
    return Checked(form, (*checked.faults, *told), checked.value)


def _own(form: ExemptionForm) -> Iterator[Fault]:
    if form.scope is None and form.scope_id:
        text = f"The scope '{form.scope_id}' is not known here; choose one from the tree."
        yield Fault("scope", "Exemption scope", text)
    elif form.scope is None:
        yield Fault("scope", "Exemption scope", "Choose the scope that is to be exempt.")
    elif not (permit := authorization.permit(form.subject.by, exemptions.WRITE, form.scope)):
        yield Fault("scope", "Exemption scope", permit.why)
    if form.category not in language.CATEGORIES:
        yield Fault("category", "Category", "Choose why it is exempt: Waiver or Mitigated.")
    yield from _of_end(form)
    if form.some and not form.reference_ids:
        text = "Choose at least one policy, or all of the assignment."
        yield Fault("policies", "Policies", text)
    try:
        _ = form.resource_selectors
    except JsonTextError as error:
        yield Fault("selectors", "Resource selectors", str(error))


def _of_end(form: ExemptionForm) -> Iterator[Fault]:
    label, row = "Expires on", form.subject.row
    try:
        ends = form.expires_on
    except ValueError:
        text = "Write a date such as 2026-12-31 and a time such as 23:59, or leave both empty."
        yield Fault("expires", label, text)
        return
    if ends is None or ends > wall_clock.now() or (row is not None and ends == row.expires_on):
        return
    text = f"{ends:%Y-%m-%d %H:%M} UTC is over; choose a moment that lies ahead, or none."
    yield Fault("expires", label, text)


def _fault(form: ExemptionForm, error: PolicyError) -> Fault:
    for start, name, label in _FIELDS:
        if error.target == start or error.target.startswith((f"{start}.", f"{start}[")):
            return Fault(name, label, f"{error.message}{_place(form, error.target)}")
    return Fault(GENERAL, "Exemption", error.message)


def _place(form: ExemptionForm, target: str) -> str:
    """Where the text of the selectors is at fault, as far as that is known."""
    if not target.startswith(_SELECTORS):
        return ""
    spot = spot_of(form.selectors, target.removeprefix(_SELECTORS))
    return f" ({spot})" if spot else ""
