"""Tokens signed with private keys; OpenSSL made the keys, the certificates and the signatures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import call, problem

_MADE = json.loads(Path(__file__).with_name("signed_tokens.json").read_text())
KEYS: dict[str, str] = _MADE["keys"]
TOKENS: dict[str, str] = _MADE["tokens"]
KEY_OF = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "rsa"),
    "ES256": "ec256",
    "ES384": "ec384",
    "ES512": "ec521",
    "EdDSA": "ed",
}


def tampered(token: str) -> str:
    """The token with another payload under the same signature."""
    header, _, signature = token.split(".")
    return (
        f"{header}.{call('base64url.encode_no_pad', json.dumps({'user': 'mallory'}))}.{signature}"
    )


@pytest.mark.parametrize("algorithm", sorted(KEY_OF))
def test_a_signature_verifies_with_its_key_and_for_its_payload_only(algorithm: str) -> None:
    verify, token = f"io.jwt.verify_{algorithm.lower()}", TOKENS[algorithm]
    assert call(verify, token, KEYS[KEY_OF[algorithm]]) is True
    assert call(verify, tampered(token), KEYS[KEY_OF[algorithm]]) is False
    other = "ec256" if KEY_OF[algorithm] != "ec256" else "rsa"
    assert call(verify, token, KEYS[other]) is False


def test_a_certificate_and_its_public_key_are_the_same_key() -> None:
    assert call("io.jwt.verify_rs256", TOKENS["RS256"], KEYS["rsa_public"]) is True


def test_an_algorithm_does_not_take_the_signature_of_another() -> None:
    assert call("io.jwt.verify_ps256", TOKENS["RS256"], KEYS["rsa"]) is False
    assert call("io.jwt.verify_rs256", TOKENS["PS256"], KEYS["rsa"]) is False
    assert call("io.jwt.verify_rs512", TOKENS["RS256"], KEYS["rsa"]) is False


@pytest.mark.parametrize("algorithm", sorted(KEY_OF))
def test_a_token_is_decoded_once_its_signature_fits(algorithm: str) -> None:
    constraints = {"cert": KEYS[KEY_OF[algorithm]]}
    answer = call("io.jwt.decode_verify", TOKENS[algorithm], constraints)
    assert answer == [True, {"alg": algorithm, "typ": "JWT"}, {"user": "alice"}]
    assert call("io.jwt.decode_verify", tampered(TOKENS[algorithm]), constraints)[0] is False
    other: Value = constraints | {"alg": "HS256"}
    assert call("io.jwt.decode_verify", TOKENS[algorithm], other)[0] is False


# The keys and signatures of RFC 7515, appendix A.3, and RFC 8037, appendix A.4.
RFC_7515_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC_7515_TOKEN = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC_8037_KEY = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC_8037_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def test_the_tokens_of_the_standards_verify_with_their_json_web_keys() -> None:
    assert call("io.jwt.verify_es256", RFC_7515_TOKEN, json.dumps(RFC_7515_KEY)) is True
    assert call("io.jwt.verify_eddsa", RFC_8037_TOKEN, json.dumps(RFC_8037_KEY)) is True


def test_of_a_set_the_key_is_taken_that_the_header_names() -> None:
    other = RFC_8037_KEY | {"kid": "other"}
    keys = json.dumps({"keys": [other, RFC_7515_KEY | {"kid": "mine", "alg": "ES256"}]})
    assert call("io.jwt.verify_es256", RFC_7515_TOKEN, keys) is True
    for_another = json.dumps({"keys": [RFC_7515_KEY | {"alg": "ES384"}]})
    assert call("io.jwt.verify_es256", RFC_7515_TOKEN, for_another) is False


CUT_SHORT = re.sub(r"\n[^-\n]+\n-----END", "\n-----END", KEYS["ec384"])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("junk", "failed to parse a JWK key (set): it is neither PEM nor JSON"),
        ("[]", "failed to parse a JWK key (set): it is no JSON Web Key"),
        ('{"kty": "x"}', "failed to parse a JWK key (set): a key is of an unknown kind"),
        (
            json.dumps(RFC_7515_KEY | {"x": RFC_7515_KEY["y"]}),
            "failed to parse a JWK key (set): a key's numbers are no key",
        ),
        ('{"kty": "RSA"}', "failed to parse a JWK key (set): required field n is missing"),
        (KEYS["rsa"] + "more", "extra data after a PEM certificate block"),
        (CUT_SHORT, "failed to parse a PEM public key"),
    ],
)
def test_what_is_no_key_is_said(keys: str, expected: str) -> None:
    assert (
        problem("io.jwt.verify_rs256", TOKENS["RS256"], keys) == f"eval_builtin_error: {expected}"
    )


def test_a_key_is_given_once() -> None:
    both = {"cert": KEYS["rsa"], "secret": "s"}
    assert problem("io.jwt.decode_verify", TOKENS["RS256"], both).endswith(
        "duplicate key constraints"
    )


def test_a_key_too_long_to_compute_with_passes_a_limit() -> None:
    long = json.dumps({"kty": "RSA", "n": "_" * 4_000, "e": "AQAB"})
    with pytest.raises(RegoLimitError):
        call("io.jwt.verify_rs256", TOKENS["RS256"], long)


# The private keys of RFC 7515, appendix A.3, and RFC 8037, appendix A.1.
PRIVATE_EC = RFC_7515_KEY | {"d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
PRIVATE_ED = RFC_8037_KEY | {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}


def an_rsa_key() -> dict[str, Value]:
    """A fresh private key as a JSON Web Key."""
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    found: dict[str, Value] = call("crypto.x509.parse_rsa_private_key", text)
    return found


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ES256", PRIVATE_EC), ("EdDSA", PRIVATE_ED), ("RS256", None), ("PS384", None)],
)
def test_what_a_private_key_signs_its_public_part_verifies(
    algorithm: str, key: dict[str, Value] | None
) -> None:
    key = key or an_rsa_key()
    token = call("io.jwt.encode_sign", {"alg": algorithm, "typ": "JWT"}, {"user": "alice"}, key)
    public = json.dumps(
        {name: key[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in key}
    )
    assert call(f"io.jwt.verify_{algorithm.lower()}", token, public) is True
    assert call(f"io.jwt.verify_{algorithm.lower()}", tampered(token), public) is False
    raw = call(
        "io.jwt.encode_sign_raw",
        f'{{"alg": "{algorithm}"}}',
        '{"a": 1}',
        json.dumps({"keys": [key]}),
    )
    assert call("io.jwt.decode_verify", raw, {"cert": public}) == [
        True,
        {"alg": algorithm},
        {"a": 1},
    ]


def test_signing_gives_the_same_signature_each_time() -> None:
    signed = [call("io.jwt.encode_sign", {"alg": "ES256"}, {}, PRIVATE_EC) for _ in range(2)]
    assert signed[0] == signed[1]
    # The signature that RFC 8037 shows is what its key makes of its text.
    raw = ('{"alg":"EdDSA","typ":"other"}', "Example of Ed25519 signing", json.dumps(PRIVATE_ED))
    assert call(
        "io.jwt.verify_eddsa", call("io.jwt.encode_sign_raw", *raw), json.dumps(RFC_8037_KEY)
    )


@pytest.mark.parametrize(
    ("header", "key", "expected"),
    [
        ({"alg": "ES384"}, PRIVATE_EC, "the key does not fit the algorithm ES384"),
        ({"alg": "RS256"}, PRIVATE_EC, "the key does not fit the algorithm RS256"),
        (
            {"alg": "ES256"},
            RFC_7515_KEY,
            "failed to parse a JWK key (set): required field d is missing",
        ),
        ({"alg": "none"}, PRIVATE_EC, "unknown JWS algorithm: none"),
        ({}, PRIVATE_EC, "missing or invalid 'alg' header"),
        ({"alg": "ES256"}, {"keys": []}, "no keys found in JWK set"),
    ],
)
def test_a_token_that_cannot_be_signed_is_an_error(
    header: dict[str, Value], key: dict[str, Value], expected: str
) -> None:
    assert problem("io.jwt.encode_sign", header, {}, key) == f"eval_builtin_error: {expected}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"alg": 1}, "alg: must be a string"),
        ({"alg": "HS256", "cty": []}, "cty: must be a string"),
        ({"alg": "HS256", "crit": []}, "crit: must be a nonempty list"),
        ({"alg": "HS256", "crit": "x"}, "crit: must be a nonempty list"),
    ],
)
def test_a_header_whose_parameters_have_wrong_types_is_an_error(
    header: dict[str, Value], expected: str
) -> None:
    parts = [call("base64url.encode_no_pad", json.dumps(part)) for part in (header, {})]
    token = f"{parts[0]}.{parts[1]}.AA"
    assert problem("io.jwt.decode_verify", token, {"secret": "s"}).endswith(expected)
