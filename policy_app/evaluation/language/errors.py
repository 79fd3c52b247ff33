"""What can be wrong with a definition, a parameter or an assignment, in ARM's own codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class LanguageError(Exception):
    """Something in Azure's policy language that cannot be accepted.

    ``code`` is ARM's error code, ``message`` a sentence for a person, and ``path`` the JSON path
    of the field at fault (``properties.parameters.effect``); empty where there is none.
    """

    code = "InvalidRequestContent"

    def __init__(self, message: str, *, path: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class DefinitionError(LanguageError):
    """A policy definition or policy set definition that is not shaped as ARM requires."""

    code = "InvalidPolicyDefinition"


class AssignmentError(LanguageError):
    """An assignment that is not shaped as ARM requires, or does not fit its definition."""

    code = "InvalidCreatePolicyAssignmentRequest"


class EffectError(LanguageError):
    """A word that is no policy effect."""

    code = "InvalidPolicyRule"


@dataclass(frozen=True, slots=True)
class ParameterFault:
    """One thing wrong with one parameter."""

    code: str
    """``MissingPolicyParameter``, ``UndefinedPolicyParameter``,
    ``PolicyParameterValueNotAllowed`` or ``InvalidPolicyParameters``."""
    parameter: str
    message: str
    path: str = ""
    """The place inside the value, such as ``paths[0].readOnly``; empty for all of it."""

    @property
    def target(self) -> str:
        """The parameter and the place inside it, as one path."""
        if not self.path or self.path.startswith("["):
            return f"{self.parameter}{self.path}"
        return f"{self.parameter}.{self.path}"


class ParameterErrors(LanguageError):  # noqa: N818 - several errors, told together
    """Every fault of a set of parameter values; code and message are those of the first."""

    def __init__(self, faults: Sequence[ParameterFault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        super().__init__(first.message, path=first.target, code=first.code)

    def __str__(self) -> str:
        return "\n".join(fault.message for fault in self.faults)


def nearest(word: str, known: Iterable[str]) -> str:
    """What was probably meant by a word that is not known, for a hint; empty where that is open."""
    # Loaded where it is needed: hardly any run has such a word, and all should start quickly.
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, n=1)), "")
