"""What is said of a query option that cannot be read."""

from __future__ import annotations

from policy_app.services.errors import PolicyError

_CODES = {"$filter": "InvalidFilterInQueryString"}
_SHOWN = 200


class ODataError(PolicyError):
    """A query option that cannot be read, or asks for what a list does not have.

    ``position`` counts characters of the option's text from 1; ``expected`` says what could stand
    there, and ``found`` what does.
    """

    def __init__(self, option: str, text: str, position: int, expected: str, found: str) -> None:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        super().__init__(
            _CODES.get(option, "InvalidQueryParameter"),
            f"Invalid {option} '{shown}': expected {expected} at character {position}, found"
            f" {found}.",
            target=option,
        )
        self.option = option
        self.position = position
        self.expected = expected
        self.found = found
