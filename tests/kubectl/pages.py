"""The console blocks of a page in docs/: commands, and what they print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
_BLOCK = re.compile(r"^```(console|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Step:
    """One command of a page, with the lines below it."""

    command: str
    printed: list[str] = field(default_factory=list)


def steps(page: str) -> Iterator[Step]:
    """The commands of a page, in its order."""
    for _, block in _blocks(page, "console"):
        found: list[Step] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:]))
            else:
                found[-1].printed.append(line)
        yield from found


def texts(page: str) -> list[str]:
    """The blocks of a page that are printed, and belong to no command there."""
    return [block.strip() for _, block in _blocks(page, "text")]


def says(printed: str, written: list[str]) -> bool:
    """Whether something was printed as it is written; ``…`` and columns' widths may differ."""
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()]
    return len(lines) == len(written) and all(
        re.fullmatch(_pattern(one), line) for one, line in zip(written, lines, strict=True)
    )


def _blocks(page: str, form: str) -> Iterator[tuple[str, str]]:
    for name, block in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if name == form:
            yield name, block


def _pattern(written: str) -> str:
    words = [re.escape(word).replace("…", r"\S+") for word in written.split()]
    return r"\s+".join(words)
