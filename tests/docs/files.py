"""The texts that the tests of this folder read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("portal", "policy_app", "tests", "benchmarks", "tools")
MAX_LINES = 400


def documents() -> list[Path]:
    """Every Markdown file of the project, by path."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def modules() -> list[Path]:
    """Every Python file that people wrote, by path."""
    found = [file for folder in PACKAGES for file in (ROOT / folder).rglob("*.py")]
    return sorted(file for file in found if "migrations" not in file.parts)


def name(file: Path) -> str:
    """A file's path from the root of the project, for messages and test ids."""
    return file.relative_to(ROOT).as_posix()


def pyproject() -> dict[str, Any]:
    """The project's own description."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
