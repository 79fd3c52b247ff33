"""Just enough of DER (X.690) to find the public key in a key or a certificate."""

from __future__ import annotations

from policy_app.evaluation.rego.builtins.core import BuiltinError

INTEGER, BIT_STRING, OBJECT_ID, SEQUENCE, VERSION = 0x02, 0x03, 0x06, 0x30, 0xA0

Item = tuple[int, bytes]


def items(data: bytes) -> list[Item]:
    """The items that follow one another in ``data``, each with its tag and contents."""
    found: list[Item] = []
    at = 0
    while at < len(data):
        tag, contents, at = _item(data, at)
        found.append((tag, contents))
    return found


def _item(data: bytes, at: int) -> tuple[int, bytes, int]:
    length = data[at + 1] if at + 1 < len(data) else len(data)
    start = at + 2
    if length & 0x80 and start < len(data):
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    end = start + length
    if end > len(data):
        raise BuiltinError("a key or certificate ends too early")
    return data[at], data[start:end], end


def sequence(item: Item) -> list[Item]:
    """The items of a sequence."""
    if item[0] != SEQUENCE:
        raise BuiltinError("a key or certificate has not the expected structure")
    return items(item[1])


def integer(item: Item) -> int:
    """The value of an integer."""
    if item[0] != INTEGER:
        raise BuiltinError("a key or certificate has not the expected structure")
    return int.from_bytes(item[1], "big", signed=True)


def certificate_key(data: bytes) -> Item:
    """The public key of a certificate (RFC 5280, ``tbsCertificate.subjectPublicKeyInfo``)."""
    fields = sequence(sequence(items(data)[0])[0])
    # Version is optional; then serial number, signature, issuer, validity, subject and the key.
    return fields[6 if fields[0][0] == VERSION else 5]
