"""Certificates and private keys, as Go's structs of them and verified by Go's rules."""

from __future__ import annotations

import base64
import json
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from policy_app.evaluation.rego.errors import RegoLimitError
from policy_app.evaluation.rego.values import Value
from tests.evaluation.rego.builtins.calls import NOW_NS, a_set, call, problem
from tests.evaluation.rego.builtins.made_certificates import (
    DAY,
    NOW,
    a_certificate,
    a_key,
    authority,
    hosts,
    key_pem,
    name,
    pem,
)

ROOT_KEY, MIDDLE_KEY, LEAF_KEY = a_key("rsa"), a_key(number=1), a_key(number=2)
ROOT = a_certificate("root", "root", ROOT_KEY, ROOT_KEY, authority())
MIDDLE = a_certificate("middle", "root", MIDDLE_KEY, ROOT_KEY, authority(length=0))
LEAF = a_certificate("leaf", "middle", LEAF_KEY, MIDDLE_KEY, hosts("a.example", "*.b.example"))
VERIFY = "crypto.x509.parse_and_verify_certificates"
WITH_OPTIONS = f"{VERIFY}_with_options"


def parsed(*certificates: x509.Certificate) -> Value:
    return call("crypto.x509.parse_certificates", pem(*certificates))


def test_a_certificate_becomes_gos_struct() -> None:
    usage = x509.KeyUsage(True, False, True, False, False, True, False, False, False)
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("a.example"),
            x509.RFC822Name("me@a.example"),
            x509.IPAddress(ip_address("10.0.0.1")),
            x509.UniformResourceIdentifier("spiffe://example.org/service"),
        ]
    )
    key = a_key("rsa")
    extended = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.CLIENT_AUTH, x509.ObjectIdentifier("1.2.3")]
    )
    made = a_certificate("leaf", "root", key, key, usage, names, extended, authority(length=0))
    (found,) = parsed(made)
    numbers = key.public_key().public_numbers()
    assert found["PublicKey"] == {"N": numbers.n, "E": 65537}
    assert (found["PublicKeyAlgorithm"], found["SignatureAlgorithm"]) == (1, 4)
    assert (found["Version"], found["SerialNumber"]) == (3, 4242)
    assert found["NotBefore"] == "2020-09-12T12:26:40Z"
    assert found["Subject"]["CommonName"] == "leaf"
    assert found["Subject"]["Organization"] == ["Example"]
    assert found["Subject"]["Country"] is None
    assert found["Subject"]["Names"][1] == {"Type": [2, 5, 4, 3], "Value": "leaf"}
    assert found["Issuer"]["CommonName"] == "root"
    assert found["KeyUsage"] == 1 | 4 | 32
    assert (found["ExtKeyUsage"], found["UnknownExtKeyUsage"]) == ([2], [[1, 2, 3]])
    assert (found["IsCA"], found["MaxPathLen"], found["MaxPathLenZero"]) == (True, 0, True)
    assert found["DNSNames"] == ["a.example"]
    assert found["EmailAddresses"] == ["me@a.example"]
    assert found["IPAddresses"] == ["10.0.0.1"]
    assert found["URIStrings"] == ["spiffe://example.org/service"]
    assert (found["URIs"][0]["Host"], found["URIs"][0]["Path"]) == ("example.org", "/service")
    assert found["Raw"] == base64.b64encode(made.public_bytes(Encoding.DER)).decode()
    assert found["Extensions"][3]["Id"] == [2, 5, 29, 19]
    assert found["Extensions"][3]["Critical"] is True
    assert found["CRLDistributionPoints"] is None


def test_certificates_come_in_three_forms() -> None:
    expected = parsed(ROOT, LEAF)
    assert [found["Subject"]["CommonName"] for found in expected] == ["root", "leaf"]
    der = ROOT.public_bytes(Encoding.DER) + LEAF.public_bytes(Encoding.DER)
    for data in (der, pem(ROOT, LEAF).encode()):
        assert call("crypto.x509.parse_certificates", base64.b64encode(data).decode()) == expected
    assert call("crypto.x509.parse_certificates", f"{pem(ROOT, LEAF)}behind") == expected


@pytest.mark.parametrize(
    ("kind", "algorithms"), [("ec", (3, 10)), ("ed", (4, 16)), ("rsa", (1, 4))]
)
def test_the_kinds_of_keys_have_gos_numbers(kind: str, algorithms: tuple[int, int]) -> None:
    key = a_key(kind)
    (found,) = parsed(a_certificate("x", "x", key, key))
    assert (found["PublicKeyAlgorithm"], found["SignatureAlgorithm"]) == algorithms
    assert (found["BasicConstraintsValid"], found["MaxPathLen"]) == (False, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no certificate", "illegal base64 data at input byte 2"),
        (key_pem(LEAF_KEY), "PEM block type is 'PRIVATE KEY', expected CERTIFICATE"),
        (base64.b64encode(b"\x30\x03\x02\x01\x01").decode(), "x509: malformed"),
        (base64.b64encode(b"\x30\x40\x02").decode(), "x509: trailing data"),
    ],
)
def test_what_is_no_certificate_is_an_error(text: str, expected: str) -> None:
    assert expected in problem("crypto.x509.parse_certificates", text)
    assert call(VERIFY, text) == [False, []]


def test_a_chain_is_verified_from_the_leaf_to_the_root() -> None:
    valid, chain = call(VERIFY, pem(ROOT, MIDDLE, LEAF))
    assert valid is True
    assert [found["Subject"]["CommonName"] for found in chain] == ["leaf", "middle", "root"]


_WRONG_SIGNER = a_certificate("leaf", "middle", LEAF_KEY, LEAF_KEY)
_EXPIRED = a_certificate("leaf", "middle", LEAF_KEY, MIDDLE_KEY, ends=NOW - DAY / 2)
_NO_AUTHORITY = a_certificate("middle", "root", MIDDLE_KEY, ROOT_KEY, authority(ca=False))
_SILENT = a_certificate("middle", "root", MIDDLE_KEY, ROOT_KEY)
_SECOND = a_certificate("second", "middle", LEAF_KEY, MIDDLE_KEY, authority())
_TOO_DEEP = a_certificate("leaf", "second", LEAF_KEY, LEAF_KEY)
_CLIENT = a_certificate(
    "leaf", "middle", LEAF_KEY, MIDDLE_KEY, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
)
_ONLY_B = a_certificate(
    "middle",
    "root",
    MIDDLE_KEY,
    ROOT_KEY,
    authority(),
    x509.NameConstraints([x509.DNSName("b.example")], None),
)
_NOT_A = a_certificate(
    "middle",
    "root",
    MIDDLE_KEY,
    ROOT_KEY,
    authority(),
    x509.NameConstraints(None, [x509.DNSName("a.example")]),
)


@pytest.mark.parametrize(
    "chain",
    [
        (LEAF,),
        (ROOT, LEAF),
        (ROOT, MIDDLE, _WRONG_SIGNER),
        (ROOT, MIDDLE, _EXPIRED),
        (ROOT, _NO_AUTHORITY, LEAF),
        (ROOT, _SILENT, LEAF),
        (ROOT, MIDDLE, _SECOND, _TOO_DEEP),
        (ROOT, MIDDLE, _CLIENT),
        (ROOT, _ONLY_B, LEAF),
        (ROOT, _NOT_A, LEAF),
    ],
)
def test_a_broken_chain_is_not_verified(chain: tuple[x509.Certificate, ...]) -> None:
    assert call(VERIFY, pem(*chain)) == [False, []]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"DNSName": "a.example"}, True),
        ({"DNSName": "x.b.example"}, True),
        ({"DNSName": "x.y.b.example"}, False),
        ({"DNSName": "other.example"}, False),
        ({"DNSName": "10.0.0.1"}, False),
        ({"CurrentTime": NOW_NS}, True),
        ({"CurrentTime": NOW_NS + 10 * 86_400 * 10**9}, False),
        ({"KeyUsages": ["KeyUsageClientAuth", "KeyUsageCodeSigning"]}, True),
        ({"MaxConstraintComparisons": 5}, True),
    ],
)
def test_options_say_what_a_chain_is_verified_for(options: Value, expected: bool) -> None:
    valid, chain = call(WITH_OPTIONS, pem(ROOT, MIDDLE, LEAF), options)
    assert (valid, len(chain)) == (expected, 3 if expected else 0)


def test_a_usage_must_be_allowed_by_the_whole_chain() -> None:
    chain = pem(ROOT, MIDDLE, _CLIENT)
    assert call(WITH_OPTIONS, chain, {"KeyUsages": a_set("KeyUsageClientAuth")})[0] is True
    assert call(WITH_OPTIONS, chain, {"KeyUsages": ["KeyUsageAny"]})[0] is True
    assert call(WITH_OPTIONS, chain, {"KeyUsages": ["KeyUsageCodeSigning"]})[0] is False


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"DNSName": 1}, "'DNSName' should be a string"),
        ({"CurrentTime": "x"}, "'CurrentTime' should be a valid int64 number"),
        ({"CurrentTime": 1 << 70}, "'CurrentTime' should be a valid int64 number"),
        ({"KeyUsages": "x"}, "'KeyUsages' should be an Array or Set"),
        ({"KeyUsages": ["x"]}, "invalid entries for 'KeyUsages' found: [x]"),
        ({"other": 1}, "invalid key option"),
    ],
)
def test_an_option_that_is_none_is_an_error(options: Value, expected: str) -> None:
    assert problem(WITH_OPTIONS, pem(ROOT, MIDDLE, LEAF), options).endswith(expected)


def test_a_signing_request_becomes_gos_struct() -> None:
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name("leaf"))
        .add_extension(hosts("a.example"), critical=False)
        .sign(LEAF_KEY, SHA256())
    )
    text = made.public_bytes(Encoding.PEM).decode()
    found = call("crypto.x509.parse_certificate_request", text)
    assert found["Subject"]["CommonName"] == "leaf"
    assert (found["Version"], found["DNSNames"]) == (0, ["a.example"])
    assert found["Attributes"][0]["Type"] == [1, 2, 840, 113549, 1, 9, 14]
    der = base64.b64encode(made.public_bytes(Encoding.DER)).decode()
    assert call("crypto.x509.parse_certificate_request", der) == found
    assert (
        call("crypto.x509.parse_certificate_request", base64.b64encode(text.encode()).decode())
        == found
    )
    assert "illegal base64" in problem("crypto.x509.parse_certificate_request", pem(LEAF))
    for_another = base64.b64encode(pem(LEAF).encode()).decode()
    assert "invalid PEM-encoded" in problem("crypto.x509.parse_certificate_request", for_another)


def test_a_private_key_becomes_a_json_web_key() -> None:
    for kind, kty in (("rsa", "RSA"), ("ec", "EC"), ("ed", "OKP")):
        text = key_pem(a_key(kind))
        found = call("crypto.x509.parse_rsa_private_key", text)
        assert found["kty"] == kty
        coded = base64.b64encode(text.encode()).decode()
        assert call("crypto.x509.parse_rsa_private_key", coded) == found
        algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[kty]
        token = call("io.jwt.encode_sign", {"alg": algorithm}, {}, found)
        assert call(f"io.jwt.verify_{algorithm.lower()}", token, json.dumps({**found})) is True


def test_private_keys_become_gos_structs() -> None:
    key = a_key("rsa")
    text = key_pem(key, PrivateFormat.TraditionalOpenSSL) + key_pem(a_key()) + key_pem(a_key("ed"))
    rsa_key, ec_key, ed_key = call("crypto.parse_private_keys", text)
    numbers = key.private_numbers()
    assert (rsa_key["E"], rsa_key["D"], rsa_key["Primes"]) == (
        65537,
        numbers.d,
        [numbers.p, numbers.q],
    )
    assert rsa_key["Precomputed"]["CRTValues"] == []
    assert (ec_key["Curve"], ec_key["D"]) == ({}, a_key().private_numbers().private_value)
    assert len(base64.b64decode(ed_key)) == 64
    assert call("crypto.parse_private_keys", "") is None
    assert call("crypto.parse_private_keys", pem(LEAF)) == []
    assert call("crypto.x509.parse_rsa_private_key", pem(LEAF)) is None
    assert "was empty" in problem("crypto.x509.parse_rsa_private_key", "")
    broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    assert "x509: malformed" in problem("crypto.parse_private_keys", broken)


def test_a_key_pair_is_a_certificate_and_its_key() -> None:
    found = call("crypto.x509.parse_keypair", pem(LEAF, MIDDLE), key_pem(LEAF_KEY))
    assert [base64.b64decode(text)[:1] for text in found["Certificate"]] == [b"0", b"0"]
    assert found["Leaf"]["Subject"]["CommonName"] == "leaf"
    assert found["PrivateKey"]["D"] == LEAF_KEY.private_numbers().private_value
    other = problem("crypto.x509.parse_keypair", pem(LEAF), key_pem(MIDDLE_KEY))
    assert other.endswith("tls: private key does not match public key")
    assert "failed to find" in problem("crypto.x509.parse_keypair", pem(LEAF), pem(LEAF))


def test_more_than_a_few_certificates_or_keys_pass_a_limit() -> None:
    with pytest.raises(RegoLimitError):
        call("crypto.x509.parse_certificates", pem(LEAF) * 300)
    with pytest.raises(RegoLimitError):
        call("crypto.parse_private_keys", key_pem(LEAF_KEY) * 20)
    long = base64.encodebytes(bytes(6_000)).decode()
    with pytest.raises(RegoLimitError):
        call(
            "crypto.parse_private_keys",
            f"-----BEGIN PRIVATE KEY-----\n{long}-----END PRIVATE KEY-----\n",
        )
