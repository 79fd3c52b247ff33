"""What goes wrong on the way, kept to be reported together rather than one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INPUT: Literal["input"] = "input"
POLICY: Literal["policy"] = "policy"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An input that cannot be read, or a policy that cannot be resolved or compiled.

    ``line``, ``column`` and ``document`` count from 1, and are 0 where unknown.
    """

    kind: Literal["input", "policy"]
    source: str
    """The file, or what the user called the policy."""
    message: str
    hint: str = ""
    line: int = 0
    column: int = 0
    document: int = 0

    def __str__(self) -> str:
        where = [self.source, *(str(part) for part in (self.line, self.column) if part)]
        return f"{':'.join(where)}: {self.message} {self.hint}".rstrip()


class TroubleError(Exception):
    """Carries one trouble to where they are collected."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble
