"""The assign wizard's form: every field of every tab, carried whole from request to request.

All tabs are one HTML form, and each button posts all of it, so that nothing typed is lost
whichever way people go through the tabs, with or without scripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import QueryDict

from policy_app.browser.assign.parameter_fields import ParameterField
from policy_app.browser.assign.subject import STAMPED, Member, Subject
from policy_app.browser.steps import REVIEW
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.models import Assignment, DefinitionVersion, Scope
from policy_app.services import authorization, definitions, drafts, scopes

BASICS, PARAMETERS, MESSAGES, IMPACT = "basics", "parameters", "messages", "impact"
TABS = (BASICS, PARAMETERS, MESSAGES, IMPACT, REVIEW)
DISPLAY_NAME_LIMIT = 128
_MESSAGE = "message"


@dataclass(slots=True)
class AssignForm:
    """What the page shows and the browser posts back."""

    subject: Subject
    version: DefinitionVersion
    pattern: str = ""
    scope: Scope | None = None
    scope_id: str = ""
    """As posted, so that one that is not found can be named."""
    not_scopes: list[str] = field(default_factory=list)
    name: str = ""
    display_name: str = ""
    description: str = ""
    enforcement_mode: str = Assignment.EnforcementMode.DEFAULT
    assigned_by: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    """By the member's reference id; the empty key is the default message."""
    parameters: dict[str, ParameterField] = field(default_factory=dict)
    only_review: bool = False
    as_of: str = ""
    """When the assignment that is edited was last stored, as the page was opened."""
    tab: str = BASICS
    left: frozenset[str] = frozenset()
    """The tabs that people have left, so that their errors are shown."""
    focus: str = ""
    """The id of the element to put the focus on; empty for the tab's own heading."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The initiative's policies in the chosen version."""
        return self.subject.members_of(self.version)

    @property
    def tree(self) -> list[Scope]:
        """Every scope that may be known, for the picker."""
        return scopes.tree(authorization.visible_scopes(self.subject.by))

    def draft(self, scope: Scope) -> drafts.AssignmentDraft:
        """The assignment that the form describes.

        A parameter whose text means nothing is left out: ``ParameterField.faults`` tells.
        """
        base = self.subject.base
        start = base or drafts.AssignmentDraft(scope, self.name, self.subject.definition)
        return replace(
            start,
            scope=scope,
            name=self.name,
            definition=self.subject.definition,
            definition_version=self.pattern,
            display_name=self.display_name,
            description=self.description,
            parameters=self._values(),
            not_scopes=list(self.not_scopes),
            enforcement_mode=self.enforcement_mode,
            non_compliance_messages=self._messages(),
            metadata=self._metadata(start.metadata),
        )

    def _values(self) -> dict[str, Any]:
        values = {}
        for name, one in self.parameters.items():
            if not one.is_given:
                continue
            try:
                values[name] = one.value
            except ValueError:
                continue
        return values

    def _messages(self) -> list[dict[str, Any]]:
        found = []
        for reference, text in self.messages.items():
            if text.strip():
                about = {"policyDefinitionReferenceId": reference} if reference else {}
                found.append({_MESSAGE: text.strip(), **about})
        return found

    def _metadata(self, start: Mapping[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in start.items() if key not in (*STAMPED, "assignedBy")}
        return kept | ({"assignedBy": self.assigned_by} if self.assigned_by else {})


def initial(subject: Subject, user: AbstractBaseUser, scope: Scope | None = None) -> AssignForm:
    """The form as it is first shown; ``scope`` is preselected where the base has none."""
    version = subject.version(subject.default_pattern)
    form = AssignForm(subject, version, pattern=subject.default_pattern, scope=scope)
    _fill_parameters(form)
    if subject.base is None:
        form.name = drafts.suggested_name(subject.definition)
        form.display_name = subject.definition.display_name[:DISPLAY_NAME_LIMIT]
        form.assigned_by = _name_of(user)
    else:
        _fill_from(form, subject.base, scope)
        form.assigned_by = form.assigned_by or _name_of(user)
    form.scope_id = form.scope.arm_id if form.scope else ""
    form.as_of = subject.stored_at
    form.only_review = any(one.needs_attention for one in form.parameters.values())
    return form


def posted(subject: Subject, data: QueryDict) -> AssignForm:
    """The form as the browser sent it back."""
    pattern = _line(data, "definition_version", subject.default_pattern)
    form = AssignForm(subject, subject.version(pattern), pattern=pattern)
    _read_basics(form, data)
    _fill_parameters(form)
    for name, one in form.parameters.items():
        if name in data.getlist("seen"):
            form.parameters[name] = one.with_texts(
                data.getlist(one.name),
                explicit=name in data.getlist("explicit"),
                as_json=name in data.getlist("as_json"),
            )
    references = ("", *(member.reference_id for member in form.members))
    form.messages = {one: data.get(message_name(one), "") for one in references}
    form.only_review = "only_review" in data
    form.as_of = data.get("as_of", "")
    form.tab = data.get("current", BASICS) if data.get("current") in TABS else BASICS
    form.left = frozenset(tab for tab in data.getlist("left") if tab in TABS)
    return form


def message_name(reference: str) -> str:
    """The form's name of the message for a member, or of the default message."""
    return f"{_MESSAGE}.{reference}" if reference else _MESSAGE


def _read_basics(form: AssignForm, data: QueryDict) -> None:
    form.display_name = _line(data, "display_name")
    form.description = data.get("description", "").replace("\r\n", "\n").strip()
    form.assigned_by = _line(data, "assigned_by")
    form.enforcement_mode = _mode(data.get("enforcement_mode", ""))
    form.not_scopes = list(dict.fromkeys(data.getlist("not_scopes")))
    if form.subject.is_edit and form.subject.base:
        form.name, form.scope = form.subject.base.name, form.subject.base.scope
        form.scope_id = form.scope.arm_id
        return
    form.name = _line(data, "name")
    form.scope_id = data.get("scope", "")
    known = authorization.find_scope(form.subject.by, form.scope_id)
    form.scope = known if form.scope_id else None
    form.not_scopes = [one for one in form.not_scopes if _is_below(one, form.scope)]


def _is_below(arm_id: str, scope: Scope | None) -> bool:
    """Exclusions of a scope that is no longer chosen go with it.

    Below a management group the ids do not tell, so all are kept and checked later.
    """
    if scope is None or scope.kind == Scope.Kind.MANAGEMENT_GROUP:
        return True
    return arm_id.lower().startswith(f"{scope.key}/")


def _fill_parameters(form: AssignForm) -> None:
    specs: Mapping[str, ParameterSpec] = definitions.parse(form.version).parameters
    for name, spec in specs.items():
        used_by = [m.display_name for m in form.members if name.lower() in m.parameters]
        form.parameters[name] = ParameterField.of_default(spec, used_by)


def _fill_from(form: AssignForm, base: drafts.AssignmentDraft, scope: Scope | None) -> None:
    form.scope = scope if scope and not form.subject.is_edit else base.scope
    form.name, form.display_name, form.description = base.name, base.display_name, base.description
    form.enforcement_mode = base.enforcement_mode
    form.not_scopes = [one for one in base.not_scopes if _is_below(one, form.scope)]
    form.assigned_by = str(base.metadata.get("assignedBy", ""))
    form.messages = {
        str(one.get("policyDefinitionReferenceId", "")): str(one.get(_MESSAGE, ""))
        for one in base.non_compliance_messages
    }
    given = {name.lower(): value for name, value in base.parameters.items()}
    for name, one in form.parameters.items():
        if name.lower() in given:
            form.parameters[name] = one.with_value(given[name.lower()], explicit=True)


def _mode(text: str) -> str:
    modes = Assignment.EnforcementMode
    return modes.DO_NOT_ENFORCE if text == modes.DO_NOT_ENFORCE else modes.DEFAULT


def _line(data: QueryDict, name: str, default: str = "") -> str:
    return " ".join(data.get(name, default).split())


def _name_of(user: AbstractBaseUser) -> str:
    full = getattr(user, "get_full_name", str)()
    return full or user.get_username()
