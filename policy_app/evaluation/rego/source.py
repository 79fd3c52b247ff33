"""Places in a module, and errors that point at them."""

from __future__ import annotations

from typing import NamedTuple

from policy_app.evaluation.rego.errors import RegoError


class Pos(NamedTuple):
    """A place in a module: both count from 1."""

    line: int
    column: int


class Source(NamedTuple):
    """A module's file name and lines: what an error message shows."""

    file: str
    lines: tuple[str, ...]

    def error(self, message: str, pos: Pos, code: str = "rego_compile_error") -> RegoError:
        text = self.lines[pos.line - 1] if 0 < pos.line <= len(self.lines) else ""
        return RegoError(
            message, code=code, file=self.file, line=pos.line, column=pos.column, text=text
        )
