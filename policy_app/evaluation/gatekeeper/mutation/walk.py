"""The way down a location, and the object as it looks after the mutation at its end.

Source: ``core.Mutate`` of Gatekeeper.  What is missing on the way is made, and an absent list with
it, if anything below comes to be; a glob over no items changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.errors import MutationError
from policy_app.evaluation.gatekeeper.mutation.json_values import same, type_name
from policy_app.evaluation.gatekeeper.mutation.location import Field, Item, Location
from policy_app.evaluation.gatekeeper.mutation.path_tests import PathTests
from policy_app.evaluation.gatekeeper.mutation.setters import Setter


@dataclass(frozen=True, slots=True)
class Walk:
    """A location, the tests on the way, and what to do at its end."""

    location: Location
    tests: PathTests
    setter: Setter

    def over(self, thing: dict[str, Any]) -> dict[str, Any] | None:
        """The object after the mutation, or None where the tests or a glob left it alone.

        It is the very same object where the mutation made no difference to it.  Raises
        ``MutationError`` where the object is shaped differently from the location.
        """
        result: dict[str, Any] | None = self._down(thing, 0)
        return result

    def _down(self, current: Any, depth: int) -> Any:
        """What stands in the place of ``current``; None where it stays."""
        step = self.location.steps[depth]
        if isinstance(step, Field):
            return self._into_field(_typed(current, dict, "object", step), step, depth)
        items = _typed(current, list, "List", step)
        if depth == len(self.location.steps) - 1:
            return self._put_item(items, step, depth)
        if step.is_glob:
            return self._into_every_item(items, depth)
        return self._into_items(items, step, depth)

    def _into_field(self, parent: dict[str, Any], step: Field, depth: int) -> Any:
        present = step.name in parent
        if not self._allowed(depth, present=present):
            return None
        if depth == len(self.location.steps) - 1:
            return self.setter.at_field(parent, step.name)
        inner = parent[step.name] if present else self._missing(depth)
        changed = self._down(inner, depth + 1)
        if changed is None:
            return None
        return parent if present and changed is inner else {**parent, step.name: changed}

    def _into_every_item(self, items: list[Any], depth: int) -> list[Any] | None:
        # Nobody can say of every item that it must not exist.
        if not self.tests.allow_present(depth):
            return None
        return _merged(items, [self._down(item, depth + 1) for item in items])

    def _into_items(self, items: list[Any], step: Item, depth: int) -> list[Any] | None:
        meant = [_has_key(item, step) for item in items]
        if not self._allowed(depth, present=any(meant)):
            return None
        if not any(meant):
            made = self._down({step.key: step.value}, depth + 1)
            return None if made is None else [*items, made]
        changed = [
            self._down(item, depth + 1) if hit else None
            for item, hit in zip(items, meant, strict=True)
        ]
        return _merged(items, changed)

    def _put_item(self, items: list[Any], step: Item, depth: int) -> list[Any] | None:
        new = self.setter.as_item()
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                raise MutationError(
                    f"the list at {self.location} should hold objects, but holds a "
                    f"{type_name(item)}"
                )
            if _has_key(item, step):
                allowed = self._allowed(depth, present=True)
                return [*items[:index], new, *items[index + 1 :]] if allowed else None
        return [*items, new] if self._allowed(depth, present=False) else None

    def _allowed(self, depth: int, *, present: bool) -> bool:
        if present:
            return self.tests.allow_present(depth)
        return self.tests.allow_absent(depth)

    def _missing(self, depth: int) -> dict[str, Any] | list[Any]:
        return [] if isinstance(self.location.steps[depth + 1], Item) else {}


def _merged(items: list[Any], changed: list[Any]) -> list[Any] | None:
    """The items with those that were changed; None where none was mutated."""
    if all(new is None for new in changed):
        return None
    if all(new is None or new is old for old, new in zip(items, changed, strict=True)):
        return items
    return [old if new is None else new for old, new in zip(items, changed, strict=True)]


def _typed(current: Any, wanted: type, name: str, step: Field | Item) -> Any:
    if not isinstance(current, wanted):
        raise MutationError(
            f"mismatch between path entry (type: {name}) and received object "
            f"(type: {type_name(current)}). Path: {step}"
        )
    return current


def _has_key(item: Any, step: Item) -> bool:
    return isinstance(item, dict) and step.key in item and same(item[step.key], step.value)
