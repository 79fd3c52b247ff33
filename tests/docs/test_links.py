"""Every link between the documents leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.files import ROOT, documents, name

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_ELSEWHERE = ("http://", "https://", "mailto:")


def links(file: Path) -> Iterator[str]:
    """The targets in a document that lie in this project; code blocks aside."""
    for found in _LINK.finditer(_CODE.sub("", file.read_text(encoding="utf-8"))):
        target = found[1] or found[2]
        if not target.startswith(_ELSEWHERE):
            yield target


def anchors(file: Path) -> set[str]:
    """The fragments that a document's headings can be reached by."""
    headings = _HEADING.findall(_CODE.sub("", file.read_text(encoding="utf-8")))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("document", documents(), ids=name)
def test_every_relative_link_resolves(document: Path) -> None:
    broken = []
    for target in links(document):
        path, _, fragment = target.partition("#")
        file = (document.parent / path) if path else document
        if not file.exists() or (fragment and fragment not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_the_readme_leads_to_every_document() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name(file) for file in documents() if f"({name(file)})" not in readme]
    assert [one for one in missing if one != "README.md"] == []
