"""The documents as pages: all are there, links lead on, pictures come, nobody has to sign in."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from policy_app.browser.documentation import library


class Tags(HTMLParser):
    """The tags of a document, with their attributes; text that looks like them is none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html[html.index("<article") : html.index("</article>")])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def targets(self) -> list[str]:
        """Where links lead, and pictures come from."""
        return [
            target
            for _, attributes in self.found
            for name in ("href", "src")
            if (target := attributes.get(name))
        ]


def page(name: str) -> str:
    """A document's page, as somebody who has not signed in gets it."""
    response = Client().get(reverse("document", args=[name]))
    assert response.status_code == 200
    return str(response.content.decode())


def test_every_document_is_under_some_subject() -> None:
    assert sorted(library.NAMES) == sorted(file.stem for file in library.FOLDER.glob("*.md"))


def test_the_contents_lead_to_every_document() -> None:
    html = unescape(Client().get(reverse("documentation")).content.decode())
    for name in library.NAMES:
        document = library.read(name)
        assert document is not None
        assert f'<a href="/documentation/{name}">{document.title}</a>' in html


@pytest.mark.parametrize("name", library.NAMES)
def test_every_link_and_picture_of_a_document_is_there(name: str) -> None:
    html = page(name)
    for target in Tags(html).targets():
        if target.startswith(("https://", "http://")):
            continue
        address, _, fragment = target.partition("#")
        if address.startswith("images/"):
            assert Client().get(f"/documentation/{address}").status_code == 200, target
            continue
        wanted = page(address.removeprefix("/documentation/")) if address else html
        assert not fragment or f'id="{fragment}"' in wanted, target


@pytest.mark.parametrize("name", library.NAMES)
def test_a_document_has_no_style_or_script_of_its_own(name: str) -> None:
    for tag, attributes in Tags(page(name)).found:
        assert tag not in ("script", "style")
        assert "style" not in attributes


def test_code_is_coloured_and_tables_are_tables() -> None:
    assert '<span class="' in page("how-to")
    assert "<th>Azure</th>" in page("differences")


@pytest.mark.parametrize(
    "address",
    [
        "/documentation/nothing",
        "/documentation/..%2Fpyproject",
        "/documentation/images/nothing.png",
        "/documentation/images/..%2Fcli.md",
    ],
)
def test_what_is_no_document_is_not_found(address: str) -> None:
    assert Client().get(address).status_code == 404
