"""What users call a policy: a GUID, a full id, a title or a file, with a version if they like."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy_app.catalog.shelf import Entry, Shelf, newest
from policy_app.cli.offline.errors import POLICY, Trouble, TroubleError
from policy_app.evaluation.language.assignment_resource import Assignment
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError

_VERSION = re.compile(r"(?:\d+|\*)(?:\.(?:\d+|\*)){2}(?:-[0-9A-Za-z.-]+)?")
_LARGEST = 5 * 1024 * 1024

Target = PolicyDefinition | PolicySetDefinition


@dataclass(frozen=True, slots=True)
class Reference:
    """A policy as the user names it."""

    text: str
    name: str
    version: str = ""
    """``6.*.*``; empty for the newest."""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """``NAME`` or ``NAME@6.*.*``."""
        name, at, version = text.rpartition("@")
        if at and name and _VERSION.fullmatch(version):
            return cls(text, name, version)
        return cls(text, text)

    def refuse(self, message: str, hint: str = "") -> TroubleError:
        """The error about this policy."""
        return TroubleError(Trouble(POLICY, self.text, message, hint))


def definition(reference: Reference, shelf: Shelf) -> PolicyDefinition:
    """The policy definition that is meant.  Raises ``TroubleError``."""
    found = resolve(reference, shelf)
    if isinstance(found, PolicySetDefinition):
        raise reference.refuse("This is an initiative.", f"Use --initiative {reference.text!r}.")
    return found


def initiative(reference: Reference, shelf: Shelf) -> PolicySetDefinition:
    """The initiative that is meant.  Raises ``TroubleError``."""
    found = resolve(reference, shelf)
    if isinstance(found, PolicyDefinition):
        raise reference.refuse(
            "This is one policy definition.", f"Use --definition {reference.text!r}."
        )
    return found


def assignment(reference: Reference) -> Assignment | None:
    """The assignment in a file; None where the text names something else.

    Raises ``TroubleError``.
    """
    file = _file(reference)
    if file is None:
        return None
    value = read_json(reference, file)
    properties = value.get("properties")
    if not isinstance(properties, dict) or "policyDefinitionId" not in properties:
        return None
    try:
        return Assignment.parse(value)
    except LanguageError as error:
        raise reference.refuse(_sentence(str(error))) from None


def resolve(reference: Reference, shelf: Shelf) -> Target:
    """The definition or initiative that is meant.  Raises ``TroubleError``."""
    try:
        file = _file(reference)
        return _from_file(reference, file) if file else _entry(reference, shelf).parse()
    except LanguageError as error:
        raise reference.refuse(_sentence(str(error))) from None


def _file(reference: Reference) -> Path | None:
    """The file that is meant; ids look like absolute paths, so a file has to exist or end so."""
    for text in (reference.text, reference.name):
        if Path(text).is_file():
            return Path(text)
    return Path(reference.name) if reference.name.lower().endswith(".json") else None


def _from_file(reference: Reference, file: Path) -> Target:
    value = read_json(reference, file)
    properties = value.get("properties", value)
    if not isinstance(properties, dict):
        raise reference.refuse("properties should be an object.")
    is_set = "policyDefinitions" in properties
    if not is_set and "policyRule" not in properties:
        raise reference.refuse(
            "This is no policy definition: it has neither policyRule nor policyDefinitions.",
            "Expected ARM's JSON, {id, name, properties} or properties alone.",
        )
    if not value.get("id"):
        value = _named(value, properties, file, "policySetDefinitions" if is_set else "")
    kind = PolicySetDefinition if is_set else PolicyDefinition
    return kind.parse(value)


def _named(
    value: dict[str, Any], properties: dict[str, Any], file: Path, folder: str
) -> dict[str, Any]:
    """A resource of a file without an id, which is named for the file."""
    name = str(value.get("name") or file.stem)
    folder = folder or "policyDefinitions"
    return {
        "id": f"/providers/Microsoft.Authorization/{folder}/{name}",
        "name": name,
        "properties": properties,
    }


def read_json(reference: Reference, file: Path) -> dict[str, Any]:
    """The JSON object in a file.  Raises ``TroubleError`` with the place of the fault."""
    try:
        if file.stat().st_size > _LARGEST:
            raise reference.refuse("The file is larger than 5 MB.")
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise reference.refuse(f"The file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise reference.refuse("The file is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        place = Trouble(
            POLICY,
            reference.text,
            f"This is no JSON: {error.msg}.",
            line=error.lineno,
            column=error.colno,
        )
        raise TroubleError(place) from None
    except RecursionError:
        raise reference.refuse("The JSON is nested too deeply.") from None
    if not isinstance(value, dict):
        raise reference.refuse("The JSON should be an object.")
    return value


def _entry(reference: Reference, shelf: Shelf) -> Entry:
    found = shelf.find(reference.name)
    if not found:
        near = shelf.near(reference.name)
        hint = f"Did you mean {near!r}?" if near else "Give a GUID, a full id, a title or a file."
        raise reference.refuse("There is no built-in definition with this id or title.", hint)
    ids = sorted({one.id for one in found})
    if len(ids) > 1:
        raise reference.refuse("Several definitions have this title.", f"Use {' or '.join(ids)}.")
    picked = newest(found, reference.version)
    if picked is None:
        known = ", ".join(sorted(one.version for one in found))
        raise reference.refuse(
            f"There is no version {reference.version} of it here.", f"There is: {known}."
        )
    return picked


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
