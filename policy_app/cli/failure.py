"""How a subcommand ends when it cannot do what was asked."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - an ending told to the user, not a fault of the program
    """A sentence or a few for the user: what is wrong, and what would be right."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
        """The exit code."""
