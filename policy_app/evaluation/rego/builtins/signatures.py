"""Signatures of tokens, by the algorithms of RFC 7518 and RFC 8037."""

from __future__ import annotations

import hashlib
import hmac
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from policy_app.evaluation.rego.builtins.core import BuiltinError
from policy_app.evaluation.rego.builtins.keys import PrivateKey, PublicKey, SecretKey

Hash: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_HASHES: dict[str, type[Hash]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_CURVE_BITS = {"256": 256, "384": 384, "512": 521}


def verify(algorithm: str, key: PublicKey, signed: bytes, signature: bytes) -> bool:
    """Whether the signature fits; false for a key that the algorithm does not use."""
    try:
        return _verify(algorithm, key, signed, signature)
    except (InvalidSignature, ValueError):
        return False


def _verify(algorithm: str, key: PublicKey, signed: bytes, signature: bytes) -> bool:
    if algorithm == "EdDSA":
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
            return True
        return False
    family, kind = algorithm[:2], _HASHES.get(algorithm[2:])
    if kind is None:
        return False
    if family == "HS":
        return isinstance(key, SecretKey) and hmac.compare_digest(
            signature, mac(algorithm, key, signed)
        )
    if family == "ES" and isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(_der(signature), signed, ec.ECDSA(kind()))
        return True
    if family in ("RS", "PS") and isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, _padding(family, kind(), padding.PSS.AUTO), kind())
        return True
    return False


def _padding(family: str, hash_: Hash, salt: object) -> padding.AsymmetricPadding:
    if family == "RS":
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(hash_), salt)  # type: ignore[arg-type]


def _der(signature: bytes) -> bytes:
    """The two halves of a token's signature as the ASN.1 that libraries take."""
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    return encode_dss_signature(r, s)


def mac(algorithm: str, key: SecretKey, signed: bytes) -> bytes:
    """The authentication code of an HS algorithm."""
    return hmac.new(key.data, signed, getattr(hashlib, f"sha{algorithm[2:]}")).digest()


def sign(algorithm: str, key: PrivateKey, signed: bytes) -> bytes:
    """The signature; ECDSA draws no random number (RFC 6979), so that answers repeat.

    Raises ``BuiltinError`` for a key that the algorithm does not use.
    """
    family, size = algorithm[:2], algorithm[2:]
    if family == "HS" and isinstance(key, SecretKey):
        return mac(algorithm, key, signed)
    if family in ("RS", "PS") and isinstance(key, rsa.RSAPrivateKey):
        hash_ = _HASHES[size]()
        return key.sign(signed, _padding(family, hash_, padding.PSS.DIGEST_LENGTH), hash_)
    if family == "ES" and isinstance(key, ec.EllipticCurvePrivateKey):
        return _ecdsa(key, size, signed)
    if algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signed)
    raise BuiltinError(f"the key does not fit the algorithm {algorithm}")


def _ecdsa(key: ec.EllipticCurvePrivateKey, size: str, signed: bytes) -> bytes:
    if key.key_size != _CURVE_BITS[size]:
        raise BuiltinError(f"the key does not fit the algorithm ES{size}")
    how = ec.ECDSA(_HASHES[size](), deterministic_signing=True)
    width = (key.key_size + 7) // 8
    pair = decode_dss_signature(key.sign(signed, how))
    return b"".join(number.to_bytes(width, "big") for number in pair)
