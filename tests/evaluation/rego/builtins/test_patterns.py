"""Regular expressions in RE2's syntax, and globs as ``gobwas/glob`` reads them."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import call, narrowly, problem


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("regex.match", (r"^[a-z]+\.azurecr\.io/.+$", "x.azurecr.io/nginx"), True),
        ("regex.match", ("b", "abc"), True),
        ("regex.match", ("^b", "abc"), False),
        ("re_match", ("b", "abc"), True),
        ("regex.is_valid", ("(a|b)",), True),
        ("regex.is_valid", ("(a",), False),
        ("regex.is_valid", (1,), False),
        ("regex.split", (",", "a,b,,c"), ["a", "b", "", "c"]),
        ("regex.split", ("a*", "baaac"), ["b", "c"]),
        ("regex.split", ("", "añ"), ["a", "ñ"]),
        ("regex.split", (",", ""), [""]),
        ("regex.find_n", ("a.", "axayaz", 2), ["ax", "ay"]),
        ("regex.find_n", ("a.", "axayaz", -1), ["ax", "ay", "az"]),
        ("regex.find_n", ("a.", "axayaz", 0), []),
        ("regex.find_n", ("a*", "baaac", -1), ["", "aaa", ""]),
        (
            "regex.find_all_string_submatch_n",
            ("(a)(b)?", "aab", -1),
            [["a", "a", ""], ["ab", "a", "b"]],
        ),
        ("regex.replace", ("foo bar", r"(\w)(\w+)", "$2-$1"), "oo-f ar-b"),
        ("regex.replace", ("ab", "(?P<x>a)", "${x}1$$"), "a1$b"),
        ("regex.replace", ("ab", "(a)", "$1x"), "b"),
        ("regex.replace", ("abc", "x*", "-"), "-a-b-c-"),
        ("regex.replace", ("aaa", "^a", "b"), "baa"),
        ("regex.template_match", ("urn:foo:{.*}", "urn:foo:bar:baz", "{", "}"), True),
        ("regex.template_match", ("urn:{[a-z]+}.x", "urn:ab1x", "{", "}"), False),
        ("regex.globs_match", ("a.b.[0-9]+z", "a.*z"), True),
        ("regex.globs_match", ("[a-z]+", "[0-9]*"), False),
        ("regex.globs_match", ("[a-z]*", "[0-9]*"), True),
    ],
)
def test_regular_expressions_answer_as_opa_documents(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert call(name, *operands) == expected


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(?<!a)b", r"(a)\1", r"a{1001}", "(", "[a", r"\C"])
def test_syntax_that_re2_does_not_have_is_refused(pattern: str) -> None:
    assert problem("regex.match", pattern, "a").startswith(
        "eval_builtin_error: error parsing regexp: "
    )


def test_errors_of_patterns_read_as_in_go() -> None:
    assert problem("regex.match", "(a", "a") == (
        "eval_builtin_error: error parsing regexp: missing closing ): `(a`"
    )
    assert problem("regex.template_match", "{a", "a", "{", "}") == (
        'eval_builtin_error: unbalanced braces in "{a"'
    )


def test_a_pattern_that_backtracks_elsewhere_is_quick() -> None:
    assert call("regex.match", "(x+x+)+y", "x" * 50_000) is False


def test_a_pattern_too_costly_for_its_text_is_refused() -> None:
    with pytest.raises(RegoLimitError, match="too costly"):
        call("regex.match", "[ab]*a[ab]{900}c", "ab" * 500_000)
    with pytest.raises(RegoLimitError):
        narrowly("regex.find_n", "a", "a" * 5_000, -1)
    with pytest.raises(RegoLimitError):
        narrowly("regex.replace", "a" * 5_000, "a", "b" * 100)


@pytest.mark.parametrize(
    ("pattern", "delimiters", "text", "expected"),
    [
        ("*.github.com", [], "api.github.com", True),
        ("*.github.com", [], "api.cdn.github.com", False),
        ("*hub.com", None, "api.cdn.github.com", True),
        ("*:github:com", [":"], "api:github:com", True),
        ("api.**.com", ["."], "api.cdn.github.com", True),
        ("*.github.com", ["."], "api.github.com", True),
        ("?at", [], "cat", True),
        ("?at", [], "at", False),
        ("?at", ["/"], "/at", False),
        ("[abc]at", [], "bat", True),
        ("[!abc]at", [], "lat", True),
        ("[!abc]at", [], "cat", False),
        ("[a-c]at", [], "cat", True),
        ("[!a-c]at", [], "cat", False),
        ("{cat,bat,[fr]at}", [], "rat", True),
        ("{cat,bat,[fr]at}", [], "sat", False),
        ("{a,b{c,d}}e", [], "bde", True),
        (r"\*", [], "*", True),
        (r"\*", [], "x", False),
        ("a,b", [], "a,b", True),
        ("*", [], "a\nb", True),
        ("a+b", [], "a+b", True),
        ("", [], "", True),
    ],
)
def test_globs_match_whole_texts(
    pattern: str, delimiters: Value, text: str, expected: bool
) -> None:
    assert call("glob.match", pattern, delimiters, text) is expected


def test_a_quoted_glob_matches_only_itself() -> None:
    quoted = call("glob.quote_meta", "*.{x}[y]?\\")
    assert quoted == r"\*.\{x\}\[y\]\?\\"
    assert call("glob.match", quoted, [], "*.{x}[y]?\\") is True


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        (("[a-zA-Z]", [], "a"), "eval_builtin_error: expected close range character"),
        (("[", [], "a"), "eval_builtin_error: unexpected end of input"),
        (
            ("a", "x", "a"),
            "eval_type_error: operand 2 must be one of {array, null} but got string",
        ),
        (
            ("a", ["ab"], "a"),
            "eval_type_error: operand 2 must be array of runes but got array containing string",
        ),
        (("a", [], 1), "eval_type_error: operand 3 must be string but got number"),
    ],
)
def test_a_malformed_glob_is_refused(operands: tuple[Value, ...], expected: str) -> None:
    assert problem("glob.match", *operands) == expected
