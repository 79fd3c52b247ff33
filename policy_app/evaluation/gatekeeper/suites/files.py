"""The files that a suite names, read through a function so that nothing here touches a disk."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from policy_app.evaluation import manifests
from policy_app.evaluation.gatekeeper.suites.errors import (
    INVALID_YAML,
    NO_OBJECTS,
    SuiteError,
)

Reader = Callable[[str], bytes]
"""Gives a file's bytes; raises ``OSError``."""


class Files:
    """The objects in the files around one suite; a file is read and parsed once."""

    def __init__(self, suite: str, read: Reader) -> None:
        self._folder = posixpath.dirname(suite)
        self._read = read
        self._known: dict[str, list[dict[str, Any]]] = {}

    def path(self, name: str) -> str:
        """Where a file is that the suite names; also a name with a leading slash is below it."""
        return posixpath.normpath(posixpath.join(self._folder, name.lstrip("/")))

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Every object of a file, at least one; callers must not change them.

        Raises ``SuiteError`` with the place of what cannot be read.
        """
        path = self.path(name)
        if path not in self._known:
            self._known[path] = self._load(path)
        return self._known[path]

    def first(self, name: str) -> dict[str, Any]:
        """The first object of a file, which is all that gator looks at in templates."""
        return self.objects(name)[0]

    def _load(self, path: str) -> list[dict[str, Any]]:
        try:
            text = self._read(path)
        except OSError as error:
            raise SuiteError(f"open {path}", error.strerror or str(error)) from None
        file = manifests.load(path, text, as_written=True)
        if file.problems:
            raise SuiteError(f'reading "{path}"', f"{INVALID_YAML}: {file.problems[0]}")
        if not file.documents:
            raise SuiteError(NO_OBJECTS, f'path "{path}" defines no YAML objects')
        return [document.object for document in file.documents]
