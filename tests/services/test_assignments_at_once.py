"""Two who delete or change one assignment at once: the log tells of what was stored, and once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from policy_app.models import ActivityEntry, Assignment, Definition, Scope
from policy_app.services import assignments
from tests.services.authoring.test_two_writers import at_once
from tests.services.test_drafts import draft

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def stored(scope: Scope, definition: Definition, text: str) -> Assignment:
    """The assignment, saying something."""
    wanted = draft(scope, definition, name="both", display_name=text)
    return assignments.put(wanted, None)[0]


def logged(begin: int) -> list[tuple[str, Any, Any]]:
    """Operation, before and after of each entry since then, the oldest first."""
    found = ActivityEntry.objects.filter(pk__gt=begin).order_by("pk")
    return [(one.operation.rpartition("/")[2], one.before, one.after) for one in found]


def test_of_two_who_delete_it_one_does_and_the_log_tells_of_one(
    rg_demo: Scope, baseline: Definition
) -> None:
    for _ in range(ROUNDS):
        row = stored(rg_demo, baseline, "here")
        begin = ActivityEntry.objects.latest("pk").pk
        seen = [assignments.get(rg_demo, "both") for _ in range(2)]
        done = at_once(*(partial(assignments.delete, one, None) for one in seen))
        assert sum(one is not None for one in done) == 1
        assert [operation for operation, *_ in logged(begin)] == ["delete"]
        assert Assignment.history.filter(id=row.pk, history_type="-").count() == 1


def test_who_deletes_what_somebody_changes_logs_the_state_that_went(
    rg_demo: Scope, baseline: Definition
) -> None:
    for _ in range(ROUNDS):
        row = stored(rg_demo, baseline, "before")
        begin = ActivityEntry.objects.latest("pk").pk
        change = partial(stored, rg_demo, baseline, "after")
        at_once(change, partial(assignments.delete, row, None))
        told = logged(begin)
        state: Any = "before"
        for operation, before, after in told:
            assert (before or {}).get("properties", {}).get("displayName") == state
            state = after["properties"]["displayName"] if operation == "write" else None
        assert sorted(operation for operation, *_ in told) == ["delete", "write"]
