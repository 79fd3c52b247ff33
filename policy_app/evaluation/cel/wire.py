"""Protocol Buffers' wire format, as far as a compiled expression needs it.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIGN = 1 << 63

Field = tuple[int, int | bytes]


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message in order: its number, and a whole number or bytes.

    Raises ``ValueError`` where the bytes are no message.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        else:
            length = {_FIXED64: 8, _FIXED32: 4}[kind]
        if at + length > len(message):
            raise ValueError("the message ends within a field")
        yield number, message[at : at + length]
        at += length


def signed(value: int) -> int:
    """A varint read as ``int64``."""
    return value - (1 << 64) if value >= _SIGN else value


def double(value: bytes) -> float:
    """Eight bytes read as ``double``."""
    found: float = struct.unpack("<d", value)[0]
    return found


def varints(value: int | bytes) -> list[int]:
    """A repeated number, packed or not."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        each, at = _varint(value, at)
        found.append(each)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("the message ends within a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
