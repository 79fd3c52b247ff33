"""Verifying the signatures of tokens, by the algorithms of RFC 7518 and RFC 8037."""

from __future__ import annotations

import hashlib
import hmac

from policy_app.evaluation.rego.builtins.curves import verify_ecdsa, verify_ed25519
from policy_app.evaluation.rego.builtins.keys import EcKey, EdKey, PublicKey, RsaKey, SecretKey

HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}

_DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""What PKCS #1 puts before a digest to name its hash (RFC 8017, section 9.2)."""

_PSS_TRAILER = 0xBC


def verify(algorithm: str, key: PublicKey, signed: bytes, signature: bytes) -> bool:
    """Whether the signature fits; false for a key that the algorithm does not use."""
    if algorithm == "EdDSA":
        return isinstance(key, EdKey) and verify_ed25519(key.data, signed, signature)
    family, name = algorithm[:2], HASHES.get(algorithm[2:], "")
    if not name:
        return False
    if family == "HS":
        return isinstance(key, SecretKey) and hmac.compare_digest(
            signature, hmac.new(key.data, signed, name).digest()
        )
    digest = hashlib.new(name, signed).digest()
    if family == "ES":
        return isinstance(key, EcKey) and verify_ecdsa(key.curve, key.x, key.y, digest, signature)
    if not isinstance(key, RsaKey):
        return False
    message = _opened(key, signature)
    if message is None:
        return False
    return (
        _is_pkcs1(message, name, digest) if family == "RS" else _is_pss(key, message, name, digest)
    )


def _opened(key: RsaKey, signature: bytes) -> bytes | None:
    """What a signature encloses, as long as the key's modulus."""
    size = (key.n.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= key.n:
        return None
    return pow(number, key.e, key.n).to_bytes(size, "big")


def _is_pkcs1(message: bytes, name: str, digest: bytes) -> bool:
    """Whether the message is the digest as RSASSA-PKCS1-v1_5 pads it."""
    end = _DIGEST_INFO[name] + digest
    filler = len(message) - len(end) - 3
    return filler >= 8 and message == b"\x00\x01" + b"\xff" * filler + b"\x00" + end


def _is_pss(key: RsaKey, message: bytes, name: str, digest: bytes) -> bool:
    """Whether the message encloses the digest as RSASSA-PSS does, with any length of salt."""
    bits = key.n.bit_length() - 1
    message = message[len(message) - (bits + 7) // 8 :]
    size = len(digest)
    masked, seal, trailer = message[: -size - 1], message[-size - 1 : -1], message[-1]
    if trailer != _PSS_TRAILER or len(message) < size + 2:
        return False
    unused = 8 * len(message) - bits
    if masked[0] >> (8 - unused) if unused else 0:
        return False
    plain = bytearray(a ^ b for a, b in zip(masked, _mask(seal, len(masked), name), strict=True))
    plain[0] &= 0xFF >> unused
    filler, one, salt = bytes(plain).partition(b"\x01")
    if any(filler) or not one:
        return False
    return hashlib.new(name, bytes(8) + digest + salt).digest() == seal


def _mask(seed: bytes, length: int, name: str) -> bytes:
    """MGF1 (RFC 8017, appendix B.2.1)."""
    found = b""
    counter = 0
    while len(found) < length:
        found += hashlib.new(name, seed + counter.to_bytes(4, "big")).digest()
        counter += 1
    return found[:length]
