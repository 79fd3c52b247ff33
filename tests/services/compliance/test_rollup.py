"""The roll-up says what Azure says, held against tables that were worked out by hand.

The order is: non-compliant, compliant, error, conflicting, exempt, unknown; what has not started,
or is not registered, takes no part.
"""

from __future__ import annotations

from itertools import combinations

import pytest

from policy_app.services.compliance import rollup

C, N, E, X, P, U = "Compliant", "NonCompliant", "Error", "Conflict", "Exempt", "Unknown"
S, R = "NotStarted", "NotRegistered"

# Every combination of the states that take part, each with the state of the whole.
WHOLES = {
    "": S,
    "C": C,
    "N": N,
    "E": E,
    "X": X,
    "P": P,
    "U": U,
    "C N": N,
    "C E": C,
    "C X": C,
    "C P": C,
    "C U": C,
    "N E": N,
    "N X": N,
    "N P": N,
    "N U": N,
    "E X": E,
    "E P": E,
    "E U": E,
    "X P": X,
    "X U": X,
    "P U": P,
    "C N E": N,
    "C N X": N,
    "C N P": N,
    "C N U": N,
    "C E X": C,
    "C E P": C,
    "C E U": C,
    "C X P": C,
    "C X U": C,
    "C P U": C,
    "N E X": N,
    "N E P": N,
    "N E U": N,
    "N X P": N,
    "N X U": N,
    "N P U": N,
    "E X P": E,
    "E X U": E,
    "E P U": E,
    "X P U": X,
    "C N E X": N,
    "C N E P": N,
    "C N E U": N,
    "C N X P": N,
    "C N X U": N,
    "C N P U": N,
    "C E X P": C,
    "C E X U": C,
    "C E P U": C,
    "C X P U": C,
    "N E X P": N,
    "N E X U": N,
    "N E P U": N,
    "N X P U": N,
    "E X P U": E,
    "C N E X P": N,
    "C N E X U": N,
    "C N E P U": N,
    "C N X P U": N,
    "C E X P U": C,
    "N E X P U": N,
    "C N E X P U": N,
}
LETTERS = {"C": C, "N": N, "E": E, "X": X, "P": P, "U": U, "S": S, "R": R}


def states(letters: str) -> list[str]:
    """The states that letters stand for."""
    return [LETTERS[one] for one in letters.split()]


def test_the_table_has_every_combination_of_states() -> None:
    wanted = {" ".join(some) for n in range(7) for some in combinations("CNEXPU", n)}
    assert set(WHOLES) == wanted


@pytest.mark.parametrize("letters", WHOLES)
def test_the_worst_state_wins(letters: str) -> None:
    assert rollup.worst(states(letters)) == WHOLES[letters]


@pytest.mark.parametrize("letters", [one for one in WHOLES if one])
def test_what_has_not_started_takes_no_part(letters: str) -> None:
    with_others = [*states(letters), S, R]
    assert rollup.worst(with_others) == WHOLES[letters]
    assert rollup.percentage(with_others) == rollup.percentage(states(letters))


@pytest.mark.parametrize(
    ("parts", "whole"),
    [("S", S), ("R", R), ("S R", S), ("S S", S), ("R R", R)],
)
def test_a_whole_that_nobody_has_evaluated_has_not_started(parts: str, whole: str) -> None:
    assert rollup.worst(states(parts)) == whole


@pytest.mark.parametrize(
    ("counts", "whole"),
    [
        ({C: 5, N: 0}, C),
        ({C: 0, N: 0, P: 3}, P),
        ({N: 1, C: 9_999}, N),
        ({C: 0}, S),
        ({}, S),
    ],
)
def test_states_of_which_there_are_none_do_not_count(counts: dict[str, int], whole: str) -> None:
    assert rollup.worst(counts) == whole


# compliant, non-compliant, error, conflicting, exempt, unknown: per cent
PERCENTAGES = [
    ((0, 0, 0, 0, 0, 0), None),
    ((1, 0, 0, 0, 0, 0), 100.0),
    ((0, 1, 0, 0, 0, 0), 0.0),
    ((0, 0, 1, 0, 0, 0), 0.0),
    ((0, 0, 0, 1, 0, 0), 0.0),
    ((0, 0, 0, 0, 1, 0), 100.0),
    ((0, 0, 0, 0, 0, 1), 100.0),
    ((1, 1, 0, 0, 0, 0), 50.0),
    ((1, 0, 1, 0, 0, 0), 50.0),
    ((1, 0, 0, 1, 0, 0), 50.0),
    ((1, 0, 0, 0, 1, 0), 100.0),
    ((0, 1, 0, 0, 1, 0), 50.0),
    ((0, 0, 1, 0, 1, 0), 50.0),
    ((0, 0, 0, 1, 1, 0), 50.0),
    ((0, 1, 1, 1, 0, 0), 0.0),
    ((1, 1, 1, 1, 0, 0), 25.0),
    ((1, 1, 1, 1, 1, 0), 40.0),
    ((1, 1, 1, 1, 1, 1), 50.0),
    ((19, 1, 0, 0, 0, 0), 95.0),
    ((2, 1, 0, 0, 0, 0), 66.7),
    ((1, 2, 0, 0, 0, 0), 33.3),
    ((9_999, 1, 0, 0, 0, 0), 99.9),
    ((1, 9_999, 0, 0, 0, 0), 0.1),
]


@pytest.mark.parametrize(("numbers", "wanted"), PERCENTAGES)
def test_compliant_exempt_and_unknown_are_good(
    numbers: tuple[int, ...], wanted: float | None
) -> None:
    counts = dict(zip((C, N, E, X, P, U), numbers, strict=True))
    assert rollup.percentage(counts) == wanted


@pytest.mark.parametrize(
    ("compliant", "non_compliant", "errors", "state"),
    [
        (0, 0, 0, C),
        (1, 0, 0, C),
        (0, 1, 0, N),
        (0, 0, 1, E),
        (1, 1, 0, N),
        (1, 0, 1, C),
        (0, 1, 1, N),
        (1, 1, 1, N),
    ],
)
def test_components_make_the_state_of_a_policy(
    compliant: int, non_compliant: int, errors: int, state: str
) -> None:
    assert rollup.of_policy(compliant, non_compliant, errors) == state


# An initiative of two policies in one cluster, either of which may be exempt.
EXEMPTIONS = [
    # first policy, second policy, the first is exempt, the second is; the cluster's state
    (C, C, False, False, C),
    (C, C, True, False, C),
    (C, C, False, True, C),
    (C, C, True, True, P),
    (N, C, False, False, N),
    (N, C, True, False, C),
    (N, C, False, True, N),
    (N, C, True, True, P),
    (N, N, False, False, N),
    (N, N, True, False, N),
    (N, N, False, True, N),
    (N, N, True, True, P),
    (E, C, False, False, C),
    (E, C, True, False, C),
    (E, C, False, True, E),
    (E, C, True, True, P),
    (E, N, False, False, N),
    (E, N, True, False, N),
    (E, N, False, True, E),
    (E, N, True, True, P),
    (E, E, False, False, E),
    (E, E, True, False, E),
    (E, E, False, True, E),
    (E, E, True, True, P),
    (X, C, False, False, C),
    (X, C, True, False, C),
    (X, C, False, True, X),
    (X, C, True, True, P),
    (X, N, False, False, N),
    (X, N, True, False, N),
    (X, N, False, True, X),
    (X, N, True, True, P),
    (X, E, False, False, E),
    (X, E, True, False, E),
    (X, E, False, True, X),
    (X, E, True, True, P),
    (X, X, False, False, X),
    (X, X, True, False, X),
    (X, X, False, True, X),
    (X, X, True, True, P),
    (S, C, False, False, C),
    (S, C, True, False, C),
    (S, C, False, True, P),
    (S, C, True, True, P),
    (S, N, False, False, N),
    (S, N, True, False, N),
    (S, N, False, True, P),
    (S, N, True, True, P),
    (S, E, False, False, E),
    (S, E, True, False, E),
    (S, E, False, True, P),
    (S, E, True, True, P),
    (S, X, False, False, X),
    (S, X, True, False, X),
    (S, X, False, True, P),
    (S, X, True, True, P),
    (S, S, False, False, S),
    (S, S, True, False, P),
    (S, S, False, True, P),
    (S, S, True, True, P),
]


@pytest.mark.parametrize(("first", "second", "no_first", "no_second", "whole"), EXEMPTIONS)
def test_an_exemption_takes_one_policy_out_of_an_initiative(
    first: str, second: str, no_first: bool, no_second: bool, whole: str
) -> None:
    found = [P if no_first else first, P if no_second else second]
    assert rollup.of_resource(found) == whole


def test_a_resource_counts_once_however_many_policies_it_has() -> None:
    pairs = [("a", C), ("a", N), ("b", C), ("b", P), ("c", P), ("d", S)]
    assert rollup.by_resource(pairs) == {N: 1, C: 1, P: 1, S: 1}
