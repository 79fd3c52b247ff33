"""What a button of the initiative editor asks for, once everything typed is in the draft.

A button posts its name and value with the whole form: ``tab=groups``, ``go=values:value-3-effect``
(from an error to its input), ``turn=2`` (a page of members), ``open_finding=1`` and
``close_finding=1`` (the picker), ``add_chosen=1`` (the policies ticked in it), ``drop_member=3``,
``move=up:3``, ``add_group=name``, ``open=3`` (a group or a parameter), ``drop_group=3``,
``leave_group=name`` (one that the initiative does not have), ``add_parameter=1``,
``drop_parameter=name``, ``make_parameter=3:effect`` (for a value of the third member),
``drop_value=3:effect``, ``look=1`` (a location was chosen).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.http import QueryDict

from policy_app.browser.authoring.initiative.checks import value_anchor
from policy_app.browser.authoring.initiative.document import key_in, values_of
from policy_app.browser.authoring.initiative.form import (
    BASICS,
    GROUPS,
    NOTHING,
    PAGE,
    PARAMETERS,
    TABS,
    Finding,
    InitiativeForm,
    number,
)
from policy_app.browser.steps import REVIEW
from policy_app.services.authoring import members

_MEMBER = re.compile(r"(?:reference|version|value)-(\d{1,6})(?:-.*)?")
_OPENED = re.compile(r"(?:group|parameter)-(\d{1,6})")
_OF_OPENED = {GROUPS: "group-name", PARAMETERS: "parameter-name"}


def obey(form: InitiativeForm, data: QueryDict) -> None:
    """Change the form as the pressed button says; nothing where it says nothing."""
    for name, command in _COMMANDS.items():
        if name in data:
            command(form, data.get(name, ""))
            return


def show(form: InitiativeForm, tab: str) -> None:
    """Turn to a tab; the one that is left shows its errors from now on."""
    if tab not in TABS or tab == form.tab:
        return
    form.left = frozenset(TABS) if tab == REVIEW else form.left | {form.tab}
    form.tab, form.page, form.opened = tab, 1, NOTHING
    form.finding = Finding()
    form.focus = _heading(tab)


def _heading(tab: str) -> str:
    """The id of a tab's heading; that of Basics is part of the JSON editor, too."""
    return "author-basics-title" if tab == BASICS else f"{tab}-title"


def _go(form: InitiativeForm, value: str) -> None:
    tab, _, anchor = value.partition(":")
    show(form, tab)
    form.focus = anchor
    if found := _MEMBER.fullmatch(anchor):
        form.page, form.only_needed = int(found[1]) // PAGE + 1, False
    elif found := _OPENED.fullmatch(anchor):
        _open(form, found[1])


def _look(form: InitiativeForm, _: str) -> None:
    """The button of the dialog that chooses the location, which is closed with it."""
    form.focus = "author-scope"


def _turn(form: InitiativeForm, value: str) -> None:
    form.page = number(value, 1)
    form.focus = _heading(form.tab)


def _open_finding(form: InitiativeForm, _: str) -> None:
    form.finding.opened, form.focus = True, "find"


def _close_finding(form: InitiativeForm, _: str) -> None:
    form.finding, form.focus = Finding(), "add-policies"


def _add_chosen(form: InitiativeForm, _: str) -> None:
    """Each policy that is ticked becomes a member, at the end."""
    document = form.document
    found = members.owners(form.finding.chosen, form.by)
    for owner in (found[key] for key in map(str.lower, form.finding.chosen) if key in found):
        if not owner.is_initiative:
            document.members.append(members.entry(owner, document.references))
    added = len(document.members) - 1
    form.finding, form.page = Finding(), form.last_page
    form.focus = f"reference-{added}" if added >= 0 else "add-policies"


def _drop_member(form: InitiativeForm, value: str) -> None:
    index = number(value, NOTHING)
    if form.document.has_member(index):
        form.document.members.pop(index)
    form.page, form.focus = min(form.page, form.last_page), "add-policies"


def _move(form: InitiativeForm, value: str) -> None:
    way, _, place = value.partition(":")
    index, by = number(place, NOTHING), -1 if way == "up" else 1
    form.document.move(index, by)
    form.page, form.focus = (index + by) // PAGE + 1, f"{way}-{index + by}"


def _open(form: InitiativeForm, value: str) -> None:
    form.opened, form.page = number(value, NOTHING), 1
    form.focus = _OF_OPENED.get(form.tab, "")


def _add_group(form: InitiativeForm, name: str) -> None:
    _open(form, str(form.document.add_group(name)))


def _drop_group(form: InitiativeForm, value: str) -> None:
    index = number(value, NOTHING)
    if 0 <= index < len(form.document.groups):
        form.document.remove_group(index)
    form.opened, form.focus = NOTHING, "add-group"


def _leave_group(form: InitiativeForm, name: str) -> None:
    form.document.drop_group(name)
    form.focus = "add-group"


def _add_parameter(form: InitiativeForm, _: str) -> None:
    name = members.free_name("parameter", form.document.parameters)
    _open(form, str(form.document.add_parameter(name, {"type": "String"})))


def _drop_parameter(form: InitiativeForm, name: str) -> None:
    form.document.remove_parameter(name)
    form.opened, form.focus = NOTHING, "add-parameter"


def _make_parameter(form: InitiativeForm, value: str) -> None:
    """A parameter of the initiative like the policy's, handed to it at once."""
    place, _, name = value.partition(":")
    index = number(place, NOTHING)
    if not form.document.has_member(index):
        return
    policy = form.policy(form.document.members[index])
    if policy is None or name not in policy.parameters:
        return
    made, entry = members.parameter_of(policy.parameters[name], form.document.parameters)
    form.document.add_parameter(made, entry)
    given = values_of(form.document.members[index])
    given[key_in(given, name)] = members.hand_on(made)
    form.focus = value_anchor(index, name)


def _drop_value(form: InitiativeForm, value: str) -> None:
    place, _, name = value.partition(":")
    index = number(place, NOTHING)
    if form.document.has_member(index):
        values_of(form.document.members[index]).pop(name, None)
    form.focus = _heading(form.tab)


_COMMANDS: Mapping[str, Callable[[InitiativeForm, str], None]] = {
    "go": _go,
    "turn": _turn,
    "open_finding": _open_finding,
    "close_finding": _close_finding,
    "add_chosen": _add_chosen,
    "drop_member": _drop_member,
    "move": _move,
    "open": _open,
    "add_group": _add_group,
    "drop_group": _drop_group,
    "leave_group": _leave_group,
    "add_parameter": _add_parameter,
    "drop_parameter": _drop_parameter,
    "make_parameter": _make_parameter,
    "drop_value": _drop_value,
    "look": _look,
    "tab": show,
}
