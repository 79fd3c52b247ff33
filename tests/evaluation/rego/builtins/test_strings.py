"""Strings: code points, not bytes, and Go's idea of white space."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import a_set, call, narrowly, problem


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("concat", (", ", ["a", "b"]), "a, b"),
        ("concat", ("-", a_set("b", "a")), "a-b"),
        ("concat", ("-", []), ""),
        ("contains", ("foobar", "oba"), True),
        ("startswith", ("foobar", "foo"), True),
        ("startswith", ("foobar", "bar"), False),
        ("endswith", ("foobar", "bar"), True),
        ("indexof", ("añb", "b"), 2),
        ("indexof", ("abc", "x"), -1),
        ("indexof_n", ("aaaa", "aa"), [0, 1, 2]),
        ("indexof_n", ("abc", "x"), []),
        ("substring", ("añbc", 1, 2), "ñb"),
        ("substring", ("añbc", 2, -1), "bc"),
        ("substring", ("abc", 5, 1), ""),
        ("substring", ("abc", 1, 100), "bc"),
        ("lower", ("ÀÉx",), "àéx"),
        ("upper", ("straße",), "STRAßE"),
        ("split", ("a,b,,c", ","), ["a", "b", "", "c"]),
        ("split", ("añ", ""), ["a", "ñ"]),
        ("split", ("abc", "x"), ["abc"]),
        ("split", ("", ","), [""]),
        ("replace", ("aXbX", "X", "yy"), "ayybyy"),
        ("replace", ("ab", "", "-"), "-a-b-"),
        ("strings.replace_n", ({"<": "&lt;", ">": "&gt;"}, "<b>"), "&lt;b&gt;"),
        ("strings.replace_n", ({"a": "b", "b": "c"}, "ab"), "bc"),
        ("strings.replace_n", ({}, "ab"), "ab"),
        ("trim", ("xxabxx", "x"), "ab"),
        ("trim", ("ab", ""), "ab"),
        ("trim_left", ("xxabxx", "x"), "abxx"),
        ("trim_right", ("xxabxx", "x"), "xxab"),
        ("trim_prefix", ("foobar", "foo"), "bar"),
        ("trim_prefix", ("foofoobar", "foo"), "foobar"),
        ("trim_suffix", ("foobar", "bar"), "foo"),
        ("trim_space", (" \t\u00a0a b\n",), "a b"),
        ("trim_space", ("\x1fa\x1f",), "\x1fa\x1f"),
        ("strings.reverse", ("añb",), "bña"),
        ("strings.count", ("cheese", "e"), 3),
        ("strings.count", ("abc", ""), 4),
        ("strings.any_prefix_match", ("foobar", ["x", "foo"]), True),
        ("strings.any_prefix_match", (["bar", "foobar"], a_set("foo", "baz")), True),
        ("strings.any_prefix_match", (["bar", "fo"], ["foo"]), False),
        ("strings.any_prefix_match", ([], ["foo"]), False),
        ("strings.any_suffix_match", (a_set("a.io", "b.com"), [".com"]), True),
        ("strings.any_suffix_match", (["a.io"], ".com"), False),
    ],
)
def test_strings_answer_as_opa_documents(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert call(name, *operands) == expected


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        (
            "concat",
            (",", ["a", 1]),
            "eval_type_error: operand 2 must be array of strings but got array containing number",
        ),
        (
            "concat",
            (",", a_set("a", None)),
            "eval_type_error: operand 2 must be set of strings but got set containing null",
        ),
        (
            "concat",
            (",", "ab"),
            "eval_type_error: operand 2 must be one of {set, array} but got string",
        ),
        ("startswith", (1, "a"), "eval_type_error: operand 1 must be string but got number"),
        ("endswith", ("a", []), "eval_type_error: operand 2 must be string but got array"),
        ("indexof", ("a", ""), "eval_builtin_error: empty search character"),
        ("substring", ("abc", -1, 1), "eval_builtin_error: negative offset"),
        (
            "substring",
            ("abc", 1.5, 1),
            "eval_type_error: operand 2 must be integer number but got floating-point number",
        ),
        (
            "strings.replace_n",
            ({"a": 1}, "a"),
            "eval_type_error: operand 1 non-string value found in pattern object",
        ),
        (
            "strings.any_prefix_match",
            (1, "a"),
            "eval_type_error: operand 1 must be one of {string, set, array} but got number",
        ),
    ],
)
def test_a_wrong_operand_is_named_as_opa_names_it(
    name: str, operands: tuple[Value, ...], expected: str
) -> None:
    assert problem(name, *operands) == expected


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("concat", ("x" * 1000, ["a"] * 500)),
        ("replace", ("a" * 1000, "a", "b" * 1000)),
        ("replace", ("a" * 1000, "", "b" * 1000)),
        ("strings.replace_n", ({"a": "b" * 9000}, "a" * 9000)),
        ("split", ("a" * 5000, "")),
        ("indexof_n", ("a" * 5000, "a")),
    ],
)
def test_no_string_outgrows_its_limit(name: str, operands: tuple[Value, ...]) -> None:
    with pytest.raises(RegoLimitError):
        narrowly(name, *operands)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (2, ["a", "b"]),
        (-2, ["b", "c"]),
        (0, []),
        (9, ["a", "b", "c"]),
        (-9, ["a", "b", "c"]),
    ],
)
def test_splitting_can_keep_the_first_or_the_last_parts(count: int, expected: list[str]) -> None:
    assert call("strings.split_n", "a.b.c", ".", count) == expected
