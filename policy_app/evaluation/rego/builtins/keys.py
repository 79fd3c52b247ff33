"""Public keys for tokens, from PEM (a key or a certificate) or from JSON Web Keys (RFC 7517)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.rego.builtins.core import BuiltinError, limit_error
from policy_app.evaluation.rego.builtins.curves import CURVES, Curve
from policy_app.evaluation.rego.builtins.der import (
    BIT_STRING,
    Item,
    certificate_key,
    integer,
    items,
    sequence,
)
from policy_app.evaluation.rego.builtins.encoding import decode_base64url

MAX_RSA_BITS = 8192
MAX_KEYS = 64

_ALGORITHMS = frozenset(
    f"{family}{size}" for family in ("HS", "RS", "PS", "ES") for size in (256, 384, 512)
) | {"EdDSA"}


@dataclass(frozen=True, slots=True)
class RsaKey:
    """Modulus and exponent."""

    n: int
    e: int


@dataclass(frozen=True, slots=True)
class EcKey:
    """A point on one of the curves."""

    curve: Curve
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class EdKey:
    """The 32 bytes of an Ed25519 key."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A shared secret."""

    data: bytes


PublicKey = RsaKey | EcKey | EdKey | SecretKey


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key with the algorithm and the name that it came with, empty where there was none."""

    key: PublicKey
    alg: str = ""
    kid: str = ""


_PEM = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]+)-----\s(?P<body>[A-Za-z0-9+/=\s]*)-----END (?P=kind)-----\s*",
)


def read_keys(text: str) -> list[TokenKey]:
    """The keys that a text holds; raises ``BuiltinError`` where it holds none."""
    match = _PEM.search(text)
    if match is not None:
        if match.end() != len(text):
            raise BuiltinError("extra data after a PEM certificate block")
        return [TokenKey(_pem_key(match["kind"], match["body"]))]
    return _json_keys(text)


def _pem_key(kind: str, body: str) -> PublicKey:
    try:
        data = base64.b64decode(body)
        if kind == "CERTIFICATE":
            return _key(certificate_key(data))
        if kind == "PUBLIC KEY":
            return _key(items(data)[0])
    except (binascii.Error, IndexError, BuiltinError):
        raise BuiltinError(f"failed to parse a PEM {kind.lower()}") from None
    raise BuiltinError("failed to extract a Key from the PEM certificate")


_RSA = bytes.fromhex("2a864886f70d010101")
_EC = bytes.fromhex("2a8648ce3d0201")
_ED25519 = bytes.fromhex("2b6570")
_CURVE_IDS = {
    bytes.fromhex("2a8648ce3d030107"): CURVES[0],
    bytes.fromhex("2b81040022"): CURVES[1],
    bytes.fromhex("2b81040023"): CURVES[2],
}


def _key(info: Item) -> PublicKey:
    """The key of a ``SubjectPublicKeyInfo``."""
    algorithm, (tag, bits) = sequence(info)
    names = [contents for _, contents in sequence(algorithm)]
    if tag != BIT_STRING:
        raise BuiltinError("a key is no bit string")
    data = bits[1:]
    if names[0] == _RSA:
        n, e = (integer(item) for item in sequence(items(data)[0]))
        return _rsa(n, e)
    if names[0] == _EC and names[1] in _CURVE_IDS and data[:1] == b"\x04":
        half = len(data) // 2
        x, y = int.from_bytes(data[1 : half + 1], "big"), int.from_bytes(data[half + 1 :], "big")
        return EcKey(_CURVE_IDS[names[1]], x, y)
    if names[0] == _ED25519:
        return EdKey(data)
    raise BuiltinError("a key is of an unknown kind")


def _rsa(n: int, e: int) -> RsaKey:
    if n.bit_length() > MAX_RSA_BITS or e.bit_length() > 32:
        raise limit_error(f"an RSA key is longer than {MAX_RSA_BITS} bits")
    if n <= 0 or e <= 1:
        raise BuiltinError("an RSA key needs a positive modulus and exponent")
    return RsaKey(n, e)


def _json_keys(text: str) -> list[TokenKey]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BuiltinError("failed to parse a JWK key (set): it is neither PEM nor JSON") from None
    keys = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise BuiltinError("failed to parse a JWK key (set): it is no JSON Web Key")
    if len(keys) > MAX_KEYS:
        raise limit_error(f"a set has more than {MAX_KEYS} keys")
    found = [TokenKey(_json_key(k), _text(k, "alg"), _text(k, "kid")) for k in keys]
    return [key for key in found if not key.alg or key.alg in _ALGORITHMS]


def _text(key: dict[str, Any], name: str) -> str:
    value = key.get(name, "")
    return value if isinstance(value, str) else ""


def _json_key(key: dict[str, Any]) -> PublicKey:
    kind = key.get("kty")
    if kind == "RSA":
        return _rsa(_number(key, "n"), _number(key, "e"))
    if kind == "EC":
        for curve in CURVES:
            if curve.name == key.get("crv"):
                return EcKey(curve, _number(key, "x"), _number(key, "y"))
    if kind == "OKP" and key.get("crv") == "Ed25519":
        return EdKey(_bytes(key, "x"))
    if kind == "oct":
        return SecretKey(_bytes(key, "k"))
    raise BuiltinError("failed to parse a JWK key (set): a key is of an unknown kind")


def _bytes(key: dict[str, Any], name: str) -> bytes:
    text = _text(key, name)
    if not text:
        raise BuiltinError(f"failed to parse a JWK key (set): required field {name} is missing")
    return decode_base64url(text)


def _number(key: dict[str, Any], name: str) -> int:
    return int.from_bytes(_bytes(key, name), "big")
