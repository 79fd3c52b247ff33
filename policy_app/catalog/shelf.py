"""The built-in definitions and initiatives as files, found by whatever people call them.

Nothing here needs Django or a database: the command line takes definitions off the shelf, the
portal's catalogue is filled from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from policy_app.catalog.reading import Published, read
from policy_app.catalog.store import SourceStore, tail
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.versions import pick_version, version_key

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
_FOLDERS = ("definitions", "initiatives")
_NAME = re.compile(rb'"name"\s*:\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a definition or initiative, not yet parsed."""

    published: Published

    @property
    def id(self) -> str:
        """The ARM id."""
        return str(self.published.shape["id"])

    @property
    def name(self) -> str:
        """The last part of the id: a GUID for what is built in."""
        return str(self.published.shape["name"])

    @property
    def display_name(self) -> str:
        """The title."""
        return str(self.published.shape["properties"].get("displayName", ""))

    @property
    def version(self) -> str:
        """The full version."""
        properties = self.published.shape["properties"]
        metadata = properties.get("metadata") or {}
        return str(properties.get("version") or metadata.get("version") or "1.0.0")

    @property
    def is_initiative(self) -> bool:
        """True for a policy set definition."""
        return self.published.is_set

    @property
    def template_url(self) -> str:
        """Where its template is; empty for initiatives and for templates inside the definition."""
        return self._url("templateInfo", "constraintTemplate")

    @property
    def constraint_url(self) -> str:
        """Where the constraint is that it brings along; empty where one is made for it."""
        return self._url("constraintInfo", "constraint")

    def _url(self, info: str, retired: str) -> str:
        rule = self.published.shape["properties"].get("policyRule", {})
        details = rule.get("then", {}).get("details") or {}
        if not isinstance(details, dict):
            return ""
        return str((details.get(info) or {}).get("url") or details.get(retired) or "")

    @property
    def member_ids(self) -> frozenset[str]:
        """The ids of an initiative's members, in lower case."""
        members = self.published.shape["properties"].get("policyDefinitions") or []
        return frozenset(str(one.get("policyDefinitionId", "")).lower() for one in members)

    def parse(self) -> PolicyDefinition | PolicySetDefinition:
        """The definition itself.  Raises ``DefinitionError``."""
        kind = PolicySetDefinition if self.is_initiative else PolicyDefinition
        return kind.parse(self.published.shape)


class Shelf:
    """The definitions, initiatives, templates and mutators below one folder."""

    def __init__(self, fixtures: Path = FIXTURES) -> None:
        self._fixtures = fixtures
        self.sources = SourceStore(fixtures)
        self.templates = self.sources.templates
        self.constraints = self.sources.constraints

    @cached_property
    def entries(self) -> list[Entry]:
        """Everything on the shelf, in every version."""
        return [entry for file in self._files for entry in self._read(file)]

    @cached_property
    def _files(self) -> list[Path]:
        return [
            file for folder in _FOLDERS for file in sorted((self._fixtures / folder).glob("*.json"))
        ]

    @cached_property
    def _naming(self) -> Mapping[str, list[Path]]:
        """The files by each name in their texts, which tells what need not be parsed."""
        files: dict[str, list[Path]] = {}
        for file in self._files:
            for name in set(_NAME.findall(file.read_bytes().lower())):
                files.setdefault(name.decode(errors="replace"), []).append(file)
        return files

    @cached_property
    def _parsed(self) -> dict[Path, list[Entry]]:
        return {}

    def _read(self, file: Path) -> list[Entry]:
        if file not in self._parsed:
            found = read(file)
            self._parsed[file] = [Entry(one) for one in found if isinstance(one, Published)]
        return self._parsed[file]

    def find(self, text: str) -> list[Entry]:
        """The versions of what has this id, name or title; ids and names in any case."""
        wanted = text.strip().rstrip("/").lower()
        # An id ends with the name.
        named = self._naming.get(wanted.rpartition("/")[2], ())
        read = (entry for file in named for entry in self._read(file))
        by_id = [one for one in read if wanted in (one.id.lower(), one.name.lower())]
        if by_id:
            return by_id
        # Some have changed their title from one version to the next.
        titled = {one.id.lower() for one in self.entries if one.display_name == text.strip()}
        return [one for one in self.entries if one.id.lower() in titled]

    def folder_of(self, template_url: str) -> Path:
        """Where a template's samples and its suite are."""
        return self._fixtures / "templates" / PurePosixPath(tail(template_url)).parent

    def near(self, text: str) -> str:
        """A title, or the GUID, that the text may have been meant for; or empty."""
        from difflib import get_close_matches

        wanted = text.strip().lower()
        titles = {one.display_name.lower(): one.display_name for one in self.entries}
        # Any two GUIDs look somewhat alike; one or two slips look very much alike.
        names = {one.name.lower(): f"{one.name} ({one.display_name})" for one in self.entries}
        for known, likeness in ((names, 0.9), (titles, 0.6)):
            found = get_close_matches(wanted.rpartition("/")[2], known, n=1, cutoff=likeness)
            if found:
                return known[found[0]]
        return ""


def newest(entries: Iterable[Entry], pattern: str = "") -> Entry | None:
    """The newest version that fits a pattern such as ``6.*.*``; None where none does.

    Raises ``VersionError`` for a pattern that is none.
    """
    by_version = {one.version: one for one in entries}
    if not pattern:
        return by_version[max(by_version, key=version_key)] if by_version else None
    picked = pick_version(pattern, by_version)
    return by_version[picked] if picked else None
