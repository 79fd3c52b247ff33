"""What is wrong with a definition that is being written: each fault at its field or its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.browser import highlighting
from policy_app.browser.assign import json_text
from policy_app.browser.authoring.form import AuthorForm, stamp
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.versions import version_key
from policy_app.models import Scope
from policy_app.services import authoring, definitions, fetching
from policy_app.services.authoring import TextError, imports
from policy_app.services.authorization import Principal
from policy_app.services.errors import PolicyError

MAX_CHARACTERS = imports.MAX_CHARACTERS
TEXT = "text"
_FIELDS = {
    "scope": "scope",
    "name": "name",
    "properties.displayName": "display_name",
    "properties.description": "description",
    "properties.metadata.category": "category",
}
_TYPED_ABOVE = {"displayName": "name", "description": "description"}
_TRIED = "tried"
"""The resource name of what is tried before it is stored."""
_TEMPLATE = re.compile(r"^kind:\s*ConstraintTemplate\b", re.MULTILINE)
_VERSION = re.compile(r"\d+\.\d+\.\d+(-\w+)?$")
_MANY = 25
"""Errors that are told one by one."""
_NEAR = 3
"""Lines that an excerpt shows around the one at fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong; ``at`` names the input, and ``line`` counts from 1 within the editor."""

    message: str
    at: str = TEXT
    line: int = 0
    code: str = ""
    target: str = ""
    """ARM's name of the field that it is about; empty where the service names none."""
    excerpt: list[highlighting.Line] = field(default_factory=list)
    """The lines of the template around the one at fault."""

    @property
    def anchor(self) -> str:
        """The id of the input that it is about; empty where it is about none."""
        return f"author-{self.at}" if self.at else ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A form with what is wrong with it, or the version that saving it makes and why."""

    form: AuthorForm
    faults: list[Fault] = field(default_factory=list)
    version: str = ""
    reasons: list[str] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def stored(self) -> str:
        """The newest version so far; empty for a new definition."""
        return self.form.row.latest_version if self.form.row else ""

    def of(self, name: str) -> list[Fault]:
        """The faults of one input."""
        return [one for one in self.faults if one.at == name]

    @property
    def by_field(self) -> dict[str, list[Fault]]:
        """The faults of each input that has some."""
        return {one.at: self.of(one.at) for one in self.faults if one.at}


class FaultyError(PolicyError):
    """What is written cannot be tried, for these faults."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("InvalidPolicyRule", "The definition cannot be tried as it is written.")
        self.faults = faults


def check(form: AuthorForm, by: Principal) -> Checked:
    """What saving would say, without saving."""
    faults = [*_unfilled(form), *_outdated(form)]
    body, misread = _read(form)
    faults += _lowered(form, body)
    if misread or form.scope is None:
        return Checked(form, [*faults, *misread])
    try:
        version, reasons = authoring.check(form.scope, form.name, body, by, form.kind)
    except PolicyError as refusal:
        return Checked(form, [*faults, *of_refusal(form, refusal)])
    if faults:
        return Checked(form, faults)
    return Checked(form, [], version, [one.text for one in reasons], body)


def tried(form: AuthorForm, scope: Scope, by: Principal) -> definitions.Parsed:
    """The definition as it is written so far, to be tried; its names need not be right yet.

    Where it has no location, it is tried as if it was kept at ``scope``.  Raises ``FaultyError``.
    """
    body, faults = _read(form)
    if faults:
        raise FaultyError(faults)
    try:
        return authoring.judged(form.scope or scope, _TRIED, body, by, form.kind).parsed
    except PolicyError as refusal:
        raise FaultyError(of_refusal(form, refusal)) from None


def of_refusal(form: AuthorForm, refusal: PolicyError) -> list[Fault]:
    """A service's refusal, each part of it at its field or its line."""
    every = refusal.every()
    shown = [_fault(form, one) for one in every[:_MANY]]
    more = len(every) - len(shown)
    return [*shown, Fault(f"There are {more} more errors.", "")] if more else shown


def _fault(form: AuthorForm, one: PolicyError) -> Fault:
    name = _FIELDS.get(one.target, TEXT)
    if name != TEXT:
        return Fault(one.message, name, code=one.code, target=one.target)
    line = imports.line_of(form.text, one.target) if one.target else 0
    excerpt = _excerpt(form, one) if isinstance(one, TextError) else []
    return Fault(one.message, line=line, code=one.code, target=one.target, excerpt=excerpt)


def _excerpt(form: AuthorForm, error: TextError) -> list[highlighting.Line]:
    """The lines of the template around the fault, which the editor shows as Base64."""
    at = error.fault.line
    text = _template(form) if at else None
    if not text:
        return []
    drawn = highlighting.lines(text, "yaml", {at})
    return drawn[max(0, at - 1 - _NEAR) : at + _NEAR]


def _template(form: AuthorForm) -> str | None:
    """The text of the template or the mutators that the definition carries or names."""
    shape = {"id": "/draft", "name": "draft", **form.body(_parsed(form.text))}
    try:
        details = PolicyDefinition.parse(shape).kubernetes_details
        source = details and (details.template or details.mutation)
        if not source:
            return None
        return fetching.text(source) if source.url else source.text()
    except LanguageError:
        return None


def _read(form: AuthorForm) -> tuple[dict[str, Any], list[Fault]]:
    """ARM's body, or what keeps the editor's text from being one."""
    try:
        given = _parsed(form.text)
    except json_text.JsonTextError as error:
        return {}, [_no_json(form, error)]
    misplaced = [*_misplaced(form.text, given)]
    return ({}, misplaced) if misplaced else (form.body(given), [])


def _no_json(form: AuthorForm, error: json_text.JsonTextError) -> Fault:
    if _TEMPLATE.search(form.text):
        return Fault(
            "This is a constraint template, and a definition carries it as Base64. 'From a"
            " template', in the list of definitions, makes the definition around it.",
            line=1,
        )
    where = f" (column {error.spot.column})" if error.spot else ""
    return Fault(f"{error.message}{where}", line=error.spot.line if error.spot else 0)


def _parsed(text: str) -> Mapping[str, Any]:
    value = json_text.parse(text, limit=MAX_CHARACTERS)
    if not isinstance(value, dict):
        raise json_text.JsonTextError("This should be one JSON object.", json_text.Spot(1, 1))
    return value


def _unfilled(form: AuthorForm) -> Iterable[Fault]:
    """The fields without which there is nothing to judge, and a name that is taken."""
    if form.scope is None:
        yield Fault("Choose where the definition is kept.", "scope")
    if not form.display_name:
        yield Fault(f"Give the {form.noun} a name.", "display_name")
    if form.row is None and form.scope is not None and form.name:
        taken = definitions.find(authoring.arm_id(form.kind, form.scope, form.name))
        if taken is not None:
            text = f"{form.scope} has a definition of this resource name already:"
            yield Fault(f"{text} {taken.display_name}.", "name")


def _outdated(form: AuthorForm) -> Iterable[Fault]:
    """Somebody else's save, which this one would undo."""
    if form.row is None or not form.as_of:
        return
    newest = definitions.version(form.row)
    if form.as_of != stamp(newest):
        yield Fault(
            f"The definition was saved as version {newest.version} since this page was opened."
            " Copy what you wrote, open the page anew, and put your change into it.",
            "",
        )


def _lowered(form: AuthorForm, body: Mapping[str, Any]) -> Iterable[Fault]:
    """A version that a save would pass over, since the next one is always higher."""
    asked = body.get("properties", {}).get("version")
    newest = form.row.latest_version if form.row else ""
    if not newest or not isinstance(asked, str) or not _VERSION.match(asked):
        return
    if version_key(asked) < version_key(newest):
        text = f"The newest version is {newest}, and {asked} is lower."
        yield Fault(
            f"{text} Leave it out, or write a higher one.", line=_line(form.text, "version")
        )


def _misplaced(text: str, given: Mapping[str, Any]) -> Iterable[Fault]:
    if isinstance(given.get("properties"), Mapping):
        yield Fault(
            "This is a whole resource; the editor takes what is in its 'properties'. Import takes"
            " the whole.",
            line=_line(text, "properties"),
        )
        return
    for name, field_name in _TYPED_ABOVE.items():
        if name in given:
            message = f"'{name}' is what the field for the {field_name} says; leave it out here."
            yield Fault(message, line=_line(text, name))


def _line(text: str, path: str) -> int:
    spot = json_text.spot_of(text, path)
    return spot.line if spot else 1
