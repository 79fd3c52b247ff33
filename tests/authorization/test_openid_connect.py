"""Sign-in at an OpenID Connect provider, from the button to the session or to a clear refusal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from policy_app.browser import oidc
from policy_app.models import ActivityEntry, ExternalIdentity
from tests.authorization import provider as providers
from tests.authorization.provider import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, Provider

pytestmark = pytest.mark.django_db
START, CALLBACK = "/sign-in/oidc", "/sign-in/oidc/callback"
PAST = int(time.time()) - 3600


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider that the settings name."""
    oidc._registry.cache_clear()
    with providers.running() as running:
        settings.OIDC_ISSUER = running.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
        yield running
    oidc._registry.cache_clear()


def begin(client: Client, provider: Provider, **query: str) -> dict[str, str]:
    """To the provider, where the person agrees; what the browser carries back."""
    sent = client.get(START, query)
    assert sent.status_code == 302, sent.content
    return provider.authorize(sent.headers["Location"])


def sign_in(client: Client, provider: Provider, **query: str) -> Any:
    """The whole way round; the portal's last answer."""
    return client.get(CALLBACK, begin(client, provider, **query))


def refusal(client: Client, answer: Any, status: int = 403) -> str:
    """The text of a refusal: a sign-in page to try again on, and nobody who is signed in."""
    assert answer.status_code == status, answer.content
    assert [one.name for one in answer.templates][:1] == ["signin/page.html"]
    assert f'href="{START}'.encode() in answer.content
    # Neither a user nor what is left of the attempt.
    assert dict(client.session) == {}
    assert not User.objects.exists()
    entry = ActivityEntry.objects.latest("pk")
    assert (entry.operation, entry.outcome) == ("Microsoft.PolicyPortal/signIn/action", "Failed")
    text: str = answer.context["refusal"]
    return text


def test_a_new_person_becomes_a_user_and_goes_where_they_wanted_to(
    client: Client, provider: Provider
) -> None:
    provider.userinfo = {"preferred_username": "carol", "email": "carol@example.org"}
    answer = sign_in(client, provider, next="/policy/definitions")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/policy/definitions")
    user = User.objects.get()
    assert (user.username, user.email) == ("carol", "carol@example.org")
    assert not user.has_usable_password()
    assert not user.is_superuser
    assert client.get("/").context["user"] == user
    assert {name.rpartition("_")[0] for name in dict(client.session)} == {"_auth_user"}
    known = ExternalIdentity.objects.get()
    assert (known.issuer, known.subject) == (provider.issuer, "17")


def test_a_known_person_is_the_same_user_with_what_the_provider_says_now(
    client: Client, provider: Provider
) -> None:
    provider.claims = {"preferred_username": "carol", "given_name": "Carol"}
    sign_in(client, provider)
    provider.claims = {"preferred_username": "renamed", "given_name": "Caroline"}
    other = Client()
    assert sign_in(other, provider).status_code == 302
    user = User.objects.get()
    assert (user.username, user.first_name) == ("carol", "Caroline")
    assert other.session["_auth_user_id"] == str(user.pk)


def test_the_request_asks_for_what_openid_connect_wants(client: Client, provider: Provider) -> None:
    begin(client, provider)
    asked = provider.begun
    assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
    assert asked["redirect_uri"] == f"http://testserver{reverse('oidc-callback')}"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert asked["nonce"] != asked["state"]


@pytest.mark.parametrize("where", ["claims", "userinfo"])
def test_groups_follow_the_claim_wherever_the_provider_tells_it(
    client: Client, provider: Provider, settings: Settings, where: str
) -> None:
    settings.OIDC_GROUPS_CLAIM = "groups"
    team = Group.objects.create(name="team")
    setattr(provider, where, {"groups": ["team", "unknown"]})
    sign_in(client, provider)
    user = User.objects.get()
    assert list(user.groups.all()) == [team]
    setattr(provider, where, {"groups": []})
    sign_in(Client(), provider)
    assert list(user.groups.all()) == []


def test_an_address_elsewhere_is_no_place_to_go_to_afterwards(
    client: Client, provider: Provider
) -> None:
    answer = sign_in(client, provider, next="https://elsewhere.example/")
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"exp": PAST, "iat": PAST - 300},
        {"exp": None},
        {"aud": "another"},
        {"iss": "https://another.example"},
        {"sub": None},
        {"sub": "x" * 256},
        {"exp": "soon"},
    ],
    ids=lambda claims: "-".join(f"{name}={str(one)[:9]}" for name, one in claims.items()),
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    client: Client, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    refusal(client, sign_in(client, provider))


def test_a_token_that_somebody_else_signed_lets_nobody_in(
    client: Client, provider: Provider
) -> None:
    provider.key = OTHER_KEY
    assert "did not succeed" in refusal(client, sign_in(client, provider))


def test_a_userinfo_endpoint_that_speaks_of_somebody_else_lets_nobody_in(
    client: Client, provider: Provider
) -> None:
    provider.userinfo = {"sub": "18"}
    refusal(client, sign_in(client, provider))


def test_a_provider_that_calls_itself_otherwise_lets_nobody_in(
    client: Client, provider: Provider
) -> None:
    provider.metadata = {"issuer": "https://another.example"}
    provider.claims = {"iss": "https://another.example"}
    refusal(client, sign_in(client, provider))


@pytest.mark.parametrize("state", ["another", None])
def test_a_state_that_this_browser_was_not_given_lets_nobody_in(
    client: Client, provider: Provider, state: str | None
) -> None:
    begin(client, provider)
    sent = {"code": "a-code"} | ({"state": state} if state else {})
    other = Client()
    assert "another browser" in refusal(other, other.get(CALLBACK, sent))


def test_a_callback_works_once(client: Client, provider: Provider) -> None:
    back = begin(client, provider)
    assert client.get(CALLBACK, back).status_code == 302
    client.post("/sign-out")
    assert client.get(CALLBACK, back).status_code == 403
    assert "_auth_user_id" not in client.session


def test_who_is_signed_in_stays_so_when_another_sign_in_fails(
    client: Client, provider: Provider
) -> None:
    sign_in(client, provider)
    assert client.get(CALLBACK, {"error": "access_denied"}).status_code == 403
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_who_declines_at_the_provider_reads_so(client: Client, provider: Provider) -> None:
    state = begin(client, provider)["state"]
    answer = client.get(CALLBACK, {"error": "access_denied", "state": state})
    assert "cancelled" in refusal(client, answer)


def test_what_the_provider_says_of_an_error_is_not_repeated(
    client: Client, provider: Provider
) -> None:
    sent = {"error": "server_error", "error_description": "<b>call this number</b>"}
    answer = client.get(CALLBACK, sent)
    refusal(client, answer)
    assert b"this number" not in answer.content


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", (500, b"oops")),
        ("/token", (200, b"[]")),
        ("/token", (200, b'{"access_token": "opaque", "token_type": "Bearer"}')),
        ("/keys", (200, b"{}")),
        ("/keys", (404, b"")),
        ("/userinfo", (503, b"")),
        ("/userinfo", (200, b"[]")),
    ],
)
def test_a_provider_that_answers_nonsense_lets_nobody_in(
    client: Client, provider: Provider, path: str, answer: tuple[int, bytes]
) -> None:
    provider.answers[path] = answer
    refusal(client, sign_in(client, provider))


@pytest.mark.parametrize("answer", [(404, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}")])
def test_a_provider_without_discovery_is_told_before_anybody_leaves(
    client: Client, provider: Provider, answer: tuple[int, bytes]
) -> None:
    provider.answers["/.well-known/openid-configuration"] = answer
    refusal(client, client.get(START))


def test_a_provider_that_is_down_is_said_to_be(client: Client, settings: Settings) -> None:
    oidc._registry.cache_clear()
    with providers.running() as gone:
        settings.OIDC_ISSUER = gone.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    assert "does not answer" in refusal(client, client.get(START), 502)


def test_a_provider_that_goes_down_on_the_way_is_said_to_be(
    client: Client, provider: Provider
) -> None:
    provider.metadata = {"token_endpoint": "http://127.0.0.1:1/token"}
    assert "does not answer" in refusal(client, sign_in(client, provider), 502)


def test_without_a_provider_there_is_nothing_to_sign_in_with(client: Client) -> None:
    for address in (START, CALLBACK):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "no OpenID Connect provider" in answer.content.decode()
    assert not ActivityEntry.objects.exists()
