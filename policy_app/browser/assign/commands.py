"""What a button of the assign form asks for: another tab, a row more, a value put back.

A button posts its name and value with the whole form: ``tab=parameters``, ``add_row=namespaces``,
``remove_row=namespaces:2``, ``use_default=effect``, ``tidy=allowedHostPaths``,
``edit_json=namespaces``, ``go=basics:assign-name`` (from an error to its input),
``pick=assign-scope`` (the scope chosen in the picker stands in the form already; only the focus
moves).  No name is one that a form element has itself, such as ``remove`` or ``reset``: the button
would take its place in scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import QueryDict

from policy_app.browser.assign.form import TABS, AssignForm
from policy_app.browser.assign.parameter_fields import ParameterField
from policy_app.browser.steps import REVIEW


def obey(form: AssignForm, data: QueryDict) -> None:
    """Change the form as the pressed button says; nothing where it says nothing."""
    for name, command in _COMMANDS.items():
        if name in data:
            command(form, data.get(name, ""))
            return


def show(form: AssignForm, tab: str) -> None:
    """Turn to a tab; the one that is left shows its errors from now on."""
    if tab not in TABS or tab == form.tab:
        return
    form.left = frozenset(TABS) if tab == REVIEW else form.left | {form.tab}
    form.tab = tab
    form.focus = f"panel-{tab}-title"


def _go(form: AssignForm, value: str) -> None:
    tab, _, anchor = value.partition(":")
    show(form, tab)
    form.focus = anchor


def _focus(form: AssignForm, anchor: str) -> None:
    form.focus = anchor


def _add(form: AssignForm, name: str) -> None:
    if one := form.parameters.get(name):
        form.parameters[name] = grown = one.with_row()
        form.focus = f"{one.dom_id}-{len(grown.texts)}"


def _remove(form: AssignForm, value: str) -> None:
    name, _, index = value.rpartition(":")
    one = form.parameters.get(name)
    if one is None or not index.isdecimal():
        return
    form.parameters[name] = left = one.without_row(int(index))
    near = min(int(index) + 1, len(left.texts))
    form.focus = f"{one.dom_id}-{near}" if left.texts else f"{one.dom_id}-add"


def _replaced(change: Callable[[ParameterField], ParameterField]) -> Callable[..., None]:
    def command(form: AssignForm, name: str) -> None:
        if one := form.parameters.get(name):
            form.parameters[name] = changed = change(one)
            form.focus = changed.focus_id

    return command


_COMMANDS: Mapping[str, Callable[[AssignForm, str], None]] = {
    "go": _go,
    "pick": _focus,
    "add_row": _add,
    "remove_row": _remove,
    "use_default": _replaced(ParameterField.with_default),
    "tidy": _replaced(ParameterField.tidied),
    "edit_json": _replaced(ParameterField.edited_as_json),
    "tab": show,
}
