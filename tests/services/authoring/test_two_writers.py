"""Writers at once: what is stored is one of their states, whole, and nothing uses what is gone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from policy_app.models import Assignment, Definition, Scope
from policy_app.services import assignments, authoring, definitions
from policy_app.services.authoring import Kind
from policy_app.services.errors import PolicyError
from tests.services.authoring.bodies import initiative, member, policy
from tests.services.authoring.test_uses import without_label
from tests.services.test_drafts import draft

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*changes: Callable[[], Any]) -> list[Any]:
    """What each change gave, begun at one moment; a refusal is a result as well."""
    barrier = Barrier(len(changes))

    def run(change: Callable[[], Any]) -> Any:
        barrier.wait(timeout=30)
        try:
            return change()
        except PolicyError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(changes)) as pool:
        return list(pool.map(run, changes))


def test_of_two_saves_each_is_a_version_and_the_newest_is_shown(
    subscription: Scope, own: Definition
) -> None:
    def save(text: str) -> Callable[[], Any]:
        body = policy(displayName=text, description=text)
        return lambda: authoring.put(subscription, "own", body, None)

    at_once(save("one"), save("two"), save("three"))
    row = Definition.objects.get(pk=own.pk)
    versions = list(row.versions.all())
    assert sorted(one.version for one in versions) == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
    newest = definitions.version(row)
    assert newest.body["displayName"] == newest.body["description"] == row.display_name
    assert row.latest_version == "1.0.3"


def test_of_two_first_saves_one_makes_the_definition(subscription: Scope) -> None:
    bodies = [policy(displayName=text, description=text) for text in ("one", "two")]
    results = at_once(
        *(lambda body=body: authoring.put(subscription, "new", body, None) for body in bodies)
    )
    assert sorted(created for _, created in results) == [False, True]
    row = Definition.objects.get(name="new")
    assert row.versions.count() == 2


def test_a_definition_is_not_deleted_under_who_comes_to_use_it(
    subscription: Scope, rg_demo: Scope, own: Definition
) -> None:
    def use() -> Any:
        return authoring.put(
            subscription, "set", initiative(member(own.arm_id)), None, Kind.INITIATIVE
        )

    def assign() -> Any:
        return assignments.put(draft(rg_demo, own, parameters={}), None)

    at_once(lambda: authoring.delete(own, None), use, assign)
    there = Definition.objects.filter(pk=own.pk).exists()
    used = Definition.objects.filter(name="set").exists() or Assignment.objects.exists()
    assert there == used


def test_a_parameter_does_not_go_under_an_assignment_that_gives_it(
    subscription: Scope, rg_demo: Scope, own: Definition
) -> None:
    given = draft(rg_demo, own, parameters={"label": "owner"})
    results = at_once(
        lambda: authoring.put(subscription, "own", without_label(), None),
        lambda: assignments.put(given, None),
    )
    refused = [one for one in results if isinstance(one, PolicyError)]
    assert len(refused) == 1
    assert refused[0].code in ("InvalidPolicyParameterUpdate", "UndefinedPolicyParameter")
    row = Definition.objects.get(pk=own.pk)
    assert Assignment.objects.exists() == (row.latest_version == "1.0.0")
