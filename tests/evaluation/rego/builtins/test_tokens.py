"""Tokens signed with private keys; OpenSSL made the keys, the certificates and the signatures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from policy_app.evaluation.rego.builtins.curves import CURVES
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
    other = RFC_7515_KEY | {"x": RFC_7515_KEY["y"], "kid": "other"}
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


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: str(curve.name))
def test_a_curves_base_point_has_its_order(curve: object) -> None:
    found = next(known for known in CURVES if known is curve)
    assert found.holds(found.x, found.y)
    base = (found.x, found.y, 1)
    assert found.combine(found.n, base, 0, base)[2] == 0
