"""Ways to change an object that many remedies share: set, remove, keep of a list what may stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policy_app.evaluation.remedies.cases import Case, Way
from policy_app.evaluation.remedies.edits import REMOVED, Edit, Path

Keep = Callable[[Case, Any], bool]


def steps(dotted: str) -> Path:
    """``a.b.c`` as steps; names with dots in them are no business of this."""
    return tuple(dotted.split("."))


def set_in_containers(dotted: str, value: Any) -> Way:
    """Set a field in each container that the violation is about."""

    def way(case: Case) -> Iterator[Edit]:
        for container in case.containers:
            yield from _set(case, (*container, *steps(dotted)), value)

    return way


def remove_in_pod(*dotted: str) -> Way:
    """Remove fields of the Pod's spec."""

    def way(case: Case) -> Iterator[Edit]:
        for one in dotted:
            yield from removed(case, (*case.pod, *steps(one)))

    return way


def keep_in_pod(dotted: str, keep: Keep) -> Way:
    """Of a list in the Pod's spec keep what may stay."""
    return lambda case: kept(case, (*case.pod, *steps(dotted)), keep)


def keep_in_containers(dotted: str, keep: Keep) -> Way:
    """Of a list in each container that the violation is about keep what may stay."""

    def way(case: Case) -> Iterator[Edit]:
        for container in case.containers:
            yield from kept(case, (*container, *steps(dotted)), keep)

    return way


def keep_of(dotted: str, keep: Keep) -> Way:
    """Of a list of the object keep what may stay."""
    return lambda case: kept(case, steps(dotted), keep)


def kept(case: Case, path: Path, keep: Keep) -> Iterator[Edit]:
    """The edit that leaves in a list what may stay; the list goes where that is nothing."""
    before = case.listed(*path)
    after = [one for one in before if keep(case, one)]
    if len(after) < len(before):
        yield Edit(path, after or REMOVED)


def removed(case: Case, path: Path) -> Iterator[Edit]:
    """The edit that removes a field, where it is there."""
    if case.at(*path) is not None:
        yield Edit(path)


def _set(case: Case, path: Path, value: Any) -> Iterable[Edit]:
    return [] if case.at(*path) == value else [Edit(path, value)]
