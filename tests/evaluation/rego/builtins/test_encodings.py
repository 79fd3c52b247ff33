"""Base64, hexadecimal, URLs, JSON and YAML as text."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value, rego_equal
from tests.evaluation.rego.builtins.calls import a_set, call, narrowly, problem


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("base64.encode", ("héllo",), "aMOpbGxv"),
        ("base64.decode", ("aMOpbGxv",), "héllo"),
        ("base64.decode", ("aGVs\nbG8=",), "hello"),
        ("base64.is_valid", ("aGVsbG8=",), True),
        ("base64.is_valid", ("aGVsbG8",), False),
        ("base64.is_valid", (1,), False),
        ("base64url.encode", ("??>>",), "Pz8-Pg=="),
        ("base64url.encode_no_pad", ("??>>",), "Pz8-Pg"),
        ("base64url.decode", ("Pz8-Pg",), "??>>"),
        ("base64url.decode", ("Pz8-Pg==",), "??>>"),
        ("hex.encode", ("hé",), "68c3a9"),
        ("hex.decode", ("68C3a9",), "hé"),
        ("urlquery.encode", ("a b&c=/~",), "a+b%26c%3D%2F~"),
        ("urlquery.decode", ("a+b%26c",), "a b&c"),
        ("urlquery.encode_object", ({"b": ["1", "2"], "a": a_set("y", "x")},), "a=x&a=y&b=1&b=2"),
        ("urlquery.decode_object", ("a=1&a=2&b",), {"a": ["1", "2"], "b": [""]}),
        ("json.marshal", ({"b": [1, None], "a": "<x>"},), '{"a":"\\u003cx\\u003e","b":[1,null]}'),
        ("json.marshal", (a_set(2, 1),), "[1,2]"),
        ("json.marshal", ("ñ\u2028",), '"ñ\\u2028"'),
        ("json.marshal_with_options", ([1], {}), "[1]"),
        ("json.marshal_with_options", ([1], {"pretty": True}), "[\n\t1\n]"),
        (
            "json.marshal_with_options",
            ({"a": []}, {"indent": " ", "prefix": ">"}),
            '>{\n> "a": []\n>}',
        ),
        ("json.marshal_with_options", ([1], {"indent": "  ", "pretty": False}), "[1]"),
        ("json.unmarshal", ('{"a": [1, 2.5, "x", null, true]}',), {"a": [1, 2.5, "x", None, True]}),
        ("json.is_valid", ("[1]",), True),
        ("json.is_valid", ("[1",), False),
        ("json.is_valid", ([1],), False),
        (
            "yaml.unmarshal",
            ("a: 1\nb: [yes, 010, 1e3, 2020-01-01, ~]",),
            {"a": 1, "b": [True, 8, 1000, "2020-01-01", None]},
        ),
        ("yaml.unmarshal", ("1: x\ntrue: z\n1.5: y",), {"1": "x", "true": "z", "1.5": True}),
        ("yaml.unmarshal", ("a: &x [1]\nb: *x",), {"a": [1], "b": [1]}),
        ("yaml.marshal", ({"b": [1, {"c": "true"}], "a": "x"},), 'a: x\nb:\n- 1\n- c: "true"\n'),
        ("yaml.marshal", ("x",), "x\n"),
        ("yaml.is_valid", ("a: b",), True),
        ("yaml.is_valid", ("a: [",), False),
    ],
)
def test_encodings_answer_as_opa_documents(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert rego_equal(call(name, *operands), expected)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("base64.decode", ("aGVsbG8",), "eval_builtin_error: illegal base64 data at input byte 7"),
        ("base64.decode", ("aG*s",), "eval_builtin_error: illegal base64 data at input byte 2"),
        ("base64url.decode", ("abcde",), "eval_builtin_error: illegal base64url string: abcde"),
        ("hex.decode", ("zz",), "eval_builtin_error: encoding/hex: invalid byte: U+007A 'z'"),
        ("hex.decode", ("abc",), "eval_builtin_error: encoding/hex: odd length hex string"),
        ("urlquery.decode", ("%zz",), 'eval_builtin_error: invalid URL escape "%zz"'),
        (
            "urlquery.encode_object",
            ({"a": 1},),
            "eval_type_error: operand 1 values must be string, array[string], or set[string]",
        ),
        (
            "json.unmarshal",
            ("NaN",),
            "eval_builtin_error: invalid character 'N' looking for beginning of value",
        ),
        (
            "json.marshal_with_options",
            (1, {"x": "y"}),
            "eval_type_error: operand 2 object contained unknown key x",
        ),
        (
            "json.marshal_with_options",
            (1, {"pretty": "y"}),
            "eval_type_error: operand 2 key pretty failed cast to bool",
        ),
    ],
)
def test_what_cannot_be_read_is_said(name: str, operands: tuple[Value, ...], expected: str) -> None:
    assert problem(name, *operands) == expected


@pytest.mark.parametrize("text", ["{", "[1,]", "'a'", '{"a" 1}', "01", ""])
def test_malformed_json_is_an_error_with_its_place(text: str) -> None:
    assert "(line 1, column" in problem("json.unmarshal", text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 5_000 + "]" * 5_000,
        "9" * 5_000,
        "[" + "1," * 5_000 + "1]",
    ],
)
def test_json_that_is_too_deep_or_too_long_passes_a_limit(text: str) -> None:
    with pytest.raises(RegoLimitError):
        narrowly("json.unmarshal", text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 2_000 + "]" * 2_000,
        "a: &a0 [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12)),
        "- x\n" * 5_000,
    ],
)
def test_yaml_that_explodes_passes_a_limit(text: str) -> None:
    with pytest.raises(RegoLimitError):
        narrowly("yaml.unmarshal", text)


def test_an_indentation_cannot_outgrow_its_limit() -> None:
    with pytest.raises(RegoLimitError):
        narrowly("json.marshal_with_options", [[[1] * 100]], {"indent": " " * 1_000})


def test_yaml_that_holds_itself_is_an_error() -> None:
    assert problem("yaml.unmarshal", "a: &a [*a]").startswith("eval_builtin_error: yaml: ")


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("yaml.marshal", ("\ud800",)),
        ("yaml.unmarshal", ("a\ud800",)),
        ("urlquery.decode", ("\ud800",)),
        ("glob.match", ("\ud800", ["\ud800"], "x")),
        ("regex.match", ("\ud800", "\ud800")),
        ("crypto.sha256", ("\ud800",)),
    ],
)
def test_half_a_surrogate_pair_is_a_replacement_character(
    name: str, operands: tuple[Value, ...]
) -> None:
    whole = [str(o).replace("\ud800", "\ufffd") if isinstance(o, str) else o for o in operands]
    assert call(name, *operands) == call(name, *whole)
