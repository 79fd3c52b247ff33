"""What people type as JSON is parsed strictly, and errors say where."""

from __future__ import annotations

import pytest

from policy_app.browser.assign.json_text import (
    MAX_CHARACTERS,
    JsonTextError,
    Spot,
    parse,
    pretty,
    spot_of,
)
from policy_app.services.authoring.imports import line_of


@pytest.mark.parametrize(
    ("text", "spot", "words"),
    [
        ("", Spot(1, 1), "There is no value"),
        ('{"a": 1,}', Spot(1, 9), "no comma after it"),
        ('{\n  "a" 1\n}', Spot(2, 7), "A colon is missing"),
        ('{"a": 1} x', Spot(1, 10), "ended before this"),
        ('{"a": "b', Spot(1, 7), "no closing quote"),
        ('["a" "b"]', Spot(1, 6), "comma or a closing bracket"),
        ("{\n  // a\n}", Spot(2, 3), "no comments"),
        ("{'a': 1}", Spot(1, 2), "double quotes around"),
        ('{"a": [{"b": 1},\n {"b": 1,\n  "b": 2}]}', Spot(3, 3), "'b' is given twice"),
    ],
)
def test_what_is_no_json_says_where_and_what(text: str, spot: Spot, words: str) -> None:
    with pytest.raises(JsonTextError, match=words) as caught:
        parse(text)
    assert caught.value.spot == spot


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "given twice"),
        ("NaN", "no JSON number"),
        ("-Infinity", "no JSON number"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 102 + "]" * 102, "nested too deeply"),
        ("1" * 10_000, "cannot be read"),
        ("1e999", "too large"),
        ('["\\ud800"]', "no text"),
        ('{"\\u0000": 1}', "no text"),
        (" " * (MAX_CHARACTERS + 1), "characters"),
    ],
)
def test_what_parsers_disagree_about_is_refused(text: str, words: str) -> None:
    with pytest.raises(JsonTextError, match=words):
        parse(text)


def test_what_is_shown_reads_back_the_same() -> None:
    value = {"paths": [{"pathPrefix": "/ä", "readOnly": True}], "n": 1.5, "none": None}

    assert parse(pretty(value)) == value
    assert "/ä" in pretty(value)


def test_a_path_leads_to_its_line_and_column() -> None:
    text = '{\n  "paths": [\n    {"a.b": 1}\n  ]\n}'

    assert spot_of(text, "paths[0]") == Spot(3, 5)
    assert spot_of(text, 'paths[0]["a.b"]') == Spot(3, 13)
    assert spot_of(text, "paths[7]") is None


@pytest.mark.parametrize("odd", ["\\ud83d\\ude00", "\u2028", "\x85", "\x7f", "\ufffe", "\\/", "😀"])
def test_what_yaml_would_misread_in_a_text_moves_no_line(odd: str) -> None:
    text = f'{{\n\t"a": "x{odd}y",\n\t"b": {{\n\t\t"c": 1\n\t}}\n}}'
    assert parse(text)["b"] == {"c": 1}
    assert spot_of(text, "b.c") == Spot(4, 8)
    assert line_of(text, "b.c") == 4
