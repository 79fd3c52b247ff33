"""Two who write one exemption at once: what is logged is what was stored, one after the other."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from policy_app.models import ActivityEntry, Assignment, Definition, Exemption, Scope
from policy_app.services import assignments, exemptions
from tests.services.authoring.test_two_writers import at_once
from tests.services.test_drafts import draft
from tests.services.test_exemptions import body

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


@pytest.fixture
def everywhere(baseline: Definition) -> Assignment:
    """The baseline at the root."""
    root = Scope.objects.get(name="mg-demo")
    return assignments.put(draft(root, baseline, name="everywhere"), None)[0]


def stored(scope: Scope, assignment: Assignment, text: str) -> Exemption:
    """The exemption, saying something."""
    return exemptions.put(scope, "move", body(assignment, displayName=text), None)[0]


def logged(what: str) -> list[ActivityEntry]:
    """The entries of an operation, the oldest first."""
    return list(ActivityEntry.objects.filter(operation__endswith=what).order_by("pk"))


def test_of_two_who_delete_it_one_does_and_the_log_tells_of_one(
    rg_demo: Scope, everywhere: Assignment
) -> None:
    for number in range(1, ROUNDS + 1):
        row = stored(rg_demo, everywhere, "here")
        seen = [exemptions.get(rg_demo, "move") for _ in range(2)]
        done = at_once(*(partial(exemptions.delete, one, None) for one in seen))
        assert sorted(done) == [False, True]
        assert len(logged("policyExemptions/delete")) == number
        assert Exemption.history.filter(id=row.pk, history_type="-").count() == 1


def test_who_deletes_what_somebody_changes_logs_the_state_that_went(
    rg_demo: Scope, everywhere: Assignment
) -> None:
    for _ in range(ROUNDS):
        row = stored(rg_demo, everywhere, "before")
        begin = ActivityEntry.objects.latest("pk").pk

        def change() -> Any:
            return stored(rg_demo, everywhere, "after")

        at_once(change, partial(exemptions.delete, row, None))
        told = [one for one in ActivityEntry.objects.order_by("pk") if one.pk > begin]
        first, second = told
        if first.operation.endswith("delete"):
            assert second.before is None, "it was made anew after it had gone"
            assert exemptions.get(rg_demo, "move").display_name == "after"
        else:
            assert second.before == first.after
            assert exemptions.find(rg_demo, "move") is None
        Exemption.objects.all().delete()
