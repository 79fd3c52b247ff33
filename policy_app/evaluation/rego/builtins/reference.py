"""The reference of the builtins as Markdown: ``docs/rego-builtins.md`` below its introduction.

``python -m policy_app.evaluation.rego.builtins.reference docs/rego-builtins.md`` writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from policy_app.evaluation.rego.builtins import REFUSED, REGISTRY, Builtin

MARK = "<!-- Written by policy_app.evaluation.rego.builtins.reference; do not edit below. -->"


def reference() -> str:
    """A table for each family, and one for what is refused."""
    return "\n".join([MARK, "", *_families(), *_refused()])


def _families() -> Iterator[str]:
    for family, builtins in groupby(REGISTRY.values(), key=lambda builtin: builtin.family):
        yield from (f"## {family.capitalize()}", "", "| builtin | result | what it gives |")
        yield "|---|---|---|"
        yield from map(_row, builtins)
        yield ""


def _row(builtin: Builtin) -> str:
    named = zip(builtin.names, builtin.args, strict=not builtin.variadic)
    operands = "..." if builtin.variadic else ", ".join(f"{n}: {kind}" for n, kind in named)
    infix = f" (`{builtin.infix}`)" if builtin.infix else ""
    notes = " *Deprecated, Rego v0 only.*" if builtin.deprecated else ""
    cells = (
        f"`{builtin.name}({operands})`{infix}",
        f"`{builtin.result}`",
        builtin.summary.replace("``", "`") + notes,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _refused() -> Iterator[str]:
    yield from ("## Refused", "", "| builtin | reason |", "|---|---|")
    yield from (f"| `{name}` | {reason} |" for name, reason in sorted(REFUSED.items()))
    yield ""


def updated(document: str) -> str:
    """The document with its part below the mark written anew."""
    return document.split(MARK)[0] + reference()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(updated(file.read_text(encoding="utf-8")), encoding="utf-8")
