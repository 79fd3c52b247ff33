"""Who may write definitions where, and what nobody learns without a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from policy_app.models import ActivityEntry, Definition, Scope
from policy_app.services import authoring, definitions
from policy_app.services.authoring import Kind
from policy_app.services.authorization import roles
from policy_app.services.errors import PolicyError
from tests.granting import grant
from tests.services.authoring.bodies import initiative, member, policy


@pytest.fixture
def reader(subscription: Scope) -> User:
    """May read at the subscription and below."""
    user = User.objects.create_user("reader")
    grant(user, roles.READER, subscription)
    return user


@pytest.fixture
def author(subscription: Scope) -> User:
    """May write policies at the subscription and below."""
    user = User.objects.create_user("author")
    grant(user, roles.POLICY_CONTRIBUTOR, subscription)
    return user


def refused(change: Callable[[], Any]) -> tuple[int, str]:
    """The status and the code of a refusal."""
    with pytest.raises(PolicyError) as caught:
        change()
    return caught.value.status, caught.value.code


def test_a_contributor_writes_and_deletes_and_the_log_says_so(
    subscription: Scope, author: User
) -> None:
    row, _ = authoring.put(subscription, "mine", policy(), author)
    authoring.put_version(subscription, "mine", "1.2.0", policy(description="x"), author)
    authoring.delete(row, author)
    said = ActivityEntry.objects.filter(caller="author").order_by("pk")
    assert [one.operation.rpartition("/")[2] for one in said] == ["write", "write", "delete"]
    assert said[1].before is None
    after = said[1].after
    assert after
    assert after["properties"]["version"] == "1.2.0"


def test_a_reader_reads_and_changes_nothing(
    subscription: Scope, own: Definition, reader: User
) -> None:
    assert own in definitions.visible(definitions.listing(Kind.POLICY, subscription), reader)
    forbidden = (403, "AuthorizationFailed")
    put = authoring.put
    assert refused(lambda: put(subscription, "mine", policy(), reader)) == forbidden
    assert refused(lambda: authoring.check(subscription, "mine", policy(), reader)) == forbidden
    assert refused(lambda: authoring.change(own, {"description": "x"}, reader)) == forbidden
    assert refused(lambda: authoring.delete(own, reader)) == forbidden
    version = definitions.version(own)
    assert refused(lambda: authoring.delete_version(version, reader)) == forbidden
    body = policy(description="x")
    assert (
        refused(lambda: authoring.put_version(subscription, "own", "1.1.0", body, reader))
        == forbidden
    )


def test_a_scope_that_nobody_told_of_is_one_that_is_not_there(
    group: Scope, author: User, own: Definition
) -> None:
    assert refused(lambda: authoring.put(group, "mine", policy(), author)) == (404, "NotFound")
    stranger = User.objects.create_user("stranger")
    assert refused(lambda: authoring.delete(own, stranger))[0] == 404


def test_a_definition_above_what_is_known_is_no_member(
    group: Scope, subscription: Scope, author: User
) -> None:
    wide, _ = authoring.put(group, "wide", policy(), None)
    body = initiative(member(wide.arm_id))
    assert refused(lambda: authoring.put(subscription, "set", body, author, Kind.INITIATIVE)) == (
        400,
        "InvalidPolicyDefinitionReference",
    )
