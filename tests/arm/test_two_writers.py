"""Two programs that write one assignment at once leave one of the two states, whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policy_app.models import ActivityEntry, Assignment
from tests.arm.addresses import CLUSTER, RESOURCE_GROUP, assignment, assignments, body
from tests.arm.conftest import Arm
from tests.services.authoring.test_two_writers import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5
STATES: dict[str, dict[str, Any]] = {
    "a": body(effect="audit", displayName="a", description="a", notScopes=[CLUSTER]),
    "b": body(effect="deny", displayName="b", description="b", notScopes=[]),
}
"""Every field tells which writer it came from."""


def writer(token: str, method: str, name: str = "") -> Callable[[], Any]:
    """A client of its own, which sends one of the states."""
    return lambda: Arm(token).send(method, assignment(), STATES.get(name))


def stored_letter(arm: Arm) -> str:
    """Whose state is stored, after a look at every field of it."""
    properties = arm.get(assignment())["properties"]
    letter: str = properties["displayName"]
    expected = STATES[letter]["properties"]
    assert {name: properties[name] for name in expected} == expected
    return letter


def test_of_two_puts_one_is_stored_whole_and_both_are_in_the_histories(
    arm: Arm, token: str
) -> None:
    for number in range(1, ROUNDS + 1):
        answers = at_once(writer(token, "PUT", "a"), writer(token, "PUT", "b"))
        assert [one.status_code for one in answers] == [201, 201]
        last = stored_letter(arm)
        assert Assignment.objects.count() == 1
        histories = Assignment.history.order_by("history_id")
        assert histories.count() == 2 * number
        entries = ActivityEntry.objects.filter(operation__endswith="policyAssignments/write")
        assert entries.count() == 2 * number
        # The second writer saw what the first one had written.
        newest, before, *_ = entries.order_by("-pk")
        assert newest.before == before.after
        assert newest.after is not None
        assert newest.after["properties"]["displayName"] == last


def test_of_a_put_and_a_delete_the_assignment_is_whole_or_gone(arm: Arm, token: str) -> None:
    for _ in range(ROUNDS):
        arm.send("PUT", assignment(), STATES["a"])
        put, deleted = at_once(writer(token, "PUT", "b"), writer(token, "DELETE"))
        assert put.status_code == 201
        assert deleted.status_code == 200
        if Assignment.objects.exists():
            assert stored_letter(arm) == "b"
        else:
            assert arm.names(assignments(RESOURCE_GROUP)) == []
