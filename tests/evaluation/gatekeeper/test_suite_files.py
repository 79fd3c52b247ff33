"""Suite files and filters: what is none is refused, with the place and in words."""

from __future__ import annotations

import pytest

from policy_app.evaluation.gatekeeper import suites
from policy_app.evaluation.gatekeeper.suites import SuiteError
from tests.evaluation.gatekeeper.suite_runs import HEADER


@pytest.mark.parametrize("text", ["a//b//c", "(", "a//(?<=b)"])
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SuiteError, match="invalid test filter: "):
        suites.Filter.parse(text)


@pytest.mark.parametrize(
    "text", ["", "kind: Suite\napiVersion: v1", "- a\n", "apiVersion: test.gatekeeper.sh/v1\n"]
)
def test_other_files_are_no_suites(text: str) -> None:
    assert suites.read_suite("x.yaml", text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        "build: !reference [.base, script]",
        "emoji: !!python/name:material.extensions.emoji",
        "Value: !Sub {Fn: [a]}",
        "at: !!timestamp no time",
        "built: !!binary '%'",
    ],
)
def test_tags_of_other_tools_keep_no_suite_from_being_run(text: str) -> None:
    assert suites.read_suite(".gitlab-ci.yml", text.encode()) is None


def test_what_a_tag_stands_at_is_read_as_if_it_were_not_there() -> None:
    text = f"{HEADER}tests: [!mine {{name: !mine a, cases: !mine [!mine {{object: x.yaml}}]}}]"
    suite = suites.read_suite("x.yaml", text.encode())
    assert suite is not None
    [test] = suite.tests
    assert (test.name, test.cases[0].object) == ("a", "x.yaml")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"a: [", 'invalid yaml: parsing yaml file "x.yaml": '),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"[" * 20_000, 'parsing yaml file "x.yaml"'),
        (f"{HEADER}tests: {{}}".encode(), "x.yaml: tests must be a list, but is an object"),
        (f"{HEADER}tests: [1]".encode(), "tests[0] must be an object, but is 1"),
        (f"{HEADER}skip: 'yes'".encode(), "skip must be true or false, but is 'yes'"),
        (f"{HEADER}tests: [{{name: 1}}]".encode(), "tests[0].name must be a string, but is 1"),
        (
            f"{HEADER}tests: [{{cases: [{{inventory: a}}]}}]".encode(),
            "tests[0].cases[0].inventory must be a list of strings, but is 'a'",
        ),
        (
            f"{HEADER}tests: [{{cases: [{{assertions: [{{message: [a]}}]}}]}}]".encode(),
            "tests[0].cases[0].assertions[0].message must be a string, but is a list",
        ),
    ],
)
def test_a_suite_that_cannot_be_read_says_where(text: bytes, error: str) -> None:
    with pytest.raises(SuiteError) as refused:
        suites.read_suite("x.yaml", text)
    assert error in str(refused.value)


def test_unknown_fields_are_noted() -> None:
    text = f"{HEADER}tests: [{{name: t, cases: [{{assertion: []}}]}}]"
    suite = suites.read_suite("x.yaml", text.encode())
    assert suite is not None
    [note] = suite.notes
    assert note.startswith("x.yaml: tests[0].cases[0].assertion is no field of a suite")
