"""Each parameter gets the field that fits it, and the field says what its texts mean."""

from __future__ import annotations

from typing import Any

import pytest

from policy_app.browser.assign.parameter_fields import ParameterField, in_words, same_json
from policy_app.evaluation.language.parameters import ParameterSpec

PATHS_SCHEMA = {
    "type": "object",
    "properties": {
        "paths": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pathPrefix": {"type": "string"}, "readOnly": {"type": "boolean"}},
                "required": ["pathPrefix", "readOnly"],
            },
        }
    },
    "required": ["paths"],
    "additionalProperties": False,
}
EFFECTS = ["audit", "Audit", "deny", "Deny", "disabled", "Disabled"]


def field(entry: dict[str, Any], *texts: str, name: str = "thing") -> ParameterField:
    """The field of a parameter, with texts where they are given."""
    one = ParameterField.of_default(ParameterSpec.parse(name, entry))
    return one.with_texts(texts, explicit=False, as_json=one.as_json) if texts else one


def effect(*texts: str) -> ParameterField:
    """An effect parameter as the built-in definitions write it."""
    return field({"type": "String", "allowedValues": EFFECTS, "defaultValue": "Audit"}, *texts)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"type": "String"}, "text"),
        ({"type": "String", "allowedValues": ["a", "b"]}, "choice"),
        ({"type": "boolean", "defaultValue": False}, "choice"),
        ({"type": "Integer"}, "number"),
        ({"type": "Float"}, "number"),
        ({"type": "DateTime"}, "date"),
        ({"type": "Object"}, "json"),
        ({"type": "Array", "defaultValue": ["kube-system"]}, "rows"),
        ({"type": "Array", "schema": {"type": "array", "items": {"type": "string"}}}, "rows"),
        ({"type": "Array", "schema": {"type": "array", "items": {"type": "object"}}}, "json"),
        ({"type": "Array", "defaultValue": [{"a": 1}]}, "json"),
        ({"type": "Array", "defaultValue": [""]}, "json"),
        ({"type": "Array", "allowedValues": ["rapid", "stable"]}, "choices"),
    ],
)
def test_type_and_schema_choose_the_field(entry: dict[str, Any], kind: str) -> None:
    assert field(entry).kind == kind


def test_an_effect_allowed_in_two_letter_cases_is_offered_once() -> None:
    assert [one.text for one in effect().options] == ["Audit", "Deny", "Disabled"]


def test_the_spelling_that_an_assignment_chose_is_kept() -> None:
    chosen = effect().with_value("deny", explicit=True)

    assert [one.text for one in chosen.options] == ["Audit", "deny", "Disabled"]
    assert [one.text for one in chosen.options if one.chosen] == ["deny"]
    assert chosen.value == "deny"


def test_a_value_that_is_not_allowed_is_shown_and_marked() -> None:
    odd = effect("Forbid")

    assert odd.options[-1].label == "Forbid (not allowed)"
    assert odd.options[-1].chosen
    assert any("must be one of" in fault for fault in odd.faults())


def test_a_boolean_means_true_or_false_and_not_a_string() -> None:
    entry = {"type": "Boolean", "defaultValue": False}

    assert field(entry, "true").value is True
    assert field(entry).value is False
    assert field(entry, "true").changed


def test_a_boolean_without_default_must_be_chosen() -> None:
    unset = field({"type": "Boolean"}, "")

    assert unset.is_empty
    assert unset.faults() == ["thing has no default, so it needs a value."]


def test_numbers_are_read_strictly() -> None:
    assert field({"type": "Integer"}, " 8080 ").value == 8080
    assert field({"type": "Float"}, "0.5").value == 0.5
    assert field({"type": "Integer"}, "8,080").faults() == [
        "'8,080' is not a whole number, such as 8080."
    ]
    assert field({"type": "Integer"}, "1_000").faults()
    assert field({"type": "Float"}, "NaN").faults()


def test_empty_rows_are_no_items() -> None:
    assert field({"type": "Array", "defaultValue": []}, "shop", "  ", " team ").value == [
        "shop",
        "team",
    ]


def test_a_list_of_choices_keeps_their_type() -> None:
    ports = field({"type": "Array", "allowedValues": [80, 443], "defaultValue": [80]}, "80", "443")

    assert ports.value == [80, 443]


def test_json_that_is_none_names_line_and_column() -> None:
    broken = field({"type": "Object", "schema": PATHS_SCHEMA}, '{\n  "paths": [,]\n}')

    assert broken.faults() == ["A value is missing here. (line 2, column 13)"]


def test_json_that_does_not_fit_names_the_path_and_its_place() -> None:
    text = '{\n  "paths": [\n    {"pathPrefix": "/var", "readOnly": "yes"}\n  ]\n}'

    (fault,) = field({"type": "Object", "schema": PATHS_SCHEMA}, text).faults()

    assert "paths[0].readOnly" in fault
    assert "(line 3, column 40)" in fault


def test_a_value_equal_to_the_default_is_left_to_the_default() -> None:
    assert not effect("Audit").is_given
    assert effect("Deny").is_given


def test_what_an_assignment_gave_stays_given_even_where_it_is_the_default() -> None:
    assert effect().with_value("Audit", explicit=True).is_given


@pytest.mark.parametrize("default", [[""], ["a\nb"], [" a"], [1, 2], ["a"], [], [{"b": None}]])
def test_no_default_is_changed_by_showing_it(default: list[Any]) -> None:
    untouched = field({"type": "Array", "defaultValue": default})

    assert untouched.value == default
    assert not untouched.changed


def test_use_default_forgets_that_a_value_was_given() -> None:
    back = effect().with_value("deny", explicit=True).with_default()

    assert back.value == "Audit"
    assert not back.is_given


@pytest.mark.parametrize("review", [True, "true", "True"])
def test_the_authors_mark_for_review_asks_for_attention(review: object) -> None:
    entry = {"type": "String", "defaultValue": "x", "metadata": {"portalReview": review}}

    assert field(entry).needs_attention
    assert field({"type": "String"}).needs_attention
    assert not field({"type": "String", "defaultValue": "x"}).needs_attention


def test_tidying_lays_out_json_and_leaves_what_is_none() -> None:
    entry = {"type": "Object", "defaultValue": {}}

    assert field(entry, '{"a":[1]}').tidied().text == '{\n  "a": [\n    1\n  ]\n}'
    assert field(entry, '{"a":').tidied().text == '{"a":'


def test_rows_can_be_edited_as_json_where_items_may_be_anything() -> None:
    rows = field({"type": "Array", "defaultValue": []}, "a", "b")

    assert rows.may_be_json
    assert rows.edited_as_json().value == ["a", "b"]
    assert rows.edited_as_json().kind == "json"


def test_true_is_not_one() -> None:
    assert not same_json([True], [1])
    assert same_json({"a": [1.0]}, {"a": [1]})


def test_values_read_as_words() -> None:
    assert in_words(["a", "b"]) == "a, b"
    assert in_words([]) == "(none)"
    assert in_words("") == "(empty)"
    assert in_words({"a": True}) == '{"a": true}'
