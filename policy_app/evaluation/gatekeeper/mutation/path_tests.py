"""Path tests: what must or must not be there already for a mutation to happen.

Source: ``pkg/mutation/path/tester`` of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy_app.evaluation.gatekeeper.errors import MutatorError
from policy_app.evaluation.gatekeeper.mutation.location import Location

MUST_EXIST = "MustExist"
MUST_NOT_EXIST = "MustNotExist"
CONDITIONS = (MUST_EXIST, MUST_NOT_EXIST)


@dataclass(frozen=True, slots=True)
class PathTests:
    """What is asked at each depth of a location; the deeper ones need not be there."""

    conditions: tuple[str, ...] = ()
    """``MustExist``, ``MustNotExist`` or empty, for each step of the location."""

    @classmethod
    def of(cls, location: Location, tests: Sequence[tuple[Location, str]]) -> PathTests:
        """Tests on parts of a location.

        Raises ``MutatorError`` where one is on something else, or where they cannot all hold.
        """
        conditions = [""] * len(location.steps)
        for part, condition in tests:
            if not part.steps or not location.starts_with(part):
                raise MutatorError(
                    "all subpaths must be a prefix of the `location` value of the mutation: "
                    f'subpath "{part}" is not a prefix of location "{location}"'
                )
            depth = len(part.steps) - 1
            if conditions[depth] not in ("", condition):
                raise MutatorError(
                    f'conflicting path test conditions: path "{part}" is marked both '
                    f"{MUST_EXIST} and {MUST_NOT_EXIST}"
                )
            conditions[depth] = condition
        _check_order(location, conditions)
        return cls(tuple(conditions))

    def allow_present(self, depth: int) -> bool:
        """Whether what is at this step may be there."""
        return self.conditions[depth] != MUST_NOT_EXIST

    def allow_absent(self, depth: int) -> bool:
        """Whether what is at this step may be missing."""
        return self.conditions[depth] != MUST_EXIST


def _check_order(location: Location, conditions: Sequence[str]) -> None:
    """Nothing can be there below something that is not."""
    if MUST_NOT_EXIST not in conditions:
        return
    absent = conditions.index(MUST_NOT_EXIST)
    if MUST_EXIST not in conditions[absent:]:
        return
    present = conditions.index(MUST_EXIST, absent)
    child, parent = (Location(location.steps[: depth + 1]) for depth in (present, absent))
    raise MutatorError(
        f'conflicting path test conditions: path "{child}" is marked {MUST_EXIST} '
        f'but parent "{parent}" {MUST_NOT_EXIST}'
    )
