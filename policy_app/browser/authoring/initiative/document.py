"""An initiative's properties while they are edited: ARM's JSON, changed in place.

The form shows parts of it and changes no other, so that going back and forth between the form and
the JSON editor loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.browser.assign import json_text
from policy_app.browser.authoring.checks import MAX_CHARACTERS
from policy_app.evaluation.language.expressions import handed_on, handing_on

Entry = dict[str, Any]

REFERENCE = "policyDefinitionReferenceId"
POLICY = "policyDefinitionId"
VERSION = "definitionVersion"
_MEMBERS = "policyDefinitions"
_GROUPS = "policyDefinitionGroups"
_PARAMETERS = "parameters"
_NAMES = "groupNames"
GROUP_FIELDS = ("name", "displayName", "category", "description", "additionalMetadataId")
_SHAPES: Mapping[str, Mapping[str, type]] = {
    _MEMBERS: {REFERENCE: str, POLICY: str, VERSION: str, _PARAMETERS: dict, _NAMES: list},
    _GROUPS: dict.fromkeys(GROUP_FIELDS, str),
    _PARAMETERS: {"type": str, "metadata": dict, "allowedValues": list},
}


class ShapeError(ValueError):
    """JSON that the form has no fields for; ``path`` is the first part that it cannot show."""

    def __init__(self, path: str) -> None:
        super().__init__(f"The form cannot show '{path}' as it is; put it right here first.")
        self.path = path


@dataclass(slots=True)
class Document:
    """The properties that the JSON editor shows as text."""

    properties: Entry

    @classmethod
    def read(cls, text: str) -> Document:
        """The document that a text describes.

        Raises ``JsonTextError`` for what is no JSON, and ``ShapeError`` for JSON that the form
        could not show without a loss.
        """
        value = json_text.parse(text, limit=MAX_CHARACTERS)
        if not isinstance(value, dict):
            raise ShapeError("the text")
        for path in _misfits(value):
            raise ShapeError(path)
        return cls(value)

    @property
    def text(self) -> str:
        """The JSON, as the editor shows it."""
        return json_text.pretty(self.properties)

    @property
    def members(self) -> list[Entry]:
        """``policyDefinitions``."""
        found: list[Entry] = _part(self.properties, _MEMBERS, [])
        return found

    @property
    def groups(self) -> list[Entry]:
        """``policyDefinitionGroups``."""
        found: list[Entry] = self.properties.get(_GROUPS) or []
        return found

    @property
    def parameters(self) -> dict[str, Entry]:
        """``parameters``, by name in their order."""
        found: dict[str, Entry] = _part(self.properties, _PARAMETERS, {})
        return found

    @property
    def version(self) -> str:
        """The version that a save is asked for; empty where the rule decides."""
        return str(self.properties.get("version") or "")

    @property
    def references(self) -> list[str]:
        """The reference ids."""
        return [str(one.get(REFERENCE) or "") for one in self.members]

    @property
    def stray_groups(self) -> list[str]:
        """The groups that members name and the initiative does not have."""
        known = {str(one.get("name")).lower() for one in self.groups}
        named = (name for one in self.members for name in one.get(_NAMES) or [])
        return list(dict.fromkeys(name for name in named if name.lower() not in known))

    def called(self, index: int) -> str:
        """What a member is called: by its reference id, or by its place without one."""
        return str(self.members[index].get(REFERENCE) or "") or f"Policy {index + 1}"

    def has_member(self, index: int) -> bool:
        """Whether a place is one of a member; what browsers send may be any number."""
        return 0 <= index < len(self.members)

    def ask_version(self, version: str) -> None:
        """Ask for a version; an empty one leaves it to the rule."""
        put(self.properties, "version", version)

    def move(self, index: int, by: int) -> None:
        """A member changes places with the one before or after it."""
        other = index + by
        if self.has_member(index) and self.has_member(other):
            members = self.members
            members[index], members[other] = members[other], members[index]

    def add_group(self, name: str = "") -> int:
        """A group more; gives its place."""
        groups = _part(self.properties, _GROUPS, [])
        groups.append({"name": name} if name else {})
        return len(groups) - 1

    def rename_group(self, index: int, name: str) -> None:
        """Another name, which the group's members follow."""
        before = str(self.groups[index].get("name") or "")
        twins = sum(str(one.get("name") or "").lower() == before.lower() for one in self.groups)
        put(self.groups[index], "name", name)
        if before and name and twins == 1:
            self._rename_in_members(before, name)

    def remove_group(self, index: int) -> None:
        """Without a group, and nobody in it."""
        name = str(self.groups.pop(index).get("name") or "")
        if not self.groups:
            self.properties.pop(_GROUPS)
        if name.lower() not in {str(one.get("name")).lower() for one in self.groups}:
            self.drop_group(name)

    def drop_group(self, name: str) -> None:
        """Take every member out of a group."""
        for index in range(len(self.members)):
            self.join(index, name, belongs=False)

    def join(self, index: int, name: str, *, belongs: bool) -> None:
        """Put a member into a group, or take it out."""
        member = self.members[index]
        names = groups_of(member)
        if belongs == (name.lower() in {one.lower() for one in names}):
            return
        kept = [one for one in names if one.lower() != name.lower()]
        put(member, _NAMES, [*kept, name] if belongs else kept)

    def add_parameter(self, name: str, entry: Entry) -> int:
        """A parameter more; gives its place."""
        self.parameters[name] = entry
        return len(self.parameters) - 1

    def rename_parameter(self, before: str, name: str) -> None:
        """Another name in the same place; members that it is handed to follow."""
        self.properties[_PARAMETERS] = {
            (name if one == before else one): entry for one, entry in self.parameters.items()
        }
        for handed, value in self._handed():
            if handed == before.lower():
                value["value"] = handing_on(name)

    def remove_parameter(self, name: str) -> None:
        """Without it; what it was handed to says so."""
        self.parameters.pop(name, None)

    @property
    def uses(self) -> Counter[str]:
        """How many values of members hand on each parameter, by its name in lower case."""
        return Counter(name for name, _ in self._handed())

    @property
    def sizes(self) -> Counter[str]:
        """How many members each group has, by its name in lower case."""
        return Counter(name.lower() for one in self.members for name in groups_of(one))

    def _handed(self) -> Iterator[tuple[str, Entry]]:
        """Each value of a member that hands a parameter on as it is, with its lower-case name."""
        for value in (value for one in self.members for value in values_of(one).values()):
            if name := handed_on(value.get("value")):
                yield name.lower(), value

    def _rename_in_members(self, before: str, name: str) -> None:
        for member in self.members:
            names = groups_of(member)
            if before.lower() in {one.lower() for one in names}:
                member[_NAMES] = [name if one.lower() == before.lower() else one for one in names]


def groups_of(member: Entry) -> list[str]:
    """The groups that a member is in."""
    return list(member.get(_NAMES) or [])


def values_of(member: Entry) -> dict[str, Entry]:
    """ARM's ``{"name": {"value": …}}`` of a member, to be changed in place."""
    found: dict[str, Entry] = _part(member, _PARAMETERS, {})
    return found


def key_in(values: Mapping[str, Any], name: str) -> str:
    """The key that stands for a name, since ARM ignores case; the name where none does."""
    return next((key for key in values if key.lower() == name.lower()), name)


def put(entry: Entry, name: str, value: Any) -> None:
    """Set a field; one that is emptied goes, unless it was there and empty before."""
    if value in ("", [], {}):
        if entry.get(name):
            del entry[name]
    else:
        entry[name] = value


def _part(entry: Entry, name: str, empty: Any) -> Any:
    if entry.get(name) is None:
        entry[name] = empty
    return entry[name]


def _misfits(given: Entry) -> Iterator[str]:
    """The paths of what has another shape than the form shows."""
    for name in ("version", "metadata"):
        if not _fits(given.get(name), str if name == "version" else dict):
            yield name
    for name, fields in _SHAPES.items():
        entries = given.get(name)
        if not _fits(entries, dict if name == _PARAMETERS else list):
            yield name
            continue
        named = entries.items() if isinstance(entries, dict) else enumerate(entries or [])
        for key, entry in named:
            path = f"{name}.{key}" if isinstance(key, str) else f"{name}[{key}]"
            yield from _misfits_of(entry, fields, path)


def _misfits_of(entry: Any, fields: Mapping[str, type], path: str) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield path
        return
    yield from (
        f"{path}.{name}" for name, kind in fields.items() if not _fits(entry.get(name), kind)
    )
    names, values = entry.get(_NAMES), entry.get(_PARAMETERS)
    if isinstance(names, list) and not all(isinstance(one, str) for one in names):
        yield f"{path}.{_NAMES}"
    if isinstance(values, dict):
        misfits = (name for name, one in values.items() if not _is_value(one))
        yield from (f"{path}.{_PARAMETERS}.{name}" for name in misfits)


def _is_value(entry: Any) -> bool:
    """ARM's ``{"value": …}``."""
    return isinstance(entry, dict) and "value" in entry


def _fits(value: Any, kind: type) -> bool:
    return value is None or isinstance(value, kind)
