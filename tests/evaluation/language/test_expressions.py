"""Template expressions: what they come to, and what is said about those that are wrong."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_app.evaluation.language.expressions import (
    ExpressionError,
    evaluate,
    handed_on,
    handing_on,
    is_expression,
    parameter_names,
    resolve_value,
)

PARAMETERS: dict[str, Any] = {
    "effect": "Deny",
    "minPort": 0,
    "flag": True,
    "images": ["a", "b", "c"],
    "ranges": {"Ranges": [{"min": 1, "max": 65535}], "with space": 2},
    "nothing": None,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[parameters('effect')]", "Deny"),
        ("[ parameters( 'EFFECT' ) ]", "Deny"),
        ("[parameters('ranges').ranges[0].max]", 65535),
        ("[parameters('ranges')['with space']]", 2),
        ("[parameters('images')[parameters('minPort')]]", "a"),
        ("[if(equals(parameters('effect'), 'Disabled'), 'no', 'yes')]", "yes"),
        ("[if(parameters('flag'), 'yes', parameters('absent'))]", "yes"),
        ("[coalesce(parameters('nothing'), 'else', parameters('absent'))]", "else"),
        ("['it''s']", "it's"),
        ("[concat('a', 1, true())]", "a1True"),
        ("[concat(parameters('images'), createArray('d'))]", ["a", "b", "c", "d"]),
        ("[concat(if(contains(toLower('Linux'), toLower('LIN')), 'x', 'y'), '-z')]", "x-z"),
        ("[not(and(true(), false()))]", True),
        ("[or(false(), equals(1, 1))]", True),
        ("[equals(true(), 1)]", False),
        ("[equals('a', 'A')]", False),
        ("[equals(createArray(1, createObject('a', 2)), json('[1, {\"a\": 2}]'))]", True),
        ("[toUpper('a')]", "A"),
        ("[contains(parameters('ranges'), 'RANGES')]", True),
        ("[contains(parameters('images'), 'b')]", True),
        ("[contains('abc', 'B')]", False),
        ("[empty('')]", True),
        ("[empty(parameters('images'))]", False),
        ("[empty(null())]", True),
        ("[length(parameters('images'))]", 3),
        ("[first(parameters('images'))]", "a"),
        ("[last('xyz')]", "z"),
        ("[array(1)]", [1]),
        ("[createObject('a', 1, 'b', createArray())]", {"a": 1, "b": []}),
        ("[union(createArray(1, 2), createArray(2, 3))]", [1, 2, 3]),
        (
            '[union(json(\'{"a": {"x": 1}}\'), json(\'{"a": {"y": 2}}\'))]',
            {"a": {"x": 1, "y": 2}},
        ),
        ("[intersection(createArray(1, 2), createArray(2, 3))]", [2]),
        ("[split('a,b;c', createArray(',', ';'))]", ["a", "b", "c"]),
        ("[split('a/b/c', '/')[1]]", "b"),
        ("[join(parameters('images'), '-')]", "a-b-c"),
        ("[replace('aXb', 'X', '.')]", "a.b"),
        ("[substring('abcdef', 2, 3)]", "cde"),
        ("[substring('abc', 1)]", "bc"),
        ("[startsWith('Kube-system', 'kube')]", True),
        ("[endsWith('kube-system', 'SYSTEM')]", True),
        ("[int('42')]", 42),
        ("[string(createObject('a', 1))]", '{"a":1}'),
        ("[bool('True')]", True),
        ("[less(1, 2)]", True),
        ("[greaterOrEquals('b', 'a')]", True),
        ("[max(3, -1, 2)]", 3),
        ("[take('abcdef', 2)]", "ab"),
    ],
)
def test_an_expression_comes_to_its_value(text: str, value: Any) -> None:
    assert evaluate(text, PARAMETERS) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("[half open", "[half open"),
        ("not [an expression]", "not [an expression]"),
        ("[[parameters('effect')]", "[parameters('effect')]"),
        ("[[^a-z]+", "[[^a-z]+"),
    ],
)
def test_other_text_stays_text(text: str, value: str) -> None:
    assert not is_expression(text)
    assert evaluate(text, PARAMETERS) == value


def test_a_whole_value_is_resolved_and_its_names_are_not() -> None:
    written = {"[parameters('effect')]": ["[parameters('minPort')]", 5, None, {"a": "[[x]"}]}

    assert resolve_value(written, PARAMETERS) == {
        "[parameters('effect')]": [0, 5, None, {"a": "[x]"}]
    }


def test_the_parameters_that_a_value_asks_for_are_found_wherever_they_stand() -> None:
    written = {
        "a": "[if(equals(parameters('x'), 'y'), parameters('z').q[parameters('i')], 1)]",
        "b": ["text", "[[parameters('no')]"],
    }

    assert parameter_names(written) == {"x", "z", "i"}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("[parameters('effect')]", "effect"),
        ("[ Parameters( 'it''s' ) ]", "it's"),
        ("[parameters('')]", ""),
        ("[concat(parameters('effect'))]", None),
        ("[parameters('effect').x]", None),
        ("[parameters('effect']", None),
        ("[[parameters('effect')]", None),
        ("effect", None),
        (["[parameters('effect')]"], None),
    ],
)
def test_a_parameter_that_is_handed_on_as_it_is_is_told_from_what_is_made_of_it(
    value: Any, name: str | None
) -> None:
    assert handed_on(value) == name
    if name is not None:
        assert handed_on(handing_on(name)) == name


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("[]", 2, "empty"),
        ("[parameters('effect'))]", 22, "after the end"),
        ("[parameters('effect']", 21, "Expected ',' or ')', but found the end"),
        ("[parameters('effect)]", 13, "This string has no end"),
        ("[effect]", 2, "'effect' is not a value"),
        ("[concat('a' 'b')]", 13, "Expected ','"),
        ("[concat(,)]", 9, "found ','"),
        ("[parameters('a').]", 18, "name of a property"),
        ("[1.5]", 4, "name of a property"),
        ("[a%b()]", 3, "Unexpected '%'"),
        ("[paramters('effect')]", 2, "did you mean parameters()?"),
        ("[tolowr('A')]", 2, "did you mean toLower()?"),
        ("[parameters('efect')]", 2, "did you mean 'effect'?"),
        ("[field('type')]", 2, "reads the ARM resource"),
        ("[reference('x')]", 2, "belongs to template deployments"),
        ("[utcNow()]", 2, "another answer each time"),
        ("[equals(1)]", 2, "takes 2 arguments, but was given 1"),
        ("[substring('a')]", 2, "takes 2 to 3 arguments"),
        ("[toLower(1)]", 2, "needs a string, but was given a number"),
        ("[if('x', 1, 2)]", 2, "needs true or false"),
        ("[parameters('images')[9]]", 22, "has 3 items, but none at 9"),
        ("[parameters('ranges').other]", 22, "has no property 'other'"),
        ("[parameters('effect').length]", 22, "A string has no item 'length'"),
        ("[int('4_2')]", 2, "cannot make an integer"),
        ("[json('{')]", 2, "no JSON"),
        ("[substring('abc', 2, 5)]", 2, "goes past the 3 characters"),
    ],
)
def test_a_fault_is_told_with_its_position(text: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, PARAMETERS)

    assert words in str(caught.value)
    assert caught.value.position == position


def test_an_expression_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ExpressionError, match="nested deeper than 64 levels"):
        evaluate(f"[{'not(' * 70}true(){')' * 70}]", {})


def test_an_expression_cannot_grow_without_bound() -> None:
    long = "x" * 20_000

    with pytest.raises(ExpressionError, match=r"more than 131,072 characters"):
        evaluate(f"[replace('{long}', 'x', 'yyyyyyyyyy')]", {})


PIECES = st.sampled_from(
    [
        *(
            "parameters",
            "(",
            ")",
            "'a'",
            "''",
            "[",
            "]",
            ".",
            ",",
            "if",
            "concat",
            "equals",
            "json",
        ),
        *("union", "substring", "1", "-2", "x", "split", "true()", "createArray", " ", "length"),
        *("'[1,{}]'", "'{\"a\":[]}'", "null()", "min", "last", "int", "string", "coalesce", "'"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60))
def test_any_text_gives_a_value_or_an_expression_error(text: str) -> None:
    with suppress(ExpressionError):
        evaluate(f"[{text}]", {"a": {"x": [1, "two"]}})
    with suppress(ExpressionError):
        parameter_names(f"[{text}]")
