"""``POLICY_PORTAL_WORK``: one word or one address, and clear words for anything else."""

from __future__ import annotations

import importlib.util

import pytest

from portal.env import Environment

BROKERS = [
    "redis://127.0.0.1:6379/0",
    "rediss://:secret@redis.example.org:6380/1",
    "amqp://user:secret@rabbit:5672/portal",
    "amqps://rabbit//",
]


@pytest.mark.parametrize("value", ["database", "DATABASE", " database "])
def test_the_database_is_chosen_by_its_word_and_by_default(value: str) -> None:
    assert Environment({"WORK": value}).work("WORK") == "database"
    assert Environment({}).work("WORK") == "database"


@pytest.mark.parametrize("value", BROKERS)
def test_a_brokers_address_is_taken_as_it_is(value: str) -> None:
    env = Environment({"WORK": value})
    assert env.work("WORK") == value
    assert env.problems == []


@pytest.mark.parametrize(
    "value", ["", "celery", "kafka://host", "redis://", "redis:host", "amqp://a b"]
)
def test_what_is_neither_is_told_without_the_secrets_that_may_stand_in_it(value: str) -> None:
    env = Environment({"WORK": value})
    assert env.work("WORK") == "database"
    [problem] = env.problems
    assert problem.check_id == "policy_app.E009"
    assert "redis://host:6379/0" in problem.hint
    assert "host" not in problem.message


@pytest.mark.parametrize("value", BROKERS)
def test_a_broker_without_celery_is_told_with_what_to_install(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    env = Environment({"WORK": value})
    assert env.work("WORK") == "database"
    [problem] = env.problems
    assert problem.check_id == "policy_app.E010"
    assert "policy-portal[celery]" in problem.hint
    assert "secret" not in problem.message + problem.hint
