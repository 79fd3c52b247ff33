"""The initiative editor's form: the draft, and what of it the page shows.

The draft travels whole from request to request, as the JSON that the JSON editor shows, with the
fields of Basics beside it.  Of the other tabs only the current one has inputs, a page of members
at a time; what is typed in them goes into the draft with every button.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from django.http import QueryDict

from policy_app.browser.authoring import form as authoring_form
from policy_app.browser.authoring.form import AuthorForm
from policy_app.browser.authoring.initiative.document import POLICY, VERSION, Document, Entry
from policy_app.browser.steps import REVIEW
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.models import Definition, DefinitionVersion, Scope
from policy_app.services import definitions, scopes
from policy_app.services.authoring import Kind, members
from policy_app.services.authorization import Principal

BASICS, POLICIES, GROUPS = "basics", "policies", "groups"
PARAMETERS, VALUES = "parameters", "values"
TABS = (BASICS, POLICIES, GROUPS, PARAMETERS, VALUES, REVIEW)
PAGE = 25
"""Members that a tab shows at a time."""
NOTHING = -1


@dataclass(slots=True)
class Finding:
    """What stands in the picker of policies, and whether it is open."""

    opened: bool = False
    text: str = ""
    category: str = ""
    page: int = 1
    """Of the results, counted from 1."""
    chosen: list[str] = field(default_factory=list)
    """The ids that are ticked, on whichever page of the results."""


@dataclass(slots=True)
class InitiativeForm:
    """What the page shows and the browser posts back."""

    author: AuthorForm
    document: Document
    by: Principal
    tab: str = BASICS
    left: frozenset[str] = frozenset()
    """The tabs that people have left, so that their errors are shown."""
    focus: str = ""
    page: int = 1
    """Which members are shown, counted from 1."""
    opened: int = NOTHING
    """The group or the parameter whose fields are shown."""
    only_needed: bool = False
    finding: Finding = field(default_factory=Finding)
    refused_name: str | None = None
    """A name that the opened parameter cannot have: an empty one, or another parameter's."""
    _known: dict[str, Definition | None] = field(default_factory=dict)
    _own: dict[str, ParameterSpec | None] = field(default_factory=dict)

    @property
    def last_page(self) -> int:
        """The page with the last members."""
        return max(1, math.ceil(len(self.document.members) / PAGE))

    @property
    def shown(self) -> range:
        """The places of the members that are shown."""
        page = min(max(1, self.page), self.last_page)
        return range((page - 1) * PAGE, min(page * PAGE, len(self.document.members)))

    @property
    def opened_parameter(self) -> str | None:
        """The name of the initiative parameter whose fields are shown."""
        names = list(self.document.parameters)
        return names[self.opened] if 0 <= self.opened < len(names) else None

    def owner(self, member: Entry) -> Definition | None:
        """The definition of a member; None where it cannot be found.

        All that are not known yet are asked for at once.
        """
        if _key(member) not in self._known:
            missing = {_key(one) for one in self.document.members} - self._known.keys()
            pinned = [(_key(one), _pattern(one)) for one in self.document.members]
            found = members.stored([one for one in pinned if one[0] in missing], self.by)
            self._known |= {key: found.get(key) for key in missing}
        return self._known[_key(member)]

    def policy(self, member: Entry) -> PolicyDefinition | None:
        """The policy in the version that a member takes; None where there is none."""
        owner = self.owner(member)
        row = members.version(owner, _pattern(member)) if owner else None
        parsed = definitions.parse(row) if row else None
        return parsed if isinstance(parsed, PolicyDefinition) else None

    def own(self, name: str) -> ParameterSpec | None:
        """A parameter of the finished draft; None where there is none, or it cannot be read."""
        parameters = self.document.parameters
        if name not in self._own:
            try:
                entry = parameters.get(name)
                self._own[name] = None if entry is None else ParameterSpec.parse(name, entry)
            except LanguageError:
                self._own[name] = None
        return self._own[name]


def fresh(scope: Scope | None, by: Principal) -> InitiativeForm:
    """An empty form."""
    author = authoring_form.fresh(Kind.INITIATIVE, scope)
    return InitiativeForm(author, Document({}), by)


def of(author: AuthorForm, by: Principal) -> InitiativeForm:
    """A form around what the JSON editor holds.

    Raises ``JsonTextError`` and ``ShapeError`` where only that editor can show it.
    """
    return InitiativeForm(author, Document.read(author.text), by)


def edited(row: Definition, by: Principal) -> InitiativeForm:
    """The newest version of a custom initiative, to be changed."""
    return of(authoring_form.edited(row), by)


def copied(version: DefinitionVersion, scope: Scope | None, by: Principal) -> InitiativeForm:
    """A copy of a version, to be kept under a new name."""
    return of(authoring_form.copied(version, scope), by)


def posted(author: AuthorForm, data: QueryDict, by: Principal) -> InitiativeForm:
    """The form as the browser sent it back, before what was typed went into the draft.

    Raises as ``of`` does.
    """
    form = of(author, by)
    form.tab = data.get("current", BASICS) if data.get("current") in TABS else BASICS
    form.left = frozenset(tab for tab in data.getlist("left") if tab in TABS)
    form.page = number(data.get("page", ""), 1)
    form.opened = number(data.get("opened", ""), NOTHING)
    form.only_needed = "only_needed" in data
    form.finding = Finding(
        "finding" in data,
        data.get("find", "").strip(),
        data.get("find_category", ""),
        number(data.get("found", ""), 1),
        list(dict.fromkeys(data.getlist("choose"))),
    )
    return form


def number(text: str, otherwise: int) -> int:
    """A number as the page itself writes it."""
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise


def _pattern(member: Entry) -> str:
    return member.get(VERSION) or ""


def _key(member: Entry) -> str:
    return scopes.normal_id(member.get(POLICY) or "").lower()
