"""Hashes, and message authentication codes made from them."""

from __future__ import annotations

import hashlib
import hmac

from policy_app.evaluation.rego.builtins.core import Family, Function
from policy_app.evaluation.rego.builtins.text import utf8

FAMILY = Family("crypto")


def _hash(algorithm: str) -> Function:
    def digest(text: str) -> str:
        return hashlib.new(algorithm, utf8(text), usedforsecurity=False).hexdigest()

    return digest


for _algorithm in ("md5", "sha1", "sha256"):
    FAMILY.builtin(
        f"crypto.{_algorithm}",
        "string",
        result="string",
        summary=f"The {_algorithm.upper()} hash of the text's bytes, in hexadecimal.",
    )(_hash(_algorithm))


def _hmac(algorithm: str) -> Function:
    def digest(text: str, key: str) -> str:
        return hmac.new(utf8(key), utf8(text), algorithm).hexdigest()

    return digest


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    FAMILY.builtin(
        f"crypto.hmac.{_algorithm}",
        *("string", "string"),
        result="string",
        summary=f"The text's authentication code by {_algorithm.upper()} and a key.",
    )(_hmac(_algorithm))


@FAMILY.builtin("crypto.hmac.equal", "string", "string", result="boolean")
def equal(a: str, b: str) -> bool:
    """Whether two codes are equal, in time that does not tell where they differ."""
    return hmac.compare_digest(utf8(a), utf8(b))
