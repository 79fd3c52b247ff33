"""The shelf: built-in definitions as files, and what people call them."""

from __future__ import annotations

import pytest

from policy_app.catalog.shelf import FIXTURES, Shelf, newest
from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.versions import VersionError

HOST_NAMESPACE = "47a1ee2f-2a2a-4576-bf2a-e0e36709c2b8"
STORE = "https://store.policy.core.windows.net/kubernetes"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """The fixtures of the project."""
    return Shelf()


def test_every_file_is_on_the_shelf_and_can_be_parsed(shelf: Shelf) -> None:
    files = {path.as_posix() for path in FIXTURES.glob("*/*.json")}
    assert {entry.published.path for entry in shelf.entries} == files
    for entry in shelf.entries:
        parsed = entry.parse()
        assert isinstance(parsed, PolicySetDefinition) == entry.is_initiative
        assert (parsed.id, parsed.name, parsed.display_name, parsed.version) == (
            *(entry.id, entry.name, entry.display_name, entry.version),
        )
        if isinstance(parsed, PolicySetDefinition):
            assert {one.definition_id.lower() for one in parsed.members} == entry.member_ids


def test_a_definition_is_found_by_name_id_and_title_in_all_its_versions(shelf: Shelf) -> None:
    by_name = shelf.find(HOST_NAMESPACE.upper())
    assert {entry.version for entry in by_name} == {"5.2.0", "6.0.0"}
    assert shelf.find(f"{by_name[0].id}/") == by_name
    assert shelf.find(by_name[0].display_name) == by_name
    assert shelf.find(by_name[0].display_name.upper()) == []
    assert shelf.near(by_name[0].display_name.upper()) == by_name[0].display_name


@pytest.mark.parametrize(
    ("pattern", "version"), [("", "6.0.0"), ("5.*.*", "5.2.0"), ("6.0.0", "6.0.0"), ("4.*.*", "")]
)
def test_the_newest_version_that_fits_is_taken(shelf: Shelf, pattern: str, version: str) -> None:
    found = newest(shelf.find(HOST_NAMESPACE), pattern)
    assert (found.version if found else "") == version


def test_a_pattern_that_is_none_is_refused(shelf: Shelf) -> None:
    with pytest.raises(VersionError):
        newest(shelf.find(HOST_NAMESPACE), "six")


def test_every_template_is_found_by_the_url_of_its_tail(shelf: Shelf) -> None:
    for path in (FIXTURES / "templates").rglob("template.yaml"):
        url = f"{STORE}/{path.relative_to(FIXTURES / 'templates').as_posix().upper()}"
        assert shelf.templates.text(url) == path.read_text(encoding="utf-8"), url
        assert shelf.folder_of(url.lower()) == path.parent


@pytest.mark.parametrize(
    "url", ["https://example.org/kubernetes/x/v1/template.yaml", f"{STORE}/../x/v1/template.yaml"]
)
def test_a_url_of_another_place_names_no_template(shelf: Shelf, url: str) -> None:
    assert shelf.templates.text(url) is None


def test_an_entry_of_one_policy_has_no_members(shelf: Shelf) -> None:
    [first, *_] = shelf.find(HOST_NAMESPACE)
    assert first.member_ids == frozenset()
    assert isinstance(first.parse(), PolicyDefinition)
