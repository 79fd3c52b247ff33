"""What comes round is done by one worker at a time, and what fails is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from policy_app.models import Duty
from policy_app.services.work import duties
from policy_app.services.work.duties import Round

pytestmark = pytest.mark.django_db


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done by duties of this test's own."""
    told: list[str] = []

    def fail() -> None:
        raise ValueError("no")

    mine = [Round("one", 60, lambda: told.append("one")), Round("bad", 60, fail)]
    monkeypatch.setattr(duties, "rounds", lambda: mine)
    return told


def come_round() -> None:
    """As if a minute had passed."""
    Duty.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_one_worker_does_what_came_round(done: list[str]) -> None:
    assert duties.look("first") == ["one"]
    assert duties.look("second") == []
    come_round()
    assert duties.look("second") == ["one"]
    assert done == ["one", "one"]
    assert Duty.objects.get(name="one").by == "second"


def test_a_duty_that_fails_says_why_and_comes_round_again(done: list[str]) -> None:
    duties.look("first")
    assert Duty.objects.get(name="bad").error == "ValueError: no"
    assert done == ["one"], "the others are done all the same"
    come_round()
    duties.look("second")
    assert Duty.objects.get(name="bad").by == "second"


def test_two_workers_that_look_at_once_do_it_once(done: list[str]) -> None:
    duties.look("first")
    come_round()
    [one, _] = duties.rounds()
    assert [duties._is_mine(one, "first"), duties._is_mine(one, "second")] == [True, False]


def test_scans_that_are_due_are_asked_for_and_old_history_is_thinned() -> None:
    names = {one.name for one in duties.rounds()}
    assert {"schedule", "recover", "sweep", "retention"} <= names
