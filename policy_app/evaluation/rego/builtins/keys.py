"""Keys for tokens, from PEM (a public key or a certificate) or from JSON Web Keys (RFC 7517)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from policy_app.evaluation.rego.builtins.core import BuiltinError, limit_error
from policy_app.evaluation.rego.builtins.encoding import decode_base64url
from policy_app.evaluation.rego.builtins.pem import Block, blocks

MAX_RSA_BITS = 8192
MAX_KEYS = 64

ALGORITHMS = frozenset(
    f"{family}{size}" for family in ("HS", "RS", "PS", "ES") for size in (256, 384, 512)
) | {"EdDSA"}
CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A shared secret."""

    data: bytes


PublicKey: TypeAlias = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | SecretKey
)
PrivateKey: TypeAlias = (
    rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | SecretKey
)
Jwk: TypeAlias = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key with the algorithm and the name that it came with, empty where there was none."""

    key: PublicKey
    alg: str = ""
    kid: str = ""


def _problem(text: str) -> BuiltinError:
    return BuiltinError(f"failed to parse a JWK key (set): {text}")


def bounded(key: Any) -> Any:
    """The key; raises ``RegoLimitError`` for one that takes too long to compute with."""
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey) and key.key_size > MAX_RSA_BITS:
        raise limit_error(f"an RSA key is longer than {MAX_RSA_BITS} bits")
    return key


# Public keys ------------------------------------------------------------------------------------


def read_keys(text: str) -> list[TokenKey]:
    """The keys that a text holds; raises ``BuiltinError`` where it holds none."""
    block = next(blocks(text), None)
    if block is None:
        return _json_keys(text)
    if block.end != len(text):
        raise BuiltinError("extra data after a PEM certificate block")
    return [TokenKey(_pem_key(block))]


def _pem_key(block: Block) -> PublicKey:
    try:
        if block.kind == "CERTIFICATE":
            key: Any = x509.load_der_x509_certificate(block.data).public_key()
        elif block.kind == "PUBLIC KEY":
            key = load_der_public_key(block.data)
        else:
            raise BuiltinError("failed to extract a Key from the PEM certificate")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BuiltinError(f"failed to parse a PEM {block.kind.lower()}") from None
    found: PublicKey = bounded(key)
    return found


def _json_keys(text: str) -> list[TokenKey]:
    found = [
        TokenKey(_public(key), _text(key, "alg"), _text(key, "kid")) for key in read_jwks(text)
    ]
    return [key for key in found if not key.alg or key.alg in ALGORITHMS]


def read_jwks(text: str) -> list[Jwk]:
    """The JSON Web Keys of a text that is one, or a set of them."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _problem("it is neither PEM nor JSON") from None
    keys = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise _problem("it is no JSON Web Key")
    if len(keys) > MAX_KEYS:
        raise limit_error(f"a set has more than {MAX_KEYS} keys")
    return keys


def _public(jwk: Jwk) -> PublicKey:
    kind = jwk.get("kty")
    if kind == "RSA":
        return _made(_rsa_numbers(jwk).public_key)
    if kind == "EC" and jwk.get("crv") in CURVES:
        return _made(_ec_numbers(jwk).public_key)
    if kind == "OKP" and jwk.get("crv") == "Ed25519":
        data = _bytes(jwk, "x")
        return _made(lambda: ed25519.Ed25519PublicKey.from_public_bytes(data))
    if kind == "oct":
        return SecretKey(_bytes(jwk, "k"))
    raise _problem("a key is of an unknown kind")


def _rsa_numbers(jwk: Jwk) -> rsa.RSAPublicNumbers:
    n, e = _number(jwk, "n"), _number(jwk, "e")
    if n.bit_length() > MAX_RSA_BITS or e.bit_length() > 32:
        raise limit_error(f"an RSA key is longer than {MAX_RSA_BITS} bits")
    return rsa.RSAPublicNumbers(e, n)


def _ec_numbers(jwk: Jwk) -> ec.EllipticCurvePublicNumbers:
    curve = CURVES[jwk["crv"]]()
    return ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve)


def _made(make: Callable[[], T]) -> T:
    try:
        return make()
    except (ValueError, UnsupportedAlgorithm):
        raise _problem("a key's numbers are no key") from None


def _text(jwk: Jwk, name: str) -> str:
    value = jwk.get(name, "")
    return value if isinstance(value, str) else ""


def _bytes(jwk: Jwk, name: str) -> bytes:
    text = _text(jwk, name)
    if not text:
        raise _problem(f"required field {name} is missing")
    return decode_base64url(text)


def _number(jwk: Jwk, name: str) -> int:
    return int.from_bytes(_bytes(jwk, name), "big")


# Private keys -----------------------------------------------------------------------------------


def signing_key(text: str) -> PrivateKey:
    """The key to sign with: a private JSON Web Key or shared secret, the first one of a set."""
    keys = read_jwks(text)
    if not keys:
        raise BuiltinError("no keys found in JWK set")
    jwk = keys[0]
    kind = jwk.get("kty")
    if kind == "oct":
        return SecretKey(_bytes(jwk, "k"))
    if kind == "RSA":
        return _rsa_signer(_rsa_private(jwk))
    if kind == "EC" and jwk.get("crv") in CURVES:
        numbers = ec.EllipticCurvePrivateNumbers(_number(jwk, "d"), _ec_numbers(jwk))
        return _made(numbers.private_key)
    if kind == "OKP" and jwk.get("crv") == "Ed25519":
        data = _bytes(jwk, "d")
        return _made(lambda: ed25519.Ed25519PrivateKey.from_private_bytes(data))
    raise _problem("a key is of an unknown kind")


def _rsa_private(jwk: Jwk) -> rsa.RSAPrivateNumbers:
    public, d = _rsa_numbers(jwk), _number(jwk, "d")
    p, q = _number(jwk, "p"), _number(jwk, "q")
    if not is_consistent(public, p, q, d):
        raise _problem("a key's numbers are no key")
    dmp1 = _number(jwk, "dp") if jwk.get("dp") else rsa.rsa_crt_dmp1(d, p)
    dmq1 = _number(jwk, "dq") if jwk.get("dq") else rsa.rsa_crt_dmq1(d, q)
    iqmp = _number(jwk, "qi") if jwk.get("qi") else _made(lambda: rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, dmp1, dmq1, iqmp, public)


def _rsa_signer(numbers: rsa.RSAPrivateNumbers) -> rsa.RSAPrivateKey:
    # Whether the factors are primes is not asked, as in Go: it takes longer than a query may.
    return _made(lambda: numbers.private_key(unsafe_skip_rsa_key_validation=True))


def is_consistent(public: rsa.RSAPublicNumbers, p: int, q: int, d: int) -> bool:
    """Whether the factors and the exponents of a private key belong to each other."""
    if min(p, q) < 3 or p * q != public.n:
        return False
    return all(d * public.e % (factor - 1) == 1 for factor in (p, q))


def private_jwk(key: PrivateKey) -> Jwk:
    """A private key as a JSON Web Key."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _rsa_jwk(key.private_numbers())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = key.private_numbers()
        name = next((n for n, curve in CURVES.items() if isinstance(key.curve, curve)), "")
        if not name:
            raise BuiltinError("invalid key type")
        size, public = (key.key_size + 7) // 8, numbers.public_numbers
        fields = {"x": public.x, "y": public.y, "d": numbers.private_value}
        coded = {field: encoded(number, size) for field, number in fields.items()}
        return {"kty": "EC", "crv": name, **coded}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        seed, point = key.private_bytes_raw(), key.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(point), "d": base64url(seed)}
    raise BuiltinError("invalid key type")


def _rsa_jwk(numbers: rsa.RSAPrivateNumbers) -> Jwk:
    public = numbers.public_numbers
    fields = {
        "n": public.n,
        "e": public.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    return {"kty": "RSA", **{field: encoded(number) for field, number in fields.items()}}


def encoded(number: int, size: int = 0) -> str:
    """A number's bytes, at least so many, in base64url without padding."""
    return base64url(number.to_bytes(max(size, (number.bit_length() + 7) // 8), "big"))


def base64url(data: bytes) -> str:
    """Bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
