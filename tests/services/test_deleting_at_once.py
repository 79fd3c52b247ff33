"""Two at once, one of whom deletes: the log tells of what was stored, one after the other, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from policy_app.models import ActivityEntry, Assignment, Definition, Exemption, Scope
from policy_app.services import assignments, exemptions
from tests.services.authoring.test_two_writers import at_once
from tests.services.test_drafts import draft
from tests.services.test_exemptions import body

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


@dataclass(frozen=True)
class Kind:
    """How one kind of thing is stored under one name, found and deleted."""

    model: Any
    put: Callable[[str], Any]
    """Stores it with a display name."""
    find: Callable[[], Any]
    delete: Callable[[Any, None], Any]


@pytest.fixture(params=["assignment", "exemption"])
def kind(request: pytest.FixtureRequest, rg_demo: Scope, baseline: Definition) -> Kind:
    """Each of the kinds, at rg-demo."""
    if request.param == "assignment":
        return Kind(
            Assignment,
            lambda text: assignments.put(draft(rg_demo, baseline, display_name=text), None)[0],
            partial(assignments.find, rg_demo, "baseline"),
            assignments.delete,
        )
    root = Scope.objects.get(name="mg-demo")
    above = assignments.put(draft(root, baseline), None)[0]
    return Kind(
        Exemption,
        lambda text: exemptions.put(rg_demo, "move", body(above, displayName=text), None)[0],
        partial(exemptions.find, rg_demo, "move"),
        exemptions.delete,
    )


def logged(begin: int) -> list[ActivityEntry]:
    """The entries from one on, the oldest first."""
    return list(ActivityEntry.objects.filter(pk__gte=begin).order_by("pk"))


def words(entries: list[ActivityEntry]) -> list[str]:
    """What was done: ``write`` or ``delete``."""
    return [one.operation.rpartition("/")[2] for one in entries]


def called(state: Any) -> str:
    """The display name in a state that the log keeps."""
    return str(state["properties"]["displayName"])


def test_of_two_who_delete_it_one_does_and_the_log_tells_of_one(kind: Kind) -> None:
    for _ in range(ROUNDS):
        row = kind.put("here")
        begin = ActivityEntry.objects.latest("pk").pk
        seen = [kind.find() for _ in range(2)]
        done = at_once(*(partial(kind.delete, one, None) for one in seen))
        assert sorted(map(bool, done)) == [False, True]
        assert words(logged(begin)) == ["write", "delete"]
        assert kind.model.history.filter(id=row.pk, history_type="-").count() == 1


def test_who_deletes_what_somebody_changes_logs_the_state_that_went(kind: Kind) -> None:
    for _ in range(ROUNDS):
        row = kind.put("before")
        begin = ActivityEntry.objects.latest("pk").pk
        at_once(partial(kind.put, "after"), partial(kind.delete, row, None))
        entries = logged(begin)
        assert sorted(words(entries)) == ["delete", "write", "write"]
        assert called(entries[0].after) == "before"
        for earlier, later in pairwise(entries):
            assert later.before == earlier.after, "what one found is what the other left"
        left = kind.find()
        if words(entries)[-1] == "write":
            assert (left.display_name, entries[-1].before) == ("after", None)
            kind.delete(left, None)
        else:
            assert (left, entries[-1].after) == (None, None)
            assert called(entries[-1].before) == "after"
