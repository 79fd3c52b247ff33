"""Store published definitions: new ones, new versions, and Azure's text in place of ours.

One import is one transaction: a definition that cannot be stored is reported, the others go in
together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from policy_app.catalog import storing
from policy_app.catalog.reading import FileProblem, Published, read
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.versions import version_key
from policy_app.models import Definition, DefinitionVersion

Origin = DefinitionVersion.Origin
_FEW = 500
"""Up to so many, only what is asked for is read: a start need not read thousands of rows."""


@dataclass(slots=True)
class ImportReport:
    """What an import did, by display name and version."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)
    """Definitions that are stored but cannot be evaluated, with the reason."""


Progress = Callable[[int, int], None]
"""Told after each definition how many are done, and of how many."""


def import_path(path: Path, origin: str, progress: Progress | None = None) -> ImportReport:
    """Import a file, a folder, or a checkout of Azure's repository."""
    report = ImportReport()
    found = list(read(path))  # before the transaction, which others wait for
    with transaction.atomic():
        _Import(origin, report, found).run(progress or (lambda done, total: None))
    return report


class _Import:
    """One run: what is stored already is read once, for speed with thousands of files."""

    def __init__(
        self, origin: str, report: ImportReport, found: Sequence[Published | FileProblem]
    ) -> None:
        self.origin = origin
        self.report = report
        self.found = found
        definitions = Definition.objects.all()
        versions = DefinitionVersion.objects.select_related("definition").defer("body")
        keys = {str(one.shape["id"]).lower() for one in found if isinstance(one, Published)}
        if len(keys) <= _FEW:
            definitions = definitions.filter(key__in=keys)
            versions = versions.filter(definition__key__in=keys)
        self.definitions = {one.key: one for one in definitions}
        self.versions = {(row.definition.key, row.version): row for row in versions}

    def run(self, progress: Progress) -> None:
        """Store everything that was read."""
        for number, one in enumerate(self.found, start=1):
            self._take(one)
            progress(number, len(self.found))
        if self.report.created or self.report.updated:
            storing.tell_initiatives()

    def _take(self, one: Published | FileProblem) -> None:
        if isinstance(one, FileProblem):
            self.report.problems.append(one)
            return
        try:
            self._store(one)
        except LanguageError as error:
            self.report.problems.append(FileProblem(one.path, 0, str(error)))

    def _store(self, published: Published) -> None:
        parser = PolicySetDefinition if published.is_set else PolicyDefinition
        parsed = parser.parse(published.shape)
        body = published.shape["properties"]
        definition = self._definition(published, parsed)
        label = f"{parsed.display_name} {parsed.version}"
        if definition.evaluation_gap:
            self.report.gaps.append((label, definition.evaluation_gap))
        self._version(definition, parsed, body, label)

    def _definition(self, published: Published, parsed: storing.Parsed) -> Definition:
        key = str(published.shape["id"]).lower()
        stored = self.definitions.get(key)
        if stored is None:
            stored = Definition(
                arm_id=published.shape["id"],
                name=published.shape["name"],
                kind=Definition.Kind.INITIATIVE if published.is_set else Definition.Kind.POLICY,
            )
        elif version_key(parsed.version) < version_key(stored.latest_version):
            return stored
        if self._summarise(stored, parsed):
            stored.save()
        self.definitions[key] = stored
        return stored

    def _summarise(self, stored: Definition, parsed: storing.Parsed) -> bool:
        """Bring the list's columns in line with the newest version; true where they changed."""
        wanted = storing.summary(parsed)
        if self.origin == Origin.PORTAL and stored.pk and self._is_official(stored, parsed.version):
            # Our own text never comes back over Azure's when the catalogue is loaded again.
            for official in ("display_name", "description", "category"):
                wanted.pop(official)
        return storing.summarise(stored, wanted)

    def _is_official(self, stored: Definition, version: str) -> bool:
        row = self.versions.get((stored.key, version))
        return row is not None and row.origin == Origin.AZURE

    def _version(
        self, definition: Definition, parsed: storing.Parsed, body: dict[str, Any], label: str
    ) -> None:
        row = self.versions.get((definition.key, parsed.version))
        if row is not None and (
            row.fingerprint == storing.fingerprint(body)
            or (self.origin == Origin.PORTAL and row.origin == Origin.AZURE)
        ):
            self.report.unchanged.append(label)
            return
        (self.report.updated if row else self.report.created).append(label)
        row = row or DefinitionVersion(definition=definition)
        storing.write_version(row, parsed, body, self.origin)
        self.versions[definition.key, parsed.version] = row
