"""What was typed into the current tab, put into the draft.

Every input carries the place of its member, group or parameter in the draft that the same request
brings, and one that says what the draft says already changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import QueryDict

from policy_app.browser.authoring.initiative import values
from policy_app.browser.authoring.initiative.document import (
    GROUP_FIELDS,
    REFERENCE,
    VERSION,
    Entry,
    key_in,
    put,
    values_of,
)
from policy_app.browser.authoring.initiative.form import (
    GROUPS,
    NOTHING,
    PARAMETERS,
    POLICIES,
    VALUES,
    InitiativeForm,
    number,
)
from policy_app.evaluation.language.expressions import handed_on
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.services.authoring import members

DEFAULT, VALUE, PARAMETER = "default", "value", "parameter"
"""Where the value of a member's parameter comes from: Azure's value types."""


def merge(form: InitiativeForm, data: QueryDict) -> None:
    """Put everything that was typed into the draft."""
    if "version" in data:
        form.document.ask_version(data.get("version", "").strip())
    if form.tab in _TABS:
        _TABS[form.tab](form, data)


def kind_of(given: Entry | None) -> str:
    """Where the value of a member's parameter comes from; ``given`` is its entry, if it has one."""
    if given is None:
        return DEFAULT
    return VALUE if handed_on(given.get("value")) is None else PARAMETER


def _policies(form: InitiativeForm, data: QueryDict) -> None:
    for index in _seen(form, data):
        member = form.document.members[index]
        _write(member, REFERENCE, data.get(f"reference.{index}", ""))
        _write(member, VERSION, data.get(f"version.{index}", ""))


def _groups(form: InitiativeForm, data: QueryDict) -> None:
    if not 0 <= form.opened < len(form.document.groups):
        return
    group = form.document.groups[form.opened]
    name = data.get("group.name", "").strip()
    if name != (group.get("name") or ""):
        form.document.rename_group(form.opened, name)
    for field in GROUP_FIELDS[1:]:
        _write(group, field, data.get(f"group.{field}", ""))
    joined = {number(one, NOTHING) for one in data.getlist("joined")}
    for index in _seen(form, data) if name else ():
        form.document.join(index, name, belongs=index in joined)


def _parameters(form: InitiativeForm, data: QueryDict) -> None:
    name = form.opened_parameter
    if name is None or "parameter.name" not in data:
        return
    entry = form.document.parameters[name]
    _describe(entry, data)
    kind = data.get("parameter.type", "")
    retyped = kind != (entry.get("type") or "")
    put(entry, "type", kind)
    _allow(entry, _text(data, "parameter.allowed"), retyped=retyped)
    _default(entry, data, retyped=retyped)
    _rename(form, name, data.get("parameter.name", "").strip())


def _describe(entry: Entry, data: QueryDict) -> None:
    metadata = entry.get("metadata") or {}
    for field in ("displayName", "description"):
        _write(metadata, field, data.get(f"parameter.{field}", ""))
    if metadata or "metadata" in entry:
        entry["metadata"] = metadata


def _allow(entry: Entry, text: str, *, retyped: bool) -> None:
    before = [] if retyped else list(entry.get("allowedValues") or [])
    put(entry, "allowedValues", values.lines_typed_over(before, entry.get("type", ""), text))


def _default(entry: Entry, data: QueryDict, *, retyped: bool) -> None:
    """The default; whoever types one and forgets the box above it means it all the same."""
    text, had = _text(data, "parameter.default"), "defaultValue" in entry
    if "parameter.has_default" not in data and (had or not text):
        entry.pop("defaultValue", None)
        return
    kind, before = entry.get("type", ""), entry.get("defaultValue", "")
    fresh = retyped or not had
    entry["defaultValue"] = (
        values.value_of(kind, text) if fresh else values.typed_over(before, kind, text)
    )


def _rename(form: InitiativeForm, before: str, name: str) -> None:
    """Another name, unless it is none or another parameter's: a JSON object has each key once."""
    if name == before:
        return
    if name and name not in form.document.parameters:
        form.document.rename_parameter(before, name)
    else:
        form.refused_name = name
        form.left |= {PARAMETERS}


def _values(form: InitiativeForm, data: QueryDict) -> None:
    for place in data.getlist("seen"):
        index, _, name = place.partition(":")
        member = _member(form, index)
        policy = form.policy(member) if member is not None else None
        spec = policy.parameters.get(name) if policy else None
        if member is not None and spec is not None:
            _value(form, member, spec, place, data)


def _value(
    form: InitiativeForm, member: Entry, spec: ParameterSpec, place: str, data: QueryDict
) -> None:
    given = values_of(member)
    key = key_in(given, spec.name)
    before = given.get(key)
    kind = data.get(f"kind.{place}", DEFAULT)
    if kind == DEFAULT:
        given.pop(key, None)
    elif before is None or kind != kind_of(before):
        given[key] = {"value": values.start_of(spec)} if kind == VALUE else _source(form, spec)
    elif kind == VALUE:
        sent = data.getlist(f"value.{place}")
        before["value"] = _typed_value(before["value"], spec, sent)
    elif (name := data.get(f"use.{place}", "")) != handed_on(before["value"]):
        given[key] = members.hand_on(name)


def _typed_value(before: object, spec: ParameterSpec, texts: list[str]) -> object:
    field = values.choice_of(spec, before)
    if field is not None:
        return values.chosen_over(before, field, texts)
    text = _plain(texts[0]) if texts else ""
    return values.typed_over(before, spec.type, text)


def _source(form: InitiativeForm, spec: ParameterSpec) -> Entry:
    """The initiative's parameter of the same name where it fits; else none is chosen yet."""
    parameters = form.document.parameters
    key = key_in(parameters, spec.name)
    return members.hand_on(key if key in parameters else "")


def _write(entry: Entry, field: str, text: str) -> None:
    """Set a text; one that differs in the spaces around it alone is the same."""
    text = _plain(text).strip()
    if text != values.text_of(entry.get(field) or "").strip():
        put(entry, field, text)


def _text(data: QueryDict, name: str) -> str:
    return _plain(data.get(name, ""))


def _plain(text: str) -> str:
    """Browsers send text areas with CRLF."""
    return text.replace("\r\n", "\n")


def _seen(form: InitiativeForm, data: QueryDict) -> list[int]:
    """The places of the members that the page showed."""
    places = (number(one, NOTHING) for one in data.getlist("seen"))
    return [one for one in places if form.document.has_member(one)]


def _member(form: InitiativeForm, index: str) -> Entry | None:
    place = number(index, NOTHING)
    return form.document.members[place] if form.document.has_member(place) else None


_TABS: Mapping[str, Callable[[InitiativeForm, QueryDict], None]] = {
    POLICIES: _policies,
    GROUPS: _groups,
    PARAMETERS: _parameters,
    VALUES: _values,
}
