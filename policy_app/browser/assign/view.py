"""The assign form as its templates draw it: tabs, fields with their errors, the review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from policy_app.browser import highlighting, scope_tree
from policy_app.browser.assign.checks import Checked, anchor
from policy_app.browser.assign.form import (
    BASICS,
    IMPACT,
    MESSAGES,
    PARAMETERS,
    AssignForm,
    message_name,
)
from policy_app.browser.assign.parameter_fields import ParameterField, in_words
from policy_app.browser.assign.subject import version_choices
from policy_app.browser.steps import Stepped
from policy_app.models import Scope
from policy_app.services import authorization, definitions, drafts, requests, scopes
from policy_app.services.authorization import actions


@dataclass(frozen=True, slots=True)
class Input:
    """A field that is one input: its name, id, text and errors."""

    name: str
    text: str
    errors: list[str]
    focus: bool

    @property
    def id(self) -> str:
        """The id of the input."""
        return anchor(self.name)


@dataclass(frozen=True, slots=True)
class MessageInput:
    """The message for a member of the initiative, or for all."""

    label: str
    reference_id: str
    input: Input

    @property
    def hint(self) -> str:
        """The reference id, which tells apart two uses of one definition."""
        return f"Reference id: {self.reference_id}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's field, its errors, and whether the focus goes into it."""

    field: ParameterField
    errors: list[str]
    focus: str

    @property
    def quiet(self) -> bool:
        """Left out by "only show parameters that need input or review"."""
        return not (self.field.needs_attention or self.errors or self.field.is_given)

    @property
    def described_by(self) -> str:
        """The ids of what describes the input, for ``aria-describedby``."""
        found = [f"{self.field.dom_id}-error"] if self.errors else []
        found += [f"{self.field.dom_id}-hint"] if self.field.spec.description else []
        return " ".join(found)


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter in the review."""

    label: str
    text: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The request in one of its three forms."""

    name: str
    label: str
    text: str
    lines: list[highlighting.Line]


class WizardView(Stepped[Checked]):
    """What the templates ask for, worked out once each."""

    id = "assign"
    labels: ClassVar = {
        BASICS: "Basics",
        PARAMETERS: "Parameters",
        MESSAGES: "Non-compliance messages",
        IMPACT: "Impact",
    }

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.form: AssignForm = checked.form
        self.subject = checked.form.subject

    @cached_property
    def inputs(self) -> dict[str, Input]:
        """The plain inputs of Basics by name."""
        form = self.form
        texts = {
            "scope": form.scope_id,
            "name": form.name,
            "display_name": form.display_name,
            "description": form.description,
            "definition_version": form.pattern,
            "not_scopes": "",
            "assigned_by": form.assigned_by,
        }
        return {name: self._input(name, text) for name, text in texts.items()}

    @property
    def is_edit(self) -> bool:
        """True where an assignment is changed."""
        return self.subject.is_edit

    @property
    def as_of(self) -> str:
        """When that was last stored."""
        return self.form.as_of

    @cached_property
    def _tree(self) -> list[Scope]:
        return scopes.tree(authorization.visible_scopes(self.subject.by))

    @cached_property
    def scope_nodes(self) -> list[scope_tree.Node]:
        """The scope picker; a custom definition can be assigned at its own scope and below."""
        by = self.subject.by
        return scope_tree.nested(
            self._tree,
            [self.form.scope_id],
            self.subject.definition.scope,
            lambda scope: authorization.permit(by, actions.ASSIGN, scope),
        )

    @cached_property
    def scope_path(self) -> str:
        """The way down to the chosen scope."""
        return scopes.breadcrumb(self.form.scope, self._tree) if self.form.scope else ""

    @cached_property
    def exclusion_nodes(self) -> list[scope_tree.Node]:
        """What can be excluded: everything below the chosen scope."""
        chosen = self.form.scope
        if chosen is None:
            return []
        below = [one for one in self._tree if one.is_at_or_below(chosen) and one != chosen]
        return scope_tree.nested(below, self.form.not_scopes)

    @cached_property
    def excluded_ids(self) -> list[str]:
        """Exclusions that are no scope of the tree, such as a single resource's id."""
        known = {one.key for one in self._tree}
        return [one for one in self.form.not_scopes if one.lower() not in known]

    @cached_property
    def excluded_names(self) -> list[str]:
        """Every exclusion by name, for the review."""
        names = {one.key: scopes.breadcrumb(one, self._tree) for one in self._tree}
        return [names.get(one.lower(), one) for one in self.form.not_scopes]

    @cached_property
    def versions(self) -> list[tuple[str, str]]:
        """The options of the version field."""
        return version_choices(self.subject.definition, self.form.pattern)

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The parameters in the definition's order."""
        return [
            Parameter(one, self.checked.messages(one.name), self.form.focus)
            for one in self.form.parameters.values()
        ]

    @property
    def all_quiet(self) -> bool:
        """True where no parameter needs input or review."""
        return all(one.quiet for one in self.parameters)

    @cached_property
    def message_inputs(self) -> list[MessageInput]:
        """The messages of the members; the default message is ``default_message``."""
        return [
            MessageInput(one.display_name, one.reference_id, self._message(one.reference_id))
            for one in self.form.members
        ]

    @cached_property
    def default_message(self) -> Input:
        """The message for every policy without its own."""
        return self._message("")

    @cached_property
    def values(self) -> list[Value]:
        """The parameters as the review lists them."""
        return [_value(one) for one in self.form.parameters.values()]

    @property
    def check_query(self) -> str:
        """What the live check of a JSON field needs to know."""
        return urlencode({"definition": self.subject.definition.arm_id})

    @property
    def kept(self) -> list[tuple[str, int]]:
        """What the wizard has no field for, and keeps as the assignment had it."""
        base = self.subject.base
        if base is None:
            return []
        found = [("Overrides", base.overrides), ("Resource selectors", base.resource_selectors)]
        return [(label, len(values)) for label, values in found if values]

    @cached_property
    def given_messages(self) -> list[tuple[str, str]]:
        """The messages that are not empty, with what each is about."""
        names = {one.reference_id: one.display_name for one in self.form.members}
        return [
            (names.get(reference, reference) or "All policies", text)
            for reference, text in self.form.messages.items()
            if text.strip()
        ]

    @cached_property
    def requests(self) -> list[Shown]:
        """The request as REST, az and JSON; none until there is a scope."""
        draft = self.checked.draft
        return shown_requests(draft) if draft else []

    def _input(self, name: str, text: str) -> Input:
        focus = self.form.focus == anchor(name)
        return Input(name, text, self.checked.messages(name), focus)

    def _message(self, reference: str) -> Input:
        return self._input(message_name(reference), self.form.messages.get(reference, ""))


def shown_requests(draft: drafts.AssignmentDraft) -> list[Shown]:
    """The request as REST, az and JSON."""
    texts = (
        ("rest", "REST", requests.rest(draft), "text"),
        ("az", "Azure CLI", requests.az(draft), "bash"),
        ("json", "JSON", requests.json_body(draft), "json"),
    )
    return [
        Shown(name, label, text, highlighting.lines(text, language))
        for name, label, text, language in texts
    ]


def _value(one: ParameterField) -> Value:
    try:
        text = in_words(one.value)
    except ValueError:
        text = one.text
    return Value(one.label, "(no value)" if one.is_empty else text, not one.is_given)


def headline(view: WizardView) -> str:
    """The page's title: what is going on."""
    kind = view.subject.definition.get_kind_display().lower()
    return "Edit assignment" if view.subject.is_edit else f"Assign {kind}"


def about(view: WizardView) -> str:
    """The line under the title: which assignment or definition."""
    return str(view.subject.row or view.subject.definition)


def cautions(view: WizardView) -> Iterable[dict[str, Any]]:
    """The message bars above the form."""
    definition = view.subject.definition
    target = definitions.parse(view.form.version)
    if definition.is_partly_evaluated:
        yield {
            "kind": "info",
            "title": "The portal evaluates a part of this initiative.",
            "text": definition.evaluation_gap,
        }
    elif definition.evaluation_gap:
        yield {
            "kind": "warning",
            "title": "The portal cannot evaluate this definition.",
            "text": f"{definition.evaluation_gap} It can be assigned, but has no effect here.",
        }
    if target.deprecated:
        yield {
            "kind": "warning",
            "title": "This definition is deprecated.",
            "text": "It still works, but should not be used in new assignments.",
        }
    if target.preview:
        yield {
            "kind": "info",
            "title": "This definition is in preview.",
            "text": "Its parameters and its behaviour may still change.",
        }
