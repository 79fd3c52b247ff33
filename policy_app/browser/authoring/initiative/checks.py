"""What is wrong with an initiative, by tab and field.

The services say what ARM would refuse, as they say it to the JSON editor and to REST, and name the
field in ARM's way (``properties.policyDefinitions[3].parameters.effect``); here each refusal finds
its input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from policy_app.browser.authoring import checks as authoring_checks
from policy_app.browser.authoring.initiative.document import Document, key_in
from policy_app.browser.authoring.initiative.form import (
    BASICS,
    GROUPS,
    PARAMETERS,
    POLICIES,
    TABS,
    VALUES,
    InitiativeForm,
)
from policy_app.browser.steps import REVIEW, Faulty
from policy_app.services.errors import PolicyError

_MEMBER = re.compile(r"properties\.policyDefinitions\[(\d+)\]\.?(.*)", re.DOTALL)
_GROUP = re.compile(r"properties\.policyDefinitionGroups\[(\d+)\].*", re.DOTALL)
_PARAMETER = "properties.parameters."
_BASICS = {
    "scope": "Definition location",
    "display_name": "Name",
    "name": "Resource name",
    "description": "Description",
    "category": "Category",
}
_ELSEWHERE = (
    # The start of ARM's field, and where in the form that is.
    ("properties.version", BASICS, "author-version", "Version"),
    ("properties.metadata", BASICS, "author-category", "Metadata"),
    ("properties.policyDefinitionGroups", GROUPS, "add-group", "Groups"),
    ("properties.policyDefinitions", POLICIES, "add-policies", "Policies"),
    ("properties.parameters", PARAMETERS, "add-parameter", "Initiative parameters"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the form something is: ``anchor`` is the id of an input, or empty."""

    tab: str
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Fault(Place):
    """One thing wrong, and where."""

    message: str

    @classmethod
    def at(cls, place: Place, message: str) -> Fault:
        """What is wrong at a place."""
        return cls(place.tab, place.anchor, place.label, message)


@dataclass(frozen=True, slots=True)
class Checked(Faulty[Fault]):
    """A form with its faults, and what the service says of it as a whole."""

    form: InitiativeForm
    whole: authoring_checks.Checked
    faults: tuple[Fault, ...]

    def messages(self, anchor: str) -> list[str]:
        """What to say at one input."""
        return [one.message for one in self.shown if one.anchor == anchor]


def check(form: InitiativeForm) -> Checked:
    """The form with every fault of it."""
    form.author.text = form.document.text
    whole = authoring_checks.check(form.author, form.by)
    return Checked(form, whole, tuple(_sorted(form, whole.faults)))


def refused(checked: Checked, error: PolicyError) -> Checked:
    """The form after the service refused to store it, for a reason only it could see."""
    found = authoring_checks.of_refusal(checked.form.author, error)
    return Checked(checked.form, checked.whole, tuple(_sorted(checked.form, found)))


def value_anchor(index: int, name: str) -> str:
    """The id of the input for a parameter of a member; ids hold no spaces."""
    return f"value-{index}-{quote(name.lower(), safe='')}"


def _sorted(form: InitiativeForm, faults: Iterable[authoring_checks.Fault]) -> list[Fault]:
    found = [Fault.at(_place(form.document, one), one.message) for one in faults]
    if form.refused_name is not None:
        found.append(_refused_name(form, form.refused_name))
    return sorted(found, key=lambda one: TABS.index(one.tab))


def _refused_name(form: InitiativeForm, name: str) -> Fault:
    """A name that the draft cannot even hold, so that no service gets to see it."""
    why = f"Another parameter has the name '{name}'" if name else "A parameter needs a name"
    own = form.opened_parameter or ""
    place = _of_parameter(form.document, own)
    return Fault.at(place, f"{why}; this one is still called '{own}'.")


def _place(document: Document, fault: authoring_checks.Fault) -> Place:
    if fault.at in _BASICS:
        return Place(BASICS, fault.anchor, _BASICS[fault.at])
    if found := _MEMBER.fullmatch(fault.target):
        return _of_member(document, int(found[1]), found[2])
    if found := _GROUP.fullmatch(fault.target):
        return _of_group(document, int(found[1]))
    if fault.target.startswith(_PARAMETER):
        rest = fault.target.removeprefix(_PARAMETER)
        return _of_parameter(document, _name_in(document.parameters, rest))
    for start, tab, anchor, label in _ELSEWHERE:
        if fault.target.startswith(start):
            return Place(tab, anchor, label)
    return Place(REVIEW, "", "Initiative")


def _of_member(document: Document, index: int, rest: str) -> Place:
    label = document.called(index)
    head, _, inner = rest.partition(".")
    if head == "parameters" and inner:
        given = document.members[index].get("parameters") or {}
        name = _name_in(given, inner)
        return Place(VALUES, value_anchor(index, name), f"{label}, {name}")
    if head.startswith("groupNames"):
        return Place(GROUPS, "stray-groups", label)
    field = "version" if head == "definitionVersion" else "reference"
    return Place(POLICIES, f"{field}-{index}", label)


def _of_group(document: Document, index: int) -> Place:
    name = str(document.groups[index].get("name") or "") if index < len(document.groups) else ""
    return Place(GROUPS, f"group-{index}", name or f"Group {index + 1}")


def _of_parameter(document: Document, name: str) -> Place:
    names = list(document.parameters)
    key = key_in(document.parameters, name)
    anchor = f"parameter-{names.index(key)}" if key in names else "add-parameter"
    return Place(PARAMETERS, anchor, key or "Initiative parameters")


def _name_in(named: Iterable[str], path: str) -> str:
    """The name that a path begins with; names may have dots, so the longest known one counts."""
    fits = [
        one
        for one in named
        if path.lower() == one.lower()
        or path.lower().startswith((f"{one.lower()}.", f"{one.lower()}["))
    ]
    return max(fits, key=len, default=path)
