"""The stores as files: templates and mutators by the tail of the URL that a definition names.

Azure keeps them at ``https://store.policy.core.windows.net/kubernetes/<tail>``; ours are at
``<fixtures>/templates/<tail>`` and ``<fixtures>/mutations/<tail>``, and are found by that tail.
Nothing is fetched, and nothing here needs Django.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

STORE_HOST = "store.policy.core.windows.net"
STORE_FOLDER = "kubernetes"


def tail(url: str) -> str:
    """``container-no-privilege/v2/template.yaml`` for Azure's URL; empty for any other."""
    parts = urlsplit(url)
    path = PurePosixPath(parts.path)
    if parts.hostname != STORE_HOST or len(path.parts) < 3 or path.parts[1] != STORE_FOLDER:
        return ""
    if ".." in path.parts:
        return ""
    return str(PurePosixPath(*path.parts[2:]))


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
            for file in self._root.glob(f"*/*/{self._file}")
        }


class TemplateStore(_Store):
    """The constraint templates below the fixtures."""

    def __init__(self, fixtures: Path) -> None:
        super().__init__(fixtures / "templates", "template.yaml")


class MutationStore(_Store):
    """The files of mutators below the fixtures."""

    def __init__(self, fixtures: Path) -> None:
        super().__init__(fixtures / "mutations", "mutation.yaml")
