"""What a remedy is asked about: one violation, with the object and the constraint behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.remedies.edits import Edit, Path, value_at

_POD_SPECS: tuple[Path, ...] = (
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("template", "spec"),
)
_LISTS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Case:
    """A violation; ``container`` is the name that it tells, and empty where it tells none."""

    object: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    container: str = ""

    def at(self, *path: str | int) -> Any:
        """The value at a path; None where there is none."""
        return value_at(self.object, path)

    def listed(self, *path: str | int) -> list[Any]:
        """The list at a path; empty where there is none."""
        found = self.at(*path)
        return found if isinstance(found, list) else []

    def parameter_list(self, name: str) -> list[Any]:
        """A parameter that is a list."""
        found = self.parameters.get(name)
        return list(found) if isinstance(found, Sequence) and not isinstance(found, str) else []

    @property
    def pod(self) -> Path:
        """Where the Pod's spec is: a workload has it in its template."""
        return pod_spec_of(self.object)

    @property
    def containers(self) -> list[Path]:
        """The containers that the violation is about; all of them where it names none."""
        every = [
            (*self.pod, group, index)
            for group in _LISTS
            for index, _ in enumerate(self.listed(*self.pod, group))
        ]
        named = [path for path in every if self.at(*path, "name") == self.container]
        return named or every

    def items(self, *path: str | int) -> Iterator[tuple[Path, Any]]:
        """The entries of a list, each with its path."""
        for index, item in enumerate(self.listed(*path)):
            yield (*path, index), item


Way = Callable[[Case], Iterable[Edit]]
"""What to change, as far as it can be worked out; nothing where it cannot."""


def pod_spec_of(thing: Mapping[str, Any]) -> Path:
    """Where in an object the Pod's spec is; ``("spec",)`` for what makes no Pods."""
    for path in _POD_SPECS:
        if isinstance(value_at(thing, (*path, "containers")), list):
            return path
    return ("spec",)
