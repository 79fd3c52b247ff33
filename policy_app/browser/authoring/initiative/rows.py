"""Members, groups, parameters and values of an initiative as rows of the editor's tabs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy_app.browser.assign.json_text import compact
from policy_app.browser.assign.parameter_fields import Option, in_words
from policy_app.browser.assign.subject import version_choices
from policy_app.browser.authoring.initiative import values
from policy_app.browser.authoring.initiative.checks import Checked, value_anchor
from policy_app.browser.authoring.initiative.document import (
    GROUP_FIELDS,
    POLICY,
    REFERENCE,
    VERSION,
    groups_of,
    key_in,
    values_of,
)
from policy_app.browser.authoring.initiative.form import InitiativeForm
from policy_app.browser.authoring.initiative.typed import DEFAULT, PARAMETER, VALUE, kind_of
from policy_app.evaluation.language.expressions import handed_on
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.models import Definition
from policy_app.services.authoring import members

_KINDS = {VALUE: "Set value", PARAMETER: "Use initiative parameter"}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member on Policies."""

    index: int
    reference: str
    arm_id: str
    definition: Definition | None
    pattern: str
    versions: list[tuple[str, str]]
    groups: list[str]
    is_last: bool
    reference_errors: list[str]
    version_errors: list[str]

    @property
    def key(self) -> str:
        """The end of its inputs' ids."""
        return str(self.index)

    @property
    def number(self) -> int:
        """Its place, counted from 1."""
        return self.index + 1

    @property
    def name(self) -> str:
        """The policy's name; its id where it cannot be found."""
        return self.definition.display_name if self.definition else self.arm_id or "(no policy)"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group, with how many members are in it."""

    index: int
    name: str
    display_name: str
    category: str
    description: str
    metadata_id: str
    uses: int
    errors: list[str]

    @property
    def label(self) -> str:
        """How the page calls it."""
        return self.display_name or self.name or f"Group {self.index + 1}"


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A parameter of the initiative."""

    index: int
    name: str
    type: str
    display_name: str
    description: str
    allowed: str
    has_default: bool
    default: str
    uses: int
    errors: list[str]

    @property
    def label(self) -> str:
        """How the page calls it."""
        return self.name or f"Parameter {self.index + 1}"


@dataclass(frozen=True, slots=True)
class Source:
    """A parameter of the initiative that could be handed on; ``why`` tells why it cannot."""

    name: str
    chosen: bool
    why: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A parameter of a member, and where its value comes from."""

    place: str
    """``3:effect``, as inputs name it."""
    id: str
    name: str
    spec: ParameterSpec | None
    """None where the policy has no such parameter."""
    kind: str
    text: str
    widget: str
    """``choice``, ``choices``, ``lines`` or ``line``."""
    options: list[Option]
    sources: list[Source]
    caution: str
    errors: list[str]

    @property
    def label(self) -> str:
        """The display name; the bare name where the policy gives none."""
        return (self.spec.display_name if self.spec else "") or self.name

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The value types to choose from; a parameter without a default has no default value."""
        has_default = self.spec is not None and self.spec.has_default
        first = "Default value" if has_default else "Select a value type"
        return [(DEFAULT, first), *_KINDS.items()]

    @property
    def chosen(self) -> bool:
        """Whether one of the options is."""
        return any(one.chosen for one in self.options)

    @property
    def default_text(self) -> str:
        """The policy's own default in words."""
        return in_words(self.spec.default) if self.spec and self.spec.has_default else ""


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """The parameters of one member."""

    index: int
    label: str
    policy_name: str
    unknown: bool
    """True where the policy, or the version that is pinned, could not be found."""
    rows: list[ValueRow]


def member(checked: Checked, index: int) -> MemberRow:
    """The row of a member."""
    form = checked.form
    entry = form.document.members[index]
    owner, pattern = form.owner(entry), str(entry.get(VERSION) or "")
    return MemberRow(
        index,
        str(entry.get(REFERENCE) or ""),
        str(entry.get(POLICY) or ""),
        owner,
        pattern,
        _versions(owner, pattern),
        groups_of(entry),
        index == len(form.document.members) - 1,
        checked.messages(f"reference-{index}"),
        checked.messages(f"version-{index}"),
    )


def groups(checked: Checked) -> list[GroupRow]:
    """The rows of the groups."""
    document = checked.form.document
    sizes = document.sizes
    found = []
    for index, entry in enumerate(document.groups):
        texts = {field: str(entry.get(field) or "") for field in GROUP_FIELDS}
        found.append(
            GroupRow(
                index,
                texts["name"],
                texts["displayName"],
                texts["category"],
                texts["description"],
                texts["additionalMetadataId"],
                sizes[texts["name"].lower()],
                checked.messages(f"group-{index}"),
            )
        )
    return found


def parameters(checked: Checked) -> list[ParameterRow]:
    """The rows of the initiative's parameters."""
    document = checked.form.document
    uses = document.uses
    return [
        _parameter(checked, index, name, uses[name.lower()])
        for index, name in enumerate(document.parameters)
    ]


def _parameter(checked: Checked, index: int, name: str, uses: int) -> ParameterRow:
    entry = checked.form.document.parameters[name]
    metadata = entry.get("metadata") or {}
    return ParameterRow(
        index,
        name,
        str(entry.get("type") or ""),
        values.text_of(metadata.get("displayName") or ""),
        values.text_of(metadata.get("description") or ""),
        values.lines_of(entry.get("allowedValues") or []),
        "defaultValue" in entry,
        values.text_of(entry.get("defaultValue", "")),
        uses,
        checked.messages(f"parameter-{index}"),
    )


def values_of_member(checked: Checked, index: int) -> ValueGroup:
    """The parameters of a member, and after them values for parameters that it does not have.

    Where the form shows only what needs a value: those without a default, and those with errors.
    """
    form = checked.form
    entry = form.document.members[index]
    owner, policy = form.owner(entry), form.policy(entry)
    specs: dict[str, ParameterSpec | None] = dict(policy.parameters) if policy else {}
    known = {name.lower() for name in specs}
    specs |= {name: None for name in values_of(entry) if name.lower() not in known}
    found = [
        _value(checked, index, name, spec)
        for name, spec in specs.items()
        if not form.only_needed or _is_needed(checked, index, name, spec)
    ]
    name = owner.display_name if owner else str(entry.get(POLICY) or "")
    return ValueGroup(index, form.document.called(index), name, policy is None, found)


def cautions(form: InitiativeForm) -> Iterator[str]:
    """What can be stored, and will surprise whoever assigns it."""
    for index, entry in enumerate(form.document.members):
        policy = form.policy(entry)
        for name, spec in policy.parameters.items() if policy else ():
            given = values_of(entry).get(key_in(values_of(entry), name), {})
            if text := _caution(form, spec, handed_on(given.get("value"))):
                yield f"{form.document.called(index)}, {name}: {text}"


def _is_needed(checked: Checked, index: int, name: str, spec: ParameterSpec | None) -> bool:
    return spec is None or spec.required or bool(checked.messages(value_anchor(index, name)))


def _versions(owner: Definition | None, pattern: str) -> list[tuple[str, str]]:
    """What the version field offers; a pattern that fits nothing stays among them."""
    if owner is None:
        return [(pattern, pattern or "Latest version, whatever it is")]
    choices = dict(version_choices(owner, ""))
    return list((choices | ({} if pattern in choices else {pattern: pattern})).items())


def _value(checked: Checked, index: int, name: str, spec: ParameterSpec | None) -> ValueRow:
    form = checked.form
    entries = values_of(form.document.members[index])
    given = entries.get(key_in(entries, name))
    value = (given or {}).get("value")
    anchor, kind = value_anchor(index, name), kind_of(given)
    field = values.choice_of(spec, value) if spec and kind == VALUE else None
    errors = checked.messages(anchor)
    if spec and errors and (problem := values.problem_of(spec.type, value)):
        errors = [*errors, problem]
    return ValueRow(
        f"{index}:{name}",
        anchor,
        name,
        spec,
        kind,
        values.text_of(value) if spec else compact(value),
        field.kind if field else _text_widget(spec, value),
        field.options if field else [],
        [*_sources(form, spec, handed_on(value))] if spec and kind == PARAMETER else [],
        _caution(form, spec, handed_on(value)) if spec else "",
        errors,
    )


def _text_widget(spec: ParameterSpec | None, value: Any) -> str:
    many = isinstance(value, str) and "\n" in value
    return "lines" if many or (spec and spec.type in ("Array", "Object")) else "line"


def _sources(form: InitiativeForm, spec: ParameterSpec, chosen: str | None) -> Iterator[Source]:
    names, wanted = list(form.document.parameters), (chosen or "").lower()
    if wanted not in map(str.lower, names):
        yield Source(chosen or "", True, "")
    for name in names:
        own = form.own(name)
        why = members.unfit(own, spec) if own else "it has errors of its own"
        yield Source(name, name.lower() == wanted, why)


def _caution(form: InitiativeForm, spec: ParameterSpec, chosen: str | None) -> str:
    """What an assignment could choose and this policy would not take."""
    own = form.own(key_in(form.document.parameters, chosen)) if chosen else None
    if own is None or members.unfit(own, spec):
        return ""
    left = ", ".join(in_words(one) for one in members.unfit_choices(own, spec))
    return f"the policy does not take {left}, which '{own.name}' allows." if left else ""
