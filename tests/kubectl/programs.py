"""The kubectl programs of this machine, by their minor version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

OLDEST = "1.20"
USUAL = "1.32"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
DOWNLOADED = _CACHE / "policy-portal" / "kubectl"
"""Where ``.ci/run`` unpacks Debian's kubectl, which would clash with another one in ``PATH``."""


@lru_cache(maxsize=1)
def found() -> dict[str, Path]:
    """``{"1.32": …}``, the oldest first.

    Looked for in ``POLICY_PORTAL_KUBECTLS`` (folders, separated as in ``PATH``), where CI unpacks
    one, and beside the ``kubectl`` in ``PATH``: some vendors put one for each version there, and a
    dispatcher before them.
    """
    programs = {_version(one): one for folder in _folders() for one in _programs(folder)}
    programs.pop("", None)
    return dict(sorted(programs.items(), key=lambda one: _number(one[0])))


def versions() -> list[str]:
    """The versions to test with; the oldest and the usual one even where they are missing."""
    return sorted({OLDEST, USUAL, *found()}, key=_number)


def _folders() -> Iterator[Path]:
    yield from map(Path, filter(None, os.environ.get("POLICY_PORTAL_KUBECTLS", "").split(":")))
    yield DOWNLOADED
    in_path = shutil.which("kubectl")
    if in_path:
        yield Path(in_path).resolve().parent


def _programs(folder: Path) -> list[Path]:
    named = sorted(folder.glob("kubectl.1.*"))
    alone = folder / "kubectl"
    return named or ([alone] if alone.is_file() else [])


def _version(program: Path) -> str:
    """``1.32``, by the name, or else as the program says itself; nothing where it does not run."""
    _, _, named = program.name.partition(".")
    if named:
        return named
    asked = subprocess.run(
        [program, "version", "--client", "-o", "json"], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        return ""
    version = json.loads(asked.stdout)["clientVersion"]
    return f"{version['major']}.{version['minor'].rstrip('+')}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
