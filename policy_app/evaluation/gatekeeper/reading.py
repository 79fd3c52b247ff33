"""Fields of a Kubernetes object, read with errors that name the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from policy_app.evaluation.gatekeeper.errors import GatekeeperError, MutatorError


@dataclass(frozen=True, slots=True)
class Fields:
    """An object, where in its document it stands, and what is raised about its fields."""

    values: Mapping[str, Any]
    path: str = ""
    error: type[GatekeeperError] = MutatorError

    def has(self, name: str) -> bool:
        """Whether a field is there; ``null`` is as good as nothing."""
        return self.values.get(name) is not None

    def child(self, name: str) -> Fields:
        """The object in a field; empty where there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, Mapping):
            self.refuse(name, "must be an object")
        return Fields(value or {}, self.at(name), self.error)

    def text(self, name: str) -> str:
        """The string in a field; empty where there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            self.refuse(name, "must be a string")
        return value or ""

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of the choices; the default where there is none."""
        value = self.text(name) or default
        if value not in choices:
            self.refuse(name, f'is "{value}", and must be one of {", ".join(choices)}')
        return value

    def items(self, name: str) -> list[Any]:
        """The list in a field; empty where there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, list):
            self.refuse(name, "must be a list")
        return value or []

    def texts(self, name: str) -> tuple[str, ...]:
        """The list of strings in a field."""
        found = self.items(name)
        if not all(isinstance(one, str) for one in found):
            self.refuse(name, "must be a list of strings")
        return tuple(found)

    def children(self, name: str) -> list[Fields]:
        """The objects in a field's list."""
        found = self.items(name)
        if not all(isinstance(one, Mapping) for one in found):
            self.refuse(name, "must be a list of objects")
        path = self.at(name)
        return [Fields(one, f"{path}[{number}]", self.error) for number, one in enumerate(found)]

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, problem: str) -> NoReturn:
        """Raise the ``error`` about a field."""
        raise self.error(f"{self.at(name)} {problem}", path=self.at(name))


def placed(error: GatekeeperError, path: str, prefix: str = "") -> MutatorError:
    """An error of a part as one of the mutator, with the field that it is about."""
    return MutatorError(f"{prefix}{error.message}", path=path)
