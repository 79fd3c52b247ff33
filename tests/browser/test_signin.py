"""Signing in by link and password, and out again."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from policy_app.models import SignInLink
from policy_app.services import access

PASSWORD = "a long enough password"


@pytest.fixture
def bob(db: None) -> User:
    """A person with a password."""
    return User.objects.create_user("bob", password=PASSWORD)


def test_a_link_signs_in_once(client: Client, bob: User) -> None:
    secret = access.new_link(bob)
    answer = client.get(f"/sign-in/{secret}")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    again = Client().get(f"/sign-in/{secret}")
    assert again.status_code == 403
    assert "has been used" in again.content.decode()
    assert "policy-portal sign-in-link" in again.content.decode()


def test_an_expired_link_says_so(client: Client, bob: User) -> None:
    secret = access.new_link(bob)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    answer = client.get(f"/sign-in/{secret}")
    assert answer.status_code == 403
    assert "has expired" in answer.content.decode()


def test_a_link_that_never_was_says_so(client: Client, db: None) -> None:
    answer = client.get("/sign-in/made-up")
    assert answer.status_code == 403
    said = BeautifulSoup(answer.content, "html.parser").select("[role=alert]")[0]
    assert said.get_text(strip=True).startswith("This is no sign-in link of this portal.")


def test_looking_whether_a_link_answers_does_not_use_it_up(client: Client, bob: User) -> None:
    secret = access.new_link(bob)
    assert client.head(f"/sign-in/{secret}").status_code == 405
    assert client.get(f"/sign-in/{secret}").status_code == 302


def test_a_part_of_a_page_is_not_replaced_by_the_sign_in_page(client: Client, db: None) -> None:
    opened = "/policy/definitions?kind=policy"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{opened}"}
    for answer in (
        client.get("/policy/definitions?kind=policy&search=host", headers=headers),
        client.post("/policy/test", headers=headers),
    ):
        assert "Location" not in answer
        assert answer["HX-Redirect"] == f"/sign-in?next={quote(opened)}"
        assert answer.content == b""


def test_going_back_when_signed_out_shows_the_sign_in_page(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    answer = client.get("/policy/definitions?kind=policy", headers=headers)
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in?next={quote('/policy/definitions?kind=policy')}"


def test_another_sites_page_is_not_returned_to(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/policy"}
    answer = client.get("/policy/definitions", headers=headers)
    assert answer["HX-Redirect"] == "/sign-in?next=/policy/definitions"


def test_a_password_signs_in_and_leads_on(client: Client, bob: User) -> None:
    wanted = "/policy/definitions?kind=policy"
    given = {"username": "bob", "password": PASSWORD, "next": wanted}
    answer = client.post("/sign-in", given)
    assert (answer.status_code, answer["Location"]) == (302, wanted)


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:x"])
def test_nobody_is_led_out_of_the_portal(client: Client, bob: User, elsewhere: str) -> None:
    given = {"username": "bob", "password": PASSWORD, "next": elsewhere}
    assert client.post("/sign-in", given)["Location"] == "/"


def test_a_wrong_password_is_refused_beside_the_form(client: Client, bob: User) -> None:
    answer = client.post("/sign-in", {"username": "bob", "password": "wrong"})
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Please enter a correct username and password" in text
    assert 'value="bob"' in text
    assert "wrong" not in text


def test_signing_out_ends_the_session_and_needs_a_form(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_a_form_without_its_token_is_refused_in_words(bob: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in", {"username": "bob", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_who_has_signed_in_needs_no_form(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert client.get("/sign-in")["Location"] == "/"
