"""Arithmetic, rounding, ranges and bits."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import a_set, call, narrowly, problem


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("plus", 1, 2, 3),
        ("plus", 0.1, 0.2, 0.3),
        ("plus", 1.5, 1.5, 3),
        ("plus", 2**70, 1, 2**70 + 1),
        ("minus", 1, 2.5, -1.5),
        ("mul", 3, 0.1, 0.3),
        ("mul", 10**30, 10**30, 10**60),
        ("div", 10, 4, 2.5),
        ("div", 10, 5, 2),
        ("div", 1, 3, 0.3333333333333333),
        ("rem", 7, 3, 1),
        ("rem", -7, 3, -1),
        ("rem", 7, -3, 1),
    ],
)
def test_arithmetic_is_decimal_and_exact_on_integers(
    name: str, a: Value, b: Value, expected: Value
) -> None:
    answer = call(name, a, b)
    assert answer == expected
    assert type(answer) is type(expected)


def test_the_sign_of_difference_works_on_sets_too() -> None:
    assert call("minus", a_set(1, 2, True), a_set(2)) == a_set(1, True)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("div", (1, 0), "eval_builtin_error: divide by zero"),
        ("div", (1, 0.0), "eval_builtin_error: divide by zero"),
        ("rem", (1, 0), "eval_builtin_error: modulo by zero"),
        ("rem", (1.5, 2), "eval_builtin_error: modulo on floating-point number"),
        ("plus", ("a", 1), "eval_type_error: operand 1 must be number but got string"),
        ("plus", (True, 1), "eval_type_error: operand 1 must be number but got boolean"),
        (
            "minus",
            ("a", 1),
            "eval_type_error: operand 1 must be one of {number, set} but got string",
        ),
        ("minus", (1, a_set()), "eval_type_error: operand 2 must be number but got set"),
        ("minus", (a_set(), 1), "eval_type_error: operand 2 must be set but got number"),
        ("format_int", (3, 5), "eval_type_error: operand 2 must be one of {2, 8, 10, 16}"),
        ("bits.or", ("a", 1), "eval_type_error: operand 1 must be integer but got string"),
        (
            "bits.and",
            (1, 1.5),
            "eval_type_error: operand 2 must be integer number but got floating-point number",
        ),
        (
            "bits.lsh",
            (1, -1),
            "eval_type_error: operand 2 must be an unsigned integer number"
            " but got a negative integer",
        ),
        (
            "numbers.range_step",
            (1, 5, 0),
            "eval_builtin_error: numbers.range_step: step must be a positive integer",
        ),
    ],
)
def test_a_wrong_operand_is_named_as_opa_names_it(
    name: str, operands: tuple[Value, ...], expected: str
) -> None:
    assert problem(name, *operands) == expected


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("round", 2.5, 3),
        ("round", -2.5, -3),
        ("round", 2.4, 2),
        ("ceil", 1.1, 2),
        ("ceil", -1.1, -1),
        ("floor", 1.9, 1),
        ("floor", -1.1, -2),
        ("floor", 10**40, 10**40),
        ("abs", -3, 3),
        ("abs", -1.5, 1.5),
    ],
)
def test_rounding_gives_integers(name: str, number: Value, expected: Value) -> None:
    assert call(name, number) == expected


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("numbers.range", (1, 3), [1, 2, 3]),
        ("numbers.range", (3, 1), [3, 2, 1]),
        ("numbers.range", (2, 2), [2]),
        ("numbers.range_step", (0, 10, 3), [0, 3, 6, 9]),
        ("numbers.range_step", (10, 0, 4), [10, 6, 2]),
        ("format_int", (255, 16), "ff"),
        ("format_int", (-5, 2), "-101"),
        ("format_int", (10.9, 10), "10"),
        ("bits.or", (0b1010, 0b0101), 0b1111),
        ("bits.and", (0b1010, 0b0110), 0b0010),
        ("bits.xor", (0b1010, 0b0110), 0b1100),
        ("bits.negate", (0,), -1),
        ("bits.lsh", (1, 70), 2**70),
        ("bits.rsh", (8, 2), 2),
        ("bits.rsh", (8, 10**9), 0),
    ],
)
def test_ranges_and_bits(name: str, operands: tuple[Value, ...], expected: Value) -> None:
    assert call(name, *operands) == expected


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("numbers.range", (0, 10**12)),
        ("numbers.range_step", (0, 10**12, 2)),
        ("mul", (10**3000, 10**3000)),
        ("mul", (1e308, 10**4000)),
        ("plus", (10**5000, 1)),
        ("bits.lsh", (1, 10**9)),
    ],
)
def test_no_number_and_no_range_outgrows_its_limit(name: str, operands: tuple[Value, ...]) -> None:
    with pytest.raises(RegoLimitError):
        narrowly(name, *operands)
