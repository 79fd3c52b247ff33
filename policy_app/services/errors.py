"""What a service says when it will not do a thing; each door words it in its own format."""

from __future__ import annotations

from collections.abc import Sequence


class PolicyError(Exception):
    """A refusal with ARM's code.

    ``target`` names the field (``properties.parameters.effect``), ``status`` is the HTTP status
    that ARM answers with, and ``details`` holds further refusals of the same request.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        target: str = "",
        status: int = 400,
        details: Sequence[PolicyError] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.target = target
        self.status = status
        self.details = tuple(details)

    def every(self) -> list[PolicyError]:
        """This refusal's parts, or itself where it has none."""
        return [one for detail in self.details for one in detail.every()] or [self]


class NotFound(PolicyError):  # noqa: N818 - reads as what it is where it is raised
    """The thing does not exist (404)."""

    def __init__(self, code: str, message: str, *, target: str = "") -> None:
        super().__init__(code, message, target=target, status=404)
