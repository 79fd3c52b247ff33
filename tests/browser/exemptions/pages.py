"""Addresses of the pages about exemptions, and what they say."""

from __future__ import annotations

from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client

from policy_app.models import Assignment, Exemption
from tests.browser.html_forms import WebForm

LIST = "/policy/exemptions"


def about(name: str, row: Exemption, **query: str) -> str:
    """A page of an exemption: ``view``, ``edit`` or ``delete``."""
    return f"{LIST}/{name}?{urlencode({'id': row.arm_id, **query})}"


def writing(row: Assignment, **query: str) -> str:
    """Where an exemption from an assignment is written."""
    return f"{LIST}/new?{urlencode({'assignment': row.arm_id, **query})}"


def soup(client: Client, url: str, status: int = 200) -> BeautifulSoup:
    """The page at an address."""
    answer = client.get(url)
    assert answer.status_code == status
    return BeautifulSoup(answer.content, "html.parser")


def told(page: BeautifulSoup) -> str:
    """What a page says, without its frame."""
    main = page.select_one("#main")
    assert main is not None
    return " ".join(main.get_text(" ", strip=True).split())


def waiting_clusters(page: BeautifulSoup) -> list[str]:
    """The clusters that are still to be worked out, in their order."""
    asking = page.select("button[name=cluster]")
    return [str(one["value"]).rpartition("/")[2] for one in asking]


def worked_out(client: Client, page: BeautifulSoup) -> BeautifulSoup:
    """The page after htmx has fetched what is covered in each of its clusters."""
    for button in page.select("button[name=cluster]"):
        answer = fetched(client, button)
        assert answer.status_code == 200
        place = button.find_parent(attrs={"data-slow": True})
        assert isinstance(place, Tag)
        place.clear()
        place.append(BeautifulSoup(answer.content, "html.parser"))
    return page


def fetched(client: Client, button: Tag) -> HttpResponse:
    """What htmx is given for the button of a cluster."""
    (page,) = (one for one in button.parents if isinstance(one, BeautifulSoup))
    written = WebForm.read(client, page.encode(), "form:has(button[name=cluster])")
    query = urlencode([*written.fields, ("cluster", str(button["value"]))])
    headers = {"HX-Request": "true"}
    if button.has_attr("hx-get"):
        answer = client.get(f"{button['hx-get']}?{query}", headers=headers)
    else:
        content_type = "application/x-www-form-urlencoded"
        answer = client.post(str(button["hx-post"]), query, content_type, headers=headers)
    assert isinstance(answer, HttpResponse)
    return answer


def form(client: Client, url: str) -> WebForm:
    """The form that an exemption is written in."""
    return WebForm.open(client, url, "#exemption")


def refusals(client: Client, url: str, button: str = "review", **values: str) -> dict[str, str]:
    """The faults, by field, that the form comes back with when it is filled in like this."""
    filled = form(client, url)
    filled.set("category", "Waiver")
    for name, value in values.items():
        filled.set(name, *([value] if value else []))
    answer = filled.send(button, "1")
    assert answer.status_code == 400
    page = BeautifulSoup(answer.content, "html.parser")
    said = [one.get_text(" ", strip=True) for one in page.select("#exemption-summary li")]
    parts = [one.partition(":") for one in said]
    return {name.strip(): text.strip() for name, _, text in parts}
