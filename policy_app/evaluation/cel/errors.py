"""What can go wrong between CEL's text and its answer."""

from __future__ import annotations


class CelError(Exception):
    """An expression that fails while it runs; ``&&``, ``||`` and macros may absorb it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CelLimitError(Exception):
    """An expression that went past a bound; nothing absorbs it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CelCompileError(Exception):
    """Text that is no CEL, or CEL that does not fit its types.

    ``message`` is what the compiler prints, with the line at fault; ``line`` and ``column`` count
    from 1 within the expression, and are 0 where unknown.
    """

    def __init__(self, message: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
