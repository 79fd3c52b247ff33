"""What stops a YAML text from being read, with its place."""

from __future__ import annotations

from typing import Any

import yaml


class YamlFault(Exception):  # noqa: N818 - a fault of the text, not of the program
    """A fault at a line and column, both counted from 1 within the text that was read."""

    def __init__(self, message: str, line: int, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint

    @classmethod
    def at(cls, event: yaml.Event, message: str, hint: str = "") -> YamlFault:
        """A fault at the start of an event."""
        # Every event of libyaml has its mark; the stubs leave it open.
        mark: Any = event.start_mark
        return cls(message, mark.line + 1, mark.column + 1, hint)

    @classmethod
    def of(cls, error: yaml.MarkedYAMLError, text: str) -> YamlFault:
        """What libyaml found wrong, with a hint for the usual causes."""
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        message = " ".join(part for part in (error.problem, error.context) if part)
        return cls(message, line + 1, column + 1, _hint(text, line, column))


def _hint(text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    here = lines[line] if line < len(lines) else ""
    before = here[:column]
    if here[column : column + 1] == "\t" or ("\t" in before and not before.strip()):
        return "Indent with spaces: YAML does not allow tabs there."
    return ""
