"""CIDR blocks, graphs, hashes, tokens and UUIDs."""

from __future__ import annotations

import pytest

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value, rego_equal
from tests.evaluation.rego.builtins.calls import (
    QueryContext,
    a_set,
    call,
    is_undefined,
    narrowly,
    problem,
)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("net.cidr_contains", ("10.0.0.0/8", "10.1.2.3"), True),
        ("net.cidr_contains", ("10.0.0.0/8", "11.1.2.3"), False),
        ("net.cidr_contains", ("10.0.0.0/8", "10.4.0.0/16"), True),
        ("net.cidr_contains", ("10.4.0.0/16", "10.0.0.0/8"), False),
        ("net.cidr_contains", ("2001:db8::/32", "2001:db8::1"), True),
        ("net.cidr_contains", ("10.0.0.0/8", "::1"), False),
        ("net.cidr_overlap", ("10.0.0.0/8", "10.4.0.0/16"), True),
        ("net.cidr_intersects", ("10.4.0.0/16", "10.0.0.0/8"), True),
        ("net.cidr_intersects", ("10.4.0.0/16", "10.5.0.0/16"), False),
        ("net.cidr_is_valid", ("10.0.0.0/8",), True),
        ("net.cidr_is_valid", ("10.0.0.0/255.0.0.0",), False),
        ("net.cidr_is_valid", ("10.0.0.1",), False),
        ("net.cidr_is_valid", (1,), False),
        ("net.cidr_expand", ("10.0.0.1/31",), a_set("10.0.0.0", "10.0.0.1")),
        ("net.cidr_merge", (["192.0.128.0/24", "192.0.129.0/24"],), a_set("192.0.128.0/23")),
        ("net.cidr_merge", (a_set("10.0.0.0/8", "10.1.0.0/16"),), a_set("10.0.0.0/8")),
        ("net.cidr_merge", (["10.0.0.0/24", "10.0.2.0/24"],), a_set("10.0.0.0/24", "10.0.2.0/24")),
        (
            "net.cidr_contains_matches",
            (["10.0.0.0/8", "11.0.0.0/8"], {"a": "10.1.1.1", "b": ["11.0.0.0/16", "x"]}),
            a_set([0, "a"], [1, "b"]),
        ),
        (
            "net.cidr_contains_matches",
            ("10.0.0.0/8", a_set("10.1.1.1")),
            a_set(["10.0.0.0/8", "10.1.1.1"]),
        ),
    ],
)
def test_blocks_answer_as_opa_documents(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert rego_equal(call(name, *operands), expected)


def test_what_is_no_block_is_said() -> None:
    assert problem("net.cidr_contains", "x", "10.0.0.1") == (
        "eval_builtin_error: invalid CIDR address: x"
    )
    assert problem("net.cidr_contains", "10.0.0.0/8", "x") == (
        "eval_builtin_error: not a valid textual representation of an IP address or CIDR: x"
    )
    assert problem("net.cidr_contains_matches", [1], "10.0.0.1").endswith(
        "operand 1: element must be string or non-empty array"
    )


def test_a_block_is_not_expanded_past_the_limit() -> None:
    with pytest.raises(RegoLimitError):
        narrowly("net.cidr_expand", "10.0.0.0/8")
    with pytest.raises(RegoLimitError):
        narrowly("net.cidr_expand", "::/0")


GRAPH: Value = {"a": ["b", "c"], "b": a_set("a"), "c": [], "d": ["a"]}


def test_reachable_nodes_are_those_of_the_graph() -> None:
    assert call("graph.reachable", GRAPH, ["a"]) == a_set("a", "b", "c")
    assert call("graph.reachable", GRAPH, a_set("c", "x")) == a_set("c")


def test_paths_end_where_there_is_no_new_node() -> None:
    paths = call("graph.reachable_paths", GRAPH, ["d"])
    assert paths == a_set(["d", "a", "b"], ["d", "a", "c"])
    assert call("graph.reachable_paths", {"a": ["x"]}, ["a"]) == a_set(["a"])


def test_paths_past_the_limit_are_not_all_made() -> None:
    layers: Value = {f"{n}{s}": [f"{n + 1}a", f"{n + 1}b"] for n in range(40) for s in "ab"}
    with pytest.raises(RegoLimitError):
        narrowly("graph.reachable_paths", layers, ["0a"])


def test_walking_visits_each_part_with_its_path() -> None:
    assert call("walk", {"b": a_set(2), "a": [1, {"x": None}]}) == [
        [[], {"b": a_set(2), "a": [1, {"x": None}]}],
        [["a"], [1, {"x": None}]],
        [["a", 0], 1],
        [["a", 1], {"x": None}],
        [["a", 1, "x"], None],
        [["b"], a_set(2)],
        [["b", 2], 2],
    ]


def test_walking_a_value_that_repeats_itself_exponentially_ends() -> None:
    value: Value = ["x"]
    for _ in range(64):
        value = [value, value]
    with pytest.raises(RegoLimitError):
        narrowly("walk", value)


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("crypto.md5", ("",), "d41d8cd98f00b204e9800998ecf8427e"),
        ("crypto.sha1", ("abc",), "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "crypto.sha256",
            ("abc",),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "crypto.hmac.md5",
            ("what do ya want for nothing?", "Jefe"),
            "750c783e6ab0b503eaa86e310a5db738",
        ),
        (
            "crypto.hmac.sha256",
            ("what do ya want for nothing?", "Jefe"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        ("crypto.hmac.equal", ("abc", "abc"), True),
        ("crypto.hmac.equal", ("abc", "abd"), False),
    ],
)
def test_hashes_are_those_of_their_standards(
    name: str, operands: tuple[Value, ...], expected: Value
) -> None:
    assert call(name, *operands) == expected


KEY: Value = {
    "kty": "oct",
    "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
}
RFC_7515_TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)


def test_the_token_of_rfc_7515_is_signed_and_decoded() -> None:
    header = '{"typ":"JWT",\r\n "alg":"HS256"}'
    payload = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
    key = call("json.marshal", KEY)
    assert call("io.jwt.encode_sign_raw", header, payload, key) == RFC_7515_TOKEN
    decoded = call("io.jwt.decode", RFC_7515_TOKEN)
    assert decoded[:2] == [
        {"typ": "JWT", "alg": "HS256"},
        {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True},
    ]


SECRET = "secret"


def signed(claims: Value, algorithm: str = "HS256") -> str:
    """A token with these claims, signed with the test's secret."""
    key = {"kty": "oct", "k": call("base64url.encode_no_pad", SECRET)}
    return str(call("io.jwt.encode_sign", {"alg": algorithm, "typ": "JWT"}, claims, key))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_signature_verifies_with_its_secret_only(algorithm: str) -> None:
    token = signed({"user": "alice"}, algorithm)
    verify = f"io.jwt.verify_{algorithm.lower()}"
    assert call(verify, token, SECRET) is True
    assert call(verify, token, "other") is False


@pytest.mark.parametrize(
    ("claims", "constraints", "valid"),
    [
        ({"iss": "a"}, {"iss": "a"}, True),
        ({"iss": "b"}, {"iss": "a"}, False),
        ({}, {"iss": "a"}, False),
        ({"aud": ["x", "y"]}, {"aud": "y"}, True),
        ({"aud": "x"}, {}, False),
        ({"exp": 1_600_000_001}, {}, True),
        ({"exp": 1_600_000_000}, {}, False),
        ({"exp": 10}, {"time": 9 * 10**9}, True),
        ({"nbf": 1_600_000_000}, {}, True),
        ({"nbf": 1_600_000_001}, {}, False),
        ({}, {"alg": "HS512"}, False),
        ({}, {"secret": "other"}, False),
    ],
)
def test_a_token_is_held_to_its_constraints(claims: Value, constraints: Value, valid: bool) -> None:
    answer = call("io.jwt.decode_verify", signed(claims), {"secret": SECRET} | constraints)
    expected = [True, {"alg": "HS256", "typ": "JWT"}, claims] if valid else [False, {}, {}]
    assert answer == expected


def test_what_is_no_token_is_said() -> None:
    assert problem("io.jwt.decode", "abc").endswith("encoded JWT had no period separators")
    assert problem("io.jwt.decode", "a.b").endswith("encoded JWT must have 3 sections, found 2")
    assert problem("io.jwt.decode_verify", "a.b.c", {}).endswith("no key constraint")
    assert problem("io.jwt.decode_verify", "a.b.c", {"x": 1}).endswith(
        "unknown token validation constraint: x"
    )


def test_a_uuid_is_read() -> None:
    assert call("uuid.parse", "3f2504e0-4f89-41d3-9a0c-0305e82c3301") == {
        "version": 4,
        "variant": "RFC4122",
    }
    assert call("uuid.parse", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}") == {
        "version": 1,
        "variant": "RFC4122",
        "clocksequence": 180,
        "macvariables": "global:unicast",
        "nodeid": "00-c0-4f-d4-30-c8",
        "time": 886630433151182400,
    }
    assert is_undefined("uuid.parse", "no uuid")


def test_a_made_uuid_depends_on_key_and_query_only() -> None:
    first = call("uuid.rfc4122", "a")
    assert first == call("uuid.rfc4122", "a") != call("uuid.rfc4122", "b")
    assert first != call("uuid.rfc4122", "a", context=QueryContext(seed="other"))
    assert call("uuid.parse", first)["version"] == 4
