"""Tokens and one-time links: whom they let in, how often, and until when."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from policy_app.models import ApiToken, SignInLink
from policy_app.services import access
from policy_app.services.errors import PolicyError


def test_a_token_stands_for_its_user_and_only_its_hash_is_stored(alice: User) -> None:
    secret = access.new_token(alice, "pipeline")
    assert access.user_of_token(secret) == alice
    stored = ApiToken.objects.get(label="pipeline")
    assert secret not in {stored.digest, stored.label}


def test_an_unknown_token_stands_for_nobody(alice: User) -> None:
    assert access.user_of_token(access.new_token(alice) + "x") is None
    assert access.user_of_token("") is None


def test_a_token_ends_when_it_expires(alice: User) -> None:
    now = timezone.now()
    assert access.user_of_token(access.new_token(alice, expires_at=now + timedelta(hours=1)))
    assert access.user_of_token(access.new_token(alice, expires_at=now)) is None


def test_a_token_of_a_user_who_was_locked_out_stands_for_nobody(alice: User) -> None:
    secret = access.new_token(alice)
    alice.is_active = False
    alice.save()
    assert access.user_of_token(secret) is None


def test_the_use_of_a_token_is_noted_once_a_minute(alice: User) -> None:
    secret = access.new_token(alice)
    access.user_of_token(secret)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    access.user_of_token(secret)
    assert ApiToken.objects.get().last_used_at == first
    long_ago = first - timedelta(minutes=2)
    ApiToken.objects.update(last_used_at=long_ago)
    access.user_of_token(secret)
    noted = ApiToken.objects.get().last_used_at
    assert noted is not None
    assert noted > long_ago


def test_a_link_signs_in_once_and_then_says_that_it_was_used(alice: User) -> None:
    secret = access.new_link(alice)
    assert access.redeem(secret) == alice
    with pytest.raises(PolicyError, match="has been used") as refusal:
        access.redeem(secret)
    assert (refusal.value.code, refusal.value.status) == ("SignInLinkUsed", 403)


def test_a_link_expires_after_the_minutes_that_are_set(alice: User, settings: Settings) -> None:
    settings.SIGN_IN_LINK_MINUTES = 5
    secret = access.new_link(alice)
    link = SignInLink.objects.get()
    assert timedelta(minutes=4) < link.expires_at - timezone.now() <= timedelta(minutes=5)
    SignInLink.objects.update(expires_at=timezone.now())
    with pytest.raises(PolicyError, match="has expired") as refusal:
        access.redeem(secret)
    assert refusal.value.code == "SignInLinkExpired"


def test_an_unknown_link_is_refused_with_how_to_make_one(alice: User) -> None:
    with pytest.raises(PolicyError, match="policy-portal sign-in-link") as refusal:
        access.redeem(access.new_link(alice) + "x")
    assert refusal.value.code == "SignInLinkUnknown"


def test_the_link_of_a_user_who_was_locked_out_does_not_work(alice: User) -> None:
    secret = access.new_link(alice)
    alice.is_active = False
    alice.save()
    with pytest.raises(PolicyError) as refusal:
        access.redeem(secret)
    assert refusal.value.code == "SignInLinkUnknown"


def test_links_that_expired_long_ago_are_cleared_away(alice: User) -> None:
    access.new_link(alice)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(days=8))
    old = SignInLink.objects.get()
    access.new_link(alice)
    assert not SignInLink.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_a_link_at_the_same_moment_one_gets_in() -> None:
    user = User.objects.create_user("alice")
    secret = access.new_link(user)
    together = threading.Barrier(6)
    outcomes: list[str] = []

    def use() -> None:
        together.wait()
        try:
            outcomes.append(access.redeem(secret).username)
        except PolicyError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["SignInLinkUsed"] * 5 + ["alice"]
