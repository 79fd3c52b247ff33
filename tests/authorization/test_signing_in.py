"""Sign-ins are written down and throttled; a provider's people come in as themselves alone."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from policy_app.models import ActivityEntry
from policy_app.services import access, oidc
from policy_app.services.errors import PolicyError

PASSWORD = "a long enough password"
CLAIMS = {"iss": "https://login.example", "sub": "17", "preferred_username": "Carol Smith"}


@pytest.fixture
def bob(db: None) -> User:
    """A person with a password."""
    return User.objects.create_user("bob", password=PASSWORD)


def attempt(client: Client, name: str, password: str, address: str = "192.0.2.1") -> int:
    """Sign in with a password; the status."""
    given = {"username": name, "password": password}
    return client.post("/sign-in", given, REMOTE_ADDR=address).status_code


def test_who_fails_too_often_waits_and_locks_nobody_else_out(
    client: Client, bob: User, settings: Settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    assert [attempt(client, "bob", "wrong") for _ in range(3)][-1] == 429
    assert attempt(client, "bob", PASSWORD) == 429
    assert attempt(Client(), "bob", PASSWORD, address="192.0.2.2") == 302


def test_an_address_that_tries_many_names_is_locked_out_as_a_whole(
    client: Client, bob: User, settings: Settings
) -> None:
    settings.ADDRESS_FAILURES = 3
    assert [attempt(client, f"name{number}", "wrong") for number in range(3)] == [400, 400, 400]
    assert attempt(client, "bob", PASSWORD) == 429
    assert attempt(Client(), "bob", PASSWORD, address="192.0.2.2") == 302
    settings.ADDRESS_FAILURES = 0
    assert attempt(client, "bob", PASSWORD) == 302


def test_no_files_are_read_of_who_has_not_signed_in(
    client: Client, bob: User, settings: Settings
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = settings.LARGEST_UPLOAD = 10_000
    given = {"username": "bob", "password": PASSWORD, "file": BytesIO(b"x" * 20_000)}
    assert client.post("/sign-in", given).status_code == 413
    settings.LARGEST_UPLOAD = 1_000_000
    client.force_login(bob)
    given["file"] = BytesIO(b"x" * 20_000)
    assert client.post("/sign-in", given).status_code != 413


def test_a_session_ends_with_its_password_and_with_the_person(client: Client, bob: User) -> None:
    other = Client()
    for one in (client, other):
        assert attempt(one, "bob", PASSWORD) == 302
    bob.set_password("another long password")
    bob.save()
    assert client.get("/activity")["Location"].startswith("/sign-in")
    assert attempt(client, "bob", "another long password") == 302
    assert client.get("/activity").status_code == 200
    token = access.new_token(bob)
    bob.is_active = False
    bob.save()
    assert client.get("/activity")["Location"].startswith("/sign-in")
    assert access.user_of_token(token) is None


def test_a_link_lets_in_who_is_locked_out(client: Client, bob: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 1
    assert attempt(client, "bob", "wrong") == 429
    assert client.get(f"/sign-in/{access.new_link(bob)}").status_code == 302


def test_sign_ins_and_failed_ones_are_in_the_log(client: Client, bob: User) -> None:
    attempt(client, "bob", "wrong")
    attempt(client, "bob", PASSWORD)
    client.post("/sign-out")
    told = [(one.operation.split("/")[1], one.outcome) for one in ActivityEntry.objects.all()]
    assert told == [("signOut", "Succeeded"), ("signIn", "Succeeded"), ("signIn", "Failed")]
    assert ActivityEntry.objects.first().address == "127.0.0.1"  # type: ignore[union-attr]
    assert "wrong" not in str(list(ActivityEntry.objects.values("before", "after", "caller")))


def test_an_address_is_believed_only_of_a_proxy_that_there_is(
    client: Client, bob: User, settings: Settings
) -> None:
    given = {"username": "bob", "password": "wrong"}
    headers = {"X-Forwarded-For": "198.51.100.9, 203.0.113.5"}
    client.post("/sign-in", given, headers=headers)
    settings.PROXIES = 1
    client.post("/sign-in", given, headers=headers)
    rows = ActivityEntry.objects.order_by("pk").values_list("address", flat=True)
    assert list(rows) == ["127.0.0.1", "203.0.113.5"]


def test_a_person_of_the_provider_is_the_same_one_each_time(db: None) -> None:
    first = oidc.user_of(CLAIMS)
    assert first.username == "Carol-Smith"
    assert not first.has_usable_password()
    assert oidc.user_of(CLAIMS | {"preferred_username": "Renamed"}) == first


def test_a_provider_takes_over_nobody_who_is_here_already(alice: User) -> None:
    other = oidc.user_of(CLAIMS | {"preferred_username": "alice"})
    assert other != alice
    assert not other.is_superuser


def test_groups_follow_the_claim_where_it_is_named(db: None, settings: Settings) -> None:
    team, old = Group.objects.create(name="team"), Group.objects.create(name="old")
    user = oidc.user_of(CLAIMS)
    user.groups.add(old)
    oidc.user_of(CLAIMS | {"groups": ["team"]})
    assert list(user.groups.all()) == [old]
    settings.OIDC_GROUPS_CLAIM = "groups"
    oidc.user_of(CLAIMS | {"groups": ["team", "unknown", "te\x00am"]})
    assert list(user.groups.all()) == [team]
    changed, made = ActivityEntry.objects.filter(operation="Microsoft.PolicyPortal/users/write")
    assert (made.before, made.after) == (None, {"name": "Carol-Smith", "issuer": CLAIMS["iss"]})
    assert (changed.before, changed.after) == ({"groups": ["old"]}, {"groups": ["team"]})


def test_who_is_locked_out_here_does_not_come_in_through_the_provider(db: None) -> None:
    user = oidc.user_of(CLAIMS)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(PolicyError, match="locked out"):
        oidc.user_of(CLAIMS)


def test_the_provider_is_offered_only_where_one_is_set(
    client: Client, db: None, settings: Settings
) -> None:
    assert b"/sign-in/oidc" not in client.get("/sign-in").content
    settings.OIDC_ISSUER = "https://login.example"
    assert b"/sign-in/oidc" in client.get("/sign-in").content
