"""The stores as files: templates, constraints and mutators by the tail of a definition's URL.

Azure keeps them at ``https://store.policy.core.windows.net/kubernetes/<tail>``, and what it has
retired in part in its repository; ours are at ``<fixtures>/templates/<tail>`` and
``<fixtures>/mutations/<tail>``, and are found by that tail.  Nothing is fetched, and nothing here
needs Django.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from policy_app.evaluation.language.details import (
    CONSTRAINT_INFO,
    CONSTRAINT_URL,
    MUTATION_INFO,
    Source,
)

_ROOTS = {
    "store.policy.core.windows.net": "/kubernetes/",
    "raw.githubusercontent.com": "/azure/azure-policy/master/built-in-references/kubernetes/",
}
"""Where Azure keeps them: hosts, and the folder at each, in lower case."""


def tail(url: str) -> str:
    """``container-no-privilege/v2/template.yaml`` for Azure's URL; empty for any other."""
    parts = urlsplit(url)
    root = _ROOTS.get(parts.hostname or "", "")
    inside = PurePosixPath(parts.path[len(root) :])
    if not root or not parts.path.lower().startswith(root) or ".." in inside.parts:
        return ""
    return str(inside) if inside.parts else ""


class _Store:
    """The files of one name below one folder; only those that are asked for are read."""

    def __init__(self, root: Path, file: str) -> None:
        self._root = root
        self._file = file
        self._texts: dict[str, str] = {}

    def text(self, url: str) -> str | None:
        """The YAML that ``url`` names, or None where the store lacks it."""
        # URLs are compared here without regard to case.
        wanted = tail(url).lower()
        if wanted not in self._files:
            return None
        if wanted not in self._texts:
            self._texts[wanted] = self._files[wanted].read_text(encoding="utf-8")
        return self._texts[wanted]

    @cached_property
    def _files(self) -> dict[str, Path]:
        return {
            file.relative_to(self._root).as_posix().lower(): file
            for pattern in ("*", "*/*")
            for file in self._root.glob(f"{pattern}/{self._file}")
        }


class TemplateStore(_Store):
    """The constraint templates below the fixtures."""

    def __init__(self, fixtures: Path) -> None:
        super().__init__(fixtures / "templates", "template.yaml")


class MutationStore(_Store):
    """The files of mutators below the fixtures."""

    def __init__(self, fixtures: Path) -> None:
        super().__init__(fixtures / "mutations", "mutation.yaml")


class ConstraintStore(_Store):
    """The constraints beside the templates, for definitions that bring their own."""

    def __init__(self, fixtures: Path) -> None:
        super().__init__(fixtures / "templates", "constraint.yaml")


class SourceStore:
    """All three: whatever a definition's details name."""

    def __init__(self, fixtures: Path) -> None:
        self.templates = TemplateStore(fixtures)
        self.mutations = MutationStore(fixtures)
        self.constraints = ConstraintStore(fixtures)

    def text(self, source: Source) -> str | None:
        """The text that a source at a URL names, or None where the store lacks it."""
        if source.field == MUTATION_INFO:
            return self.mutations.text(source.url)
        if source.field in (CONSTRAINT_INFO, CONSTRAINT_URL):
            return self.constraints.text(source.url)
        return self.templates.text(source.url)
