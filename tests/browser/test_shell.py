"""What all pages share: the menu, refusals and errors as pages, the policy on content, icons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from policy_app.templatetags.portal import icon

TEMPLATES = Path(settings.BASE_DIR) / "templates"
_ICON = re.compile(r"""{% icon "([^"]+)"|\bicon(?:_name)?="([^"]+)\"""")


def current(client: Client, address: str) -> list[tuple[str, str]]:
    """The entries of the left menu that are marked as current."""
    page = BeautifulSoup(client.get(address).content, "html.parser")
    marked = page.select(".sidenav-item[aria-current]")
    return [(item.get_text(strip=True), str(item["aria-current"])) for item in marked]


def test_the_menu_marks_the_page_and_the_section(client: Client, portal: None, alice: User) -> None:
    client.force_login(alice)
    assert current(client, "/") == [("Overview", "page")]
    assert current(client, "/policy/definitions") == [("Definitions", "page")]
    deeper = "/policy/definitions/policy/95edb821-ddaf-4404-9732-666045e056b4"
    assert current(client, deeper) == [("Definitions", "true")]


def test_the_administration_is_offered_to_superusers_only(client: Client, portal: None) -> None:
    guest = User.objects.create_user("guest")
    client.force_login(guest)
    page = client.get("/").content.decode()
    assert 'href="/admin/"' not in page
    guest.is_staff = True
    guest.save()
    assert 'href="/admin/"' not in client.get("/").content.decode()
    guest.is_superuser = True
    guest.save()
    assert 'href="/admin/"' in client.get("/").content.decode()


def test_a_page_that_is_not_there_is_said_in_a_sentence(client: Client, db: None) -> None:
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


@pytest.mark.parametrize("status", ["400", "403", "404", "500", "403_csrf"])
def test_error_pages_need_nothing_from_the_request(status: str) -> None:
    page = BeautifulSoup(render_to_string(f"{status}.html"), "html.parser")
    assert page.select("h1")[0].get_text(strip=True)
    assert page.select("main p")[0].get_text().endswith(".")


def test_every_answer_forbids_inline_code(client: Client, db: None) -> None:
    answer = client.get("/sign-in")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.content.decode()


def _icons() -> Iterator[tuple[str, str]]:
    for file in sorted(TEMPLATES.rglob("*.html")):
        for match in _ICON.finditer(file.read_text()):
            yield str(file.relative_to(TEMPLATES)), match[1] or match[2]


@pytest.mark.parametrize(("template", "name"), sorted(set(_icons())))
def test_every_icon_that_a_template_names_exists(template: str, name: str) -> None:
    assert "<svg" in icon(name), template
