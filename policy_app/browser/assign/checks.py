"""What is wrong with the assign form, by tab and field.

The services say what ARM would refuse, and name the field in ARM's way
(``properties.parameters.effect``); here each refusal finds its input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_app.browser.assign.form import (
    BASICS,
    MESSAGES,
    PARAMETERS,
    TABS,
    AssignForm,
    message_name,
)
from policy_app.browser.steps import REVIEW, Faulty
from policy_app.services import assignments, authorization, drafts
from policy_app.services.authorization import actions
from policy_app.services.errors import PolicyError

GENERAL = "general"
"""The field of a fault that belongs to no input."""
_MESSAGE_INDEX = re.compile(r"properties\.nonComplianceMessages\[(\d+)\]")
# The start of ARM's field, and the form's field with the label that people see.
_BASICS: tuple[tuple[str, str, str], ...] = (
    ("name", "name", "Resource name"),
    ("scope", "scope", "Scope"),
    ("properties.scope", "scope", "Scope"),
    ("properties.policyDefinitionId", "scope", "Scope"),
    ("properties.displayName", "display_name", "Assignment name"),
    ("properties.description", "description", "Description"),
    ("properties.definitionVersion", "definition_version", "Version"),
    ("properties.notScopes", "not_scopes", "Exclusions"),
    ("properties.metadata", "assigned_by", "Assigned by"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where it is in the form, and a sentence."""

    tab: str
    field: str
    """The input's name; ``p.effect`` is a parameter's."""
    label: str
    message: str

    @property
    def anchor(self) -> str:
        """The id of the input in the page; empty where the fault belongs to none."""
        return "" if self.field == GENERAL else anchor(self.field)


@dataclass(frozen=True, slots=True)
class Checked(Faulty[Fault]):
    """A form, the draft that it describes, and its faults."""

    form: AssignForm
    draft: drafts.AssignmentDraft | None
    """None until a scope is chosen."""
    faults: tuple[Fault, ...]

    @property
    def passed(self) -> bool:
        """True where it can be stored."""
        return self.draft is not None and not self.faults

    def messages(self, field: str) -> list[str]:
        """What to say at one input."""
        return [fault.message for fault in self.shown if fault.field == field]


def anchor(field: str) -> str:
    """The id of the input with this name."""
    kind, _, name = field.partition(".")
    if kind == "p":
        return f"parameter-{name}"
    return "assign-" + field.replace("_", "-").replace(".", "-")


def check(form: AssignForm) -> Checked:
    """The form with every fault, those of one field together."""
    own = [*_of_scope(form), *_of_parameters(form)]
    if form.scope is None:
        return Checked(form, None, tuple(own))
    draft = form.draft(form.scope)
    known = {fault.field for fault in own}
    refused = [fault for fault in _of_services(form, draft) if fault.field not in known]
    faults = sorted([*refused, *own], key=lambda fault: TABS.index(fault.tab))
    return Checked(form, draft, tuple(faults))


def refused(checked: Checked, error: PolicyError) -> Checked:
    """The form after the service refused to store it, for a reason only it could see."""
    if checked.draft is None:
        return checked
    found = tuple(_fault(checked.form, checked.draft, one) for one in error.every())
    return Checked(checked.form, checked.draft, (*checked.faults, *found))


def outdated(checked: Checked) -> Checked:
    """The form with a fault where somebody else saved the assignment since it was opened.

    The form takes note of that, so that saving it once more replaces their change.
    """
    form = checked.form
    row = form.subject.row
    if row is None or form.as_of == form.subject.stored_at:
        return checked
    form.as_of = form.subject.stored_at
    who = row.updated_by or "Somebody"
    text = (
        f"{who} changed this assignment at {row.updated_at:%H:%M} UTC, after this page was opened."
        " Open it again to see the change, or save once more to replace it."
    )
    fault = Fault(REVIEW, GENERAL, "Assignment", text)
    return Checked(form, checked.draft, (*checked.faults, fault))


def name_taken(form: AssignForm, other: str) -> Fault:
    """The fault where another assignment of the scope has the name already."""
    text = f"'{other}' already has the name '{form.name}' at this scope; choose another one."
    return Fault(BASICS, "name", "Resource name", text)


def _of_scope(form: AssignForm) -> Iterator[Fault]:
    if form.scope is None and form.scope_id:
        text = f"The scope '{form.scope_id}' is not known here; choose one from the tree."
        yield Fault(BASICS, "scope", "Scope", text)
    elif form.scope is None:
        yield Fault(BASICS, "scope", "Scope", "Choose the scope that the policy is assigned to.")
    elif not (permit := authorization.permit(form.subject.by, actions.ASSIGN, form.scope)):
        yield Fault(BASICS, "scope", "Scope", permit.why)


def _of_parameters(form: AssignForm) -> Iterator[Fault]:
    for one in form.parameters.values():
        for message in one.faults():
            yield Fault(PARAMETERS, one.name, one.label, message)


def _of_services(form: AssignForm, draft: drafts.AssignmentDraft) -> Iterator[Fault]:
    try:
        drafts.validate(draft)
    except PolicyError as error:
        for one in error.every():
            yield _fault(form, draft, one)
    row = None if form.subject.is_edit else assignments.find(draft.scope, draft.name)
    if row is not None:
        yield name_taken(form, str(row))


def _fault(form: AssignForm, draft: drafts.AssignmentDraft, error: PolicyError) -> Fault:
    target = error.target
    if target.startswith("properties.parameters."):
        return _parameter_fault(form, error)
    if found := _MESSAGE_INDEX.match(target):
        about = draft.non_compliance_messages[int(found[1])]
        field = message_name(str(about.get("policyDefinitionReferenceId", "")))
        return Fault(MESSAGES, field, "Non-compliance message", error.message)
    for start, field, label in _BASICS:
        if target == start or target.startswith((f"{start}.", f"{start}[")):
            return Fault(BASICS, field, label, error.message)
    return Fault(BASICS, GENERAL, "Assignment", error.message)


def _parameter_fault(form: AssignForm, error: PolicyError) -> Fault:
    path = error.target.removeprefix("properties.parameters.").lower()
    for name, one in form.parameters.items():
        if path == name.lower() or path.startswith((f"{name.lower()}.", f"{name.lower()}[")):
            return Fault(PARAMETERS, one.name, one.label, error.message)
    return Fault(PARAMETERS, GENERAL, "Parameters", error.message)
