"""A form as a browser without scripts sees it: fill it in, press a button, read the answer."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client

_URLENCODED = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class WebForm:
    """The form of a page; ``fields`` are the successful controls in document order."""

    client: Client
    page: BeautifulSoup
    tag: Tag
    fields: list[tuple[str, str]]

    @classmethod
    def read(cls, client: Client, html: bytes, selector: str = "#assign") -> WebForm:
        """The form in a page."""
        page = BeautifulSoup(html, "html.parser")
        tag = page.select_one(selector)
        assert tag is not None, f"no {selector} in the page"
        return cls(client, page, tag, [field for one in _controls(tag) for field in _posted(one)])

    @classmethod
    def open(cls, client: Client, url: str, selector: str = "#assign") -> WebForm:
        """The form of the page at an address."""
        return cls.read(client, client.get(url).content, selector)

    @property
    def text(self) -> str:
        """The page as text."""
        return self.page.get_text(" ", strip=True)

    def get(self, name: str) -> str:
        """What stands in a field."""
        return self.all(name)[0]

    def all(self, name: str) -> list[str]:
        """What stands in the fields of one name."""
        return [value for key, value in self.fields if key == name]

    def set(self, name: str, *values: str) -> None:
        """Fill in a field; several values are rows or ticked boxes."""
        kept = [field for field in self.fields if field[0] != name]
        self.fields = [*kept, *((name, value) for value in values)]

    def send(self, button: str, value: str) -> HttpResponse:
        """Press a button of the page, which must be there, and get the raw answer."""
        found = self.tag.select(f'button[name="{button}"][value="{value}"]:not([disabled])')
        assert found, f"no button {button}={value}"
        body = urlencode([*self.fields, (button, value)])
        response = self.client.post(str(self.tag["action"]), body, content_type=_URLENCODED)
        assert isinstance(response, HttpResponse)
        return response

    def press(self, button: str, value: str) -> WebForm:
        """Press a button that leads to the same form again."""
        response = self.send(button, value)
        assert response.status_code == 200
        return WebForm.read(self.client, response.content)

    def errors(self) -> list[str]:
        """The error summary, an entry each."""
        return [one.get_text(" ", strip=True) for one in self.page.select("#assign-summary li")]

    def one(self, selector: str) -> Tag:
        """The only element that fits."""
        (found,) = self.page.select(selector)
        return found


def _controls(form: Tag) -> list[Tag]:
    controls = form.select("input[name], select[name], textarea[name]")
    return [one for one in controls if not one.has_attr("disabled")]


def _posted(control: Tag) -> list[tuple[str, str]]:
    name = str(control["name"])
    if control.name == "textarea":
        # The parser of HTML drops a line break right after the tag.
        return [(name, control.get_text().removeprefix("\n"))]
    if control.name == "select":
        option = control.select_one("option[selected]") or control.select_one("option")
        return [(name, str(option["value"]))] if option else []
    if control.get("type") in ("checkbox", "radio") and not control.has_attr("checked"):
        return []
    return [(name, str(control.get("value", "")))]
