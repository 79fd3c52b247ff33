"""Azure's arithmetic of states: which one wins over others, and how many of a hundred are good.

Pure functions over counts.  Source: Microsoft Learn, "Azure Policy compliance states": the order of
the states, that *not started* and *not registered* take no part in it, and the percentage.  What is
rolled up is always states of the level below: components make a policy in a cluster, policies make
a cluster under an assignment or initiative, and clusters make a definition, an assignment or scope.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

COMPLIANT = "Compliant"
NON_COMPLIANT = "NonCompliant"
ERROR = "Error"
CONFLICT = "Conflict"
EXEMPT = "Exempt"
UNKNOWN = "Unknown"
NOT_STARTED = "NotStarted"
NOT_REGISTERED = "NotRegistered"

RANKS = (NON_COMPLIANT, COMPLIANT, ERROR, CONFLICT, EXEMPT, UNKNOWN)
"""The states that take part, the one that wins over all others first."""
_LEFT_OUT = (NOT_STARTED, NOT_REGISTERED)
_GOOD = (COMPLIANT, EXEMPT, UNKNOWN)

Counts = Mapping[str, int]
"""How many there are in each state."""


def worst(states: Counts | Iterable[str]) -> str:
    """The state of a whole whose parts are in these states.

    A whole without parts, or of which no part has been evaluated, is *not started*, or *not
    registered* where all of its parts are.
    """
    there = {state for state, number in Counter(states).items() if number > 0}
    for state in RANKS:
        if state in there:
            return state
    return NOT_REGISTERED if there == {NOT_REGISTERED} else NOT_STARTED


def percentage(states: Counts | Iterable[str]) -> float | None:
    """How many of a hundred are good: compliant, exempt or unknown.

    None where nothing takes part.  100 is told only where it is exactly so, and 0 likewise.
    """
    counts = Counter(states)
    return share(sum(counts[one] for one in _GOOD), sum(counts[one] for one in RANKS))


def share(good: int, total: int) -> float | None:
    """``good`` of ``total`` in per cent with one decimal; None of nothing.

    Rounding never makes all of what is not quite all, nor nothing of what is something.
    """
    if total <= 0:
        return None
    if good in (0, total):
        return 100.0 if good else 0.0
    return min(99.9, max(0.1, round(100 * good / total, 1)))


def of_policy(compliant: int, non_compliant: int, errors: int) -> str:
    """The state of a policy that is in force in a cluster, from the states of its components.

    One that finds nothing to judge is compliant, as Azure has a policy whose rule nothing meets.
    """
    counts = {COMPLIANT: compliant, NON_COMPLIANT: non_compliant, ERROR: errors}
    return worst(counts) if any(counts.values()) else COMPLIANT


def of_resource(policies: Counts | Iterable[str]) -> str:
    """The state of a cluster under an assignment or initiative: that of its policies."""
    return worst(policies)


def by_resource(pairs: Iterable[tuple[object, str]]) -> Counter[str]:
    """How many resources are in each state, from ``(resource, state of one of its policies)``.

    What an assignment, a definition or a scope is rolled up from: each resource counts once.
    """
    found: dict[object, set[str]] = {}
    for resource, state in pairs:
        found.setdefault(resource, set()).add(state)
    return Counter(worst(states) for states in found.values())
