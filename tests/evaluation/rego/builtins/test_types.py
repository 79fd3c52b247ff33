"""Types, casts, quantities and versions."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import a_set, call, problem

SAMPLES: dict[str, Value] = {
    "null": None,
    "boolean": False,
    "number": 1.5,
    "string": "a",
    "array": [],
    "object": {},
    "set": a_set(),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_each_type_is_known_from_the_others(kind: str) -> None:
    assert call("type_name", SAMPLES[kind]) == kind
    assert {other: call(f"is_{kind}", value) for other, value in SAMPLES.items()} == {
        other: other == kind for other in SAMPLES
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, 0), (True, 1), (False, 0), (2.5, 2.5), ("10", 10), ("-1.5", -1.5), ("1e3", 1000)],
)
def test_to_number_reads_what_looks_like_a_number(value: Value, expected: Value) -> None:
    assert call("to_number", value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc", 'eval_builtin_error: strconv.ParseFloat: parsing "abc": invalid syntax'),
        ("", 'eval_builtin_error: strconv.ParseFloat: parsing "": invalid syntax'),
        ("1 ", 'eval_builtin_error: strconv.ParseFloat: parsing "1 ": invalid syntax'),
        ("Infinity", "eval_type_error: operand 1 must be valid number string but got string"),
        (
            [],
            "eval_type_error: operand 1 must be one of {null, boolean, number, string}"
            " but got array",
        ),
    ],
)
def test_to_number_refuses_the_rest(value: Value, expected: str) -> None:
    assert problem("to_number", value) == expected


def test_casts_pass_what_fits_and_refuse_the_rest() -> None:
    assert call("cast_array", a_set("b", "a")) == ["a", "b"]
    assert call("cast_set", [1, 1.0]) == a_set(1)
    assert call("cast_string", "a") == "a"
    assert call("cast_object", {}) == {}
    assert call("cast_null", None) is None
    assert problem("cast_boolean", 1) == "eval_type_error: operand 1 must be boolean but got number"
    assert problem("cast_array", 1) == (
        "eval_type_error: operand 1 must be one of {array, set} but got number"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("128", 128),
        ("100m", 0.1),
        ("1500m", 1.5),
        ("1k", 1000),
        ("1K", 1000),
        ("1Ki", 1024),
        ("1ki", 1024),
        ("1.5Gi", 1610612736),
        ("1G", 10**9),
        ("2E", 2 * 10**18),
        ("1e3", 1000),
        ("1e3Ki", 1024000),
        ("-5Mi", -5242880),
        ('"1Mi"', 1048576),
    ],
)
def test_a_quantity_is_a_number(text: str, expected: Value) -> None:
    assert call("units.parse", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1KB", 1000),
        ("1KiB", 1024),
        ("1.5mib", 1572864),
        ("10", 10),
        ("1.9", 1),
        ("2t", 2 * 10**12),
    ],
)
def test_a_quantity_of_bytes_is_an_integer(text: str, expected: Value) -> None:
    assert call("units.parse_bytes", text) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("units.parse", "", "units.parse: no amount provided"),
        ("units.parse", "Gi", "units.parse: no amount provided"),
        ("units.parse", "1 G", "units.parse: spaces not allowed in resource strings"),
        ("units.parse", "1Q", "units.parse: unit Q not recognized"),
        ("units.parse", "1.2.3", "units.parse: could not parse amount to a number"),
        ("units.parse", "1e9999999", "units.parse: exponent too large"),
        ("units.parse_bytes", "foo", "units.parse_bytes: no byte amount provided"),
        ("units.parse_bytes", "1x", "units.parse_bytes: byte unit x not recognized"),
    ],
)
def test_a_malformed_quantity_is_an_error(name: str, text: str, expected: str) -> None:
    assert problem(name, text) == f"eval_builtin_error: {expected}"


VERSIONS = [
    *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"),
    *("1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0"),
]


@pytest.mark.parametrize("index", range(len(VERSIONS) - 1))
def test_versions_are_in_the_order_of_their_specification(index: int) -> None:
    a, b = VERSIONS[index : index + 2]
    assert call("semver.compare", a, b) == -1
    assert call("semver.compare", b, a) == 1
    assert call("semver.compare", a, f"{a}+build.5") == 0


def test_what_is_no_version_is_said() -> None:
    assert call("semver.is_valid", "1.2.3-rc.1+5") is True
    assert call("semver.is_valid", "1.2") is False
    assert call("semver.is_valid", 1) is False
    assert problem("semver.compare", "1.2.3", "x") == (
        'eval_builtin_error: operand 2: string "x" is not a valid SemVer'
    )
