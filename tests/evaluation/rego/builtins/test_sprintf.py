"""``sprintf``: Go's verbs, its complaints, and how OPA prints composite values."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import a_set, call, narrowly, problem


@pytest.mark.parametrize(
    ("layout", "values", "expected"),
    [
        (
            "Container <%v> has no <%v> limit",
            ["nginx", "cpu"],
            "Container <nginx> has no <cpu> limit",
        ),
        ("%v", [{"privileged": True}], '{"privileged": true}'),
        ("%v", [a_set(2, 1)], "{1, 2}"),
        ("%v", [a_set()], "set()"),
        ("%s", [["a", None, 1.5]], '["a", null, 1.5]'),
        ("%v %v", [True, None], "true null"),
        ("%v", [{"a": 'say "hi"\n'}], '{"a": "say \\"hi\\"\\n"}'),
        ("%d of %d", [1, -2], "1 of -2"),
        ("%5d|%-5d|%05d|%+d", [3, 3, 3, 3], "    3|3    |00003|+3"),
        ("%x %X %#x %o %#o %O %b", [255, 255, 255, 8, 8, 8, 5], "ff FF 0xff 10 010 0o10 101"),
        ("%.3d|%5.2d", [7, 7], "007|   07"),
        ("%f %.2f %8.3f|%-8.1f|", [1.5, 3.14159, 2.5, 2.5], "1.500000 3.14    2.500|2.5     |"),
        ("%e %E %g %G", [12345.678, 0.5, 1e21, 1e-7], "1.234568e+04 5.000000E-01 1e+21 1E-07"),
        ("%v %v %v", [1e6, 123456.7, 1.5], "1e+06 123456.7 1.5"),
        ("%s|%10s|%-10s|%.2s", ["abc"] * 4, "abc|       abc|abc       |ab"),
        ("%q %x %X % x", ['a"b', "hi", "hi", "hi"], '"a\\"b" 6869 6869 68 69'),
        ("%c %U %q", [0x4E16, 0x4E16, 0x4E16], "世 U+4E16 '世'"),
        ("%T %T %T %T %T", [1, 1.5, "a", 2**70, None], "int float64 string *big.Int string"),
        ("%d %s %v", [2**70, 2**70, 2**70], " ".join(["1180591620717411303424"] * 3)),
        ("%x", [2**70], "400000000000000000"),
        ("100%%", [], "100%"),
        ("%[2]v %[1]v", ["a", "b"], "b a"),
        ("%[1]v %[1]v", ["a"], "a a"),
        ("%*d|%-*d|%.*f", [4, 7, 4, 7, 1, 2.55], "   7|7   |2.5"),
        ("%08.2f|%+.1f", [-3.14159, 2.0], "-0003.14|+2.0"),
        ("%%v", [], "%v"),
    ],
)
def test_values_are_printed_as_go_prints_them(
    layout: str, values: list[Value], expected: str
) -> None:
    assert call("sprintf", layout, values) == expected


@pytest.mark.parametrize(
    ("layout", "values", "expected"),
    [
        ("%d", ["a"], "%!d(string=a)"),
        ("%d", [True], "%!d(string=true)"),
        ("%t", [True], "%!t(string=true)"),
        ("%s", [5], "%!s(int=5)"),
        ("%5s", [5], "%!s(int=    5)"),
        ("%d", [1.5], "%!d(float64=1.5)"),
        ("%e", [2**70], "%!e(big.Int=1180591620717411303424)"),
        ("%z", [3], "%!z(int=3)"),
        ("%d %d", [1], "1 %!d(MISSING)"),
        ("%d", [1, 2, "a"], "1%!(EXTRA int=2, string=a)"),
        ("no verbs", ["x"], "no verbs%!(EXTRA string=x)"),
        ("100%", [], "100%!(NOVERB)"),
        ("%[3]d", [1], "%!d(BADINDEX)"),
        ("%*d", ["x", 5], "%!(BADWIDTH)5"),
    ],
)
def test_a_verb_that_does_not_fit_shows_gos_complaint(
    layout: str, values: list[Value], expected: str
) -> None:
    assert call("sprintf", layout, values) == expected


def test_operands_of_other_types_are_refused() -> None:
    assert problem("sprintf", "a", 1) == "eval_type_error: operand 2 must be array but got number"
    assert problem("sprintf", 1, []) == "eval_type_error: operand 1 must be string but got number"


@pytest.mark.parametrize(
    ("layout", "values"),
    [
        ("%999999d", [1]),
        ("%.999999d", [1]),
        ("%*d", [999_999, 1]),
        ("%[1]s" * 2_000, ["x" * 1_000]),
        ("%v%v", ["x" * 9_000, "y" * 9_000]),
    ],
)
def test_no_width_and_no_repetition_outgrows_the_limit(layout: str, values: list[Value]) -> None:
    with pytest.raises(RegoLimitError):
        narrowly("sprintf", layout, values)


def test_a_value_that_repeats_itself_exponentially_is_not_printed() -> None:
    value: Value = ["x"]
    for _ in range(64):
        value = [value, value]
    with pytest.raises(RegoLimitError, match="too large"):
        call("sprintf", "%v", [value])
