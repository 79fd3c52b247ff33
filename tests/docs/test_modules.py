"""Every module says what it is for, is short enough to read, and is found where it is described."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.files import MAX_LINES, ROOT, modules, name


def test_every_module_has_a_docstring() -> None:
    silent = [
        name(file)
        for file in modules()
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_module_is_too_long_to_read() -> None:
    lengths = {name(file): len(file.read_text("utf-8").splitlines()) for file in modules()}
    assert {file: lines for file, lines in lengths.items() if lines > MAX_LINES} == {}


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_module_that_a_document_describes_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    described = set(re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", text))
    assert described
    missing = [
        one
        for one in described
        if not (ROOT / one).exists() and not (ROOT / "policy_app" / one).exists()
    ]
    assert missing == []
