"""The initiative editor as its templates draw it: tabs, rows with their errors, the review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from django.core.paginator import Page, Paginator

from policy_app.browser import highlighting
from policy_app.browser.assign.json_text import pretty
from policy_app.browser.authoring.checks import Checked as BasicsChecked
from policy_app.browser.authoring.initiative import rows
from policy_app.browser.authoring.initiative.checks import Checked
from policy_app.browser.authoring.initiative.document import POLICY, groups_of
from policy_app.browser.authoring.initiative.form import (
    BASICS,
    GROUPS,
    PAGE,
    PARAMETERS,
    POLICIES,
    VALUES,
    InitiativeForm,
)
from policy_app.browser.steps import Stepped
from policy_app.evaluation.language.parameters import TYPES
from policy_app.models import Definition
from policy_app.services.authoring import members

_FOUND = 20
"""Policies that the picker shows at a time."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy in the picker; ``uses`` counts how often the initiative has it already."""

    definition: Definition
    chosen: bool
    uses: int


class EditorView(Stepped[Checked]):
    """What the templates ask for, worked out once each."""

    id = "initiative"
    labels: ClassVar = {
        BASICS: "Basics",
        POLICIES: "Policies",
        GROUPS: "Groups",
        PARAMETERS: "Initiative parameters",
        VALUES: "Policy parameters",
    }

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.form: InitiativeForm = checked.form
        self.document = checked.form.document

    @property
    def is_edit(self) -> bool:
        """True where saving makes a version of a stored initiative."""
        return self.form.author.row is not None

    @property
    def as_of(self) -> str:
        """When that was last stored."""
        return self.form.author.as_of

    @property
    def counts(self) -> dict[str, int]:
        """How much of each the initiative has."""
        return {
            POLICIES: len(self.document.members),
            GROUPS: len(self.document.groups),
            PARAMETERS: len(self.document.parameters),
        }

    @cached_property
    def basics(self) -> BasicsChecked:
        """The faults of Basics, as that part of the page takes them, which both editors share."""
        whole = self.checked.whole
        shown = [one for one in whole.faults if one.at] if BASICS in self.form.left else []
        return BasicsChecked(whole.form, shown)

    @cached_property
    def version_errors(self) -> list[str]:
        """What is wrong with the version that is asked for."""
        return self.checked.messages("author-version")

    @cached_property
    def member_rows(self) -> list[rows.MemberRow]:
        """The members of the page that is shown, on Policies."""
        return [rows.member(self.checked, index) for index in self.form.shown]

    @property
    def pages(self) -> Sequence[int]:
        """The pages of members, counted from 1."""
        return range(1, self.form.last_page + 1)

    @cached_property
    def found(self) -> Page[Definition]:
        """A page of the picker's results."""
        finding = self.form.finding
        scope = self.form.author.scope
        found = members.choices(scope, self.form.by, finding.text, finding.category)
        return Paginator(found.select_related("scope"), _FOUND).get_page(finding.page)

    @cached_property
    def choices(self) -> list[Choice]:
        """The policies of that page, after those ticked on other ones."""
        finding, shown = self.form.finding, list(self.found.object_list)
        elsewhere = {one.lower() for one in finding.chosen} - {one.key for one in shown}
        ticked = members.owners(elsewhere, self.form.by).values() if elsewhere else ()
        wanted = {one.lower() for one in finding.chosen}
        uses = [str(one.get(POLICY) or "").lower() for one in self.document.members]
        return [Choice(one, one.key in wanted, uses.count(one.key)) for one in (*ticked, *shown)]

    @cached_property
    def group_rows(self) -> list[rows.GroupRow]:
        """The groups."""
        return rows.groups(self.checked)

    @cached_property
    def opened_group(self) -> rows.GroupRow | None:
        """The group whose fields are shown."""
        opened = self.form.opened
        return self.group_rows[opened] if 0 <= opened < len(self.group_rows) else None

    @cached_property
    def joining(self) -> list[tuple[int, str, bool]]:
        """The members of the page that is shown: place, reference id, and whether in the group."""
        name = self.opened_group.name.lower() if self.opened_group else ""
        found = []
        for index in self.form.shown:
            member = self.document.members[index]
            belongs = name in {one.lower() for one in groups_of(member)}
            found.append((index, self.document.called(index), belongs))
        return found

    @cached_property
    def stray_errors(self) -> list[str]:
        """What is said of groups that members name and the initiative does not have."""
        return list(dict.fromkeys(self.checked.messages("stray-groups")))

    @cached_property
    def parameter_rows(self) -> list[rows.ParameterRow]:
        """The initiative's parameters."""
        return rows.parameters(self.checked)

    @cached_property
    def opened_parameter(self) -> rows.ParameterRow | None:
        """The parameter whose fields are shown."""
        opened = self.form.opened
        return self.parameter_rows[opened] if 0 <= opened < len(self.parameter_rows) else None

    @property
    def types(self) -> tuple[str, ...]:
        """The types that a parameter can have."""
        return TYPES

    @cached_property
    def value_groups(self) -> list[rows.ValueGroup]:
        """The parameters of the members that are shown, a group for each member.

        With the filter on, the members of all pages that have something to fill in, as many as a
        page has.
        """
        if not self.form.only_needed:
            return [rows.values_of_member(self.checked, index) for index in self.form.shown]
        places = range(len(self.document.members))
        found = (rows.values_of_member(self.checked, index) for index in places)
        return list(islice((one for one in found if one.rows or one.unknown), PAGE))

    @cached_property
    def review(self) -> list[tuple[str, Any]]:
        """The basics as the review lists them."""
        author = self.form.author
        version = "by what changed" if self.is_edit else "1.0.0"
        return [
            ("Definition location", author.scope),
            ("Name", author.display_name),
            ("Resource name", author.name),
            ("Description", author.description),
            ("Category", author.category),
            ("Version", self.document.version or version),
        ]

    @cached_property
    def review_members(self) -> list[rows.MemberRow]:
        """Every member, for the review."""
        return [rows.member(self.checked, index) for index in range(len(self.document.members))]

    @cached_property
    def cautions(self) -> list[str]:
        """What can be stored, and will surprise whoever assigns it."""
        return [*rows.cautions(self.form)]

    @cached_property
    def json(self) -> str:
        """What will be saved, as ARM's body."""
        return pretty(self.form.author.body(self.document.properties))

    @cached_property
    def json_lines(self) -> list[highlighting.Line]:
        """The same with colours."""
        return highlighting.lines(self.json, "json")
