"""Text: pieces that become one string under a query's budget, and its bytes."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import Budget

_FIRST_LOOK = 65_536


class TextSink:
    """Collects pieces of one string; asks the budget each time the string has doubled."""

    __slots__ = ("_budget", "_look", "_parts", "_size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._parts: list[str] = []
        self._size = 0
        self._look = _FIRST_LOOK

    def add(self, text: str) -> None:
        """Append a piece."""
        self.reserve(len(text))
        self._size += len(text)
        self._parts.append(text)

    def reserve(self, length: int) -> None:
        """Ask for room before a piece of this length is made."""
        if self._size + length > self._look:
            self._budget.charge_string(self._size + length)
            self._look = 2 * (self._size + length)

    def text(self) -> str:
        """The whole string."""
        self._budget.charge_string(self._size)
        return "".join(self._parts)


def utf8(text: str) -> bytes:
    """The text as bytes; half of a surrogate pair becomes U+FFFD, as in Go."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def well_formed(text: str) -> str:
    """The text with half surrogate pairs made U+FFFD, for libraries that take no others."""
    return text if text.isascii() else from_bytes(utf8(text))


def from_bytes(data: bytes) -> str:
    """Bytes as text; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace")
