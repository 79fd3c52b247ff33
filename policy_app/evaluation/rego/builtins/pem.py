"""PEM (RFC 7468) as Go reads it: blocks in a text, whatever stands around them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_app.evaluation.rego.builtins.core import BuiltinError

BEGIN = "-----BEGIN"

_BLOCK = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]+)-----[ \t]*\r?\n"
    r"(?:[A-Za-z-]+: [^\n]*\n)*"
    r"(?P<body>[A-Za-z0-9+/=\s]*)-----END (?P=kind)-----[ \t]*(?:\r?\n|$)"
)


@dataclass(frozen=True, slots=True)
class Block:
    """What a block is said to hold, its bytes, and where the text goes on."""

    kind: str
    data: bytes
    end: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a text in order; those whose contents are no base64 are passed over."""
    for match in _BLOCK.finditer(text):
        try:
            yield Block(match["kind"], base64.b64decode(match["body"], validate=False), match.end())
        except binascii.Error:
            continue


def elements(data: bytes) -> Iterator[bytes]:
    """DER values that stand one behind the other, each with its tag and length."""
    at = 0
    while at < len(data):
        end = at + _length(data, at)
        if end > len(data):
            raise BuiltinError("x509: trailing data")
        yield data[at:end]
        at = end


def _length(data: bytes, at: int) -> int:
    """The bytes of the DER value at this place, its head included."""
    if at + 2 > len(data):
        raise BuiltinError("x509: malformed certificate")
    first = data[at + 1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(data[at + 2 : at + 2 + count], "big")
