"""What can go wrong between Rego's text and its answer."""

from __future__ import annotations


class Undefined(Exception):  # noqa: N818 - Rego's own word, and no error
    """The query has no value; in Rego this is not false."""


class RegoError(Exception):
    """A policy that does not compile, or fails while it runs.

    ``code`` is one of OPA's (``rego_parse_error``, ``rego_compile_error``,
    ``rego_unsafe_var_error``, ``rego_type_error``, ``rego_recursion_error``, ``eval_error``…);
    ``line`` and ``column`` count from 1 and are 0 where unknown; ``text`` is the source line.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "rego_compile_error",
        file: str = "",
        line: int = 0,
        column: int = 0,
        text: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.text = text

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line or "") if part)
        return f"{where}: {self.code}: {self.message}" if where else f"{self.code}: {self.message}"


class RegoLimitError(RegoError):
    """A policy went past one of the bounds that keep the process alive."""
