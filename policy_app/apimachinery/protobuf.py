"""Protobuf bodies, which kubectl's typed commands and other clients in Go send, as plain objects.

A body is an envelope: four bytes that tell it, then a message with the kind and, in it, the object.
Which field has which number is data (``data/protobuf.yaml``).  Sources: ``runtime.Unknown`` of
apimachinery for the envelope, Kubernetes' ``generated.proto`` files for the fields, and Protocol
Buffers' description of the wire format.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from policy_app.apimachinery import errors
from policy_app.apimachinery.objects import Object

MAGIC = b"k8s\0"

_DATA = "policy_app.apimachinery.data"
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_ENVELOPE = {"type": 1, "raw": 2, "encoding": 3}
_DELETE_OPTIONS = "DeleteOptions"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DROPPED = (0, "", False, None)


class _WireError(Exception):
    """The bytes are no message of this kind."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    type: str
    repeated: bool = False
    mapped: bool = False
    inline: bool = False
    sparse: bool = False
    """Whether zero and empty mean that the field is not there."""

    @classmethod
    def of(cls, text: str) -> _Field:
        """``NAME TYPE`` of the table."""
        if text.startswith("^"):
            return cls("", text[1:], inline=True)
        name, _, type_ = text.partition(" ")
        type_ = type_ or "string?"
        plain = type_.removesuffix("?").removeprefix("[]").removeprefix("map:")
        return cls(
            name,
            plain,
            repeated=type_.startswith("[]"),
            mapped=type_.startswith("map:"),
            sparse=type_.endswith("?"),
        )


@dataclass(frozen=True, slots=True)
class _Table:
    kinds: Mapping[str, str]
    messages: Mapping[str, Mapping[int, str]]


def decode(raw: bytes) -> Object:
    """The object in a body that starts with ``MAGIC``.

    Raises ``ApiError`` 400 for bytes that are no such message, and 415 for a kind that the table
    does not have.
    """
    try:
        return _decoded(raw)
    except _WireError as error:
        raise errors.bad_request(
            f"the body is no protobuf message of Kubernetes: {error}"
        ) from None


def _decoded(raw: bytes) -> Object:
    envelope = {number: value for number, _, value in _parts(raw[len(MAGIC) :])}
    about = _message(_bytes(envelope.get(_ENVELOPE["type"], b"")), _HEAD)
    api_version, kind = str(about.get("apiVersion", "")), str(about.get("kind", ""))
    if envelope.get(_ENVELOPE["encoding"]):
        raise _WireError("the object within is encoded in another way")
    message = _message_of(api_version, kind)
    thing = _message(_bytes(envelope.get(_ENVELOPE["raw"], b"")), _fields(message))
    return {"apiVersion": api_version, "kind": kind, **thing}


def _message_of(api_version: str, kind: str) -> str:
    table = _table()
    package = "meta.v1" if kind == _DELETE_OPTIONS else table.kinds.get(api_version, "")
    message = f"{package}.{kind}"
    if message not in table.messages:
        raise errors.unsupported_media_type(
            f"protobuf is not read for {kind} of {api_version} - accepted media types include:"
            " application/json, application/yaml"
        )
    return message


def _message(raw: bytes, fields: Mapping[int, _Field]) -> Object:
    """A message as JSON has it."""
    found: Object = {}
    for number, wire, value in _parts(raw):
        field = fields.get(number)
        if field is not None:
            _put(found, field, wire, value)
    return found


def _put(found: Object, field: _Field, wire: int, value: int | bytes) -> None:
    if field.inline:
        found.update(_value(field.type, wire, value))
    elif field.mapped:
        key, one = _entry(field.type, _bytes(value))
        found.setdefault(field.name, {})[key] = one
    elif field.repeated:
        found.setdefault(field.name, []).extend(_elements(field.type, wire, value))
    else:
        one = _value(field.type, wire, value)
        if one is None or (field.sparse and one in _DROPPED):
            found.pop(field.name, None)
        else:
            found[field.name] = one


def _entry(type_: str, raw: bytes) -> tuple[str, Any]:
    key, one = "", _EMPTY.get(type_, "")
    for number, wire, value in _parts(raw):
        if number == 1:
            key = _text(value)
        elif number == 2:
            one = _value(type_, wire, value)
    return key, one


def _elements(type_: str, wire: int, value: int | bytes) -> list[Any]:
    """One element, or several numbers that are packed into one."""
    if type_ in _NUMBERS and wire == _LENGTH:
        return [_value(type_, _VARINT, one) for one in _varints(_bytes(value))]
    return [_value(type_, wire, value)]


def _value(type_: str, wire: int, value: int | bytes) -> Any:
    if type_ in _NUMBERS:
        if wire != _VARINT or not isinstance(value, int):
            raise _WireError(f"{type_} is written as something else")
        return bool(value) if type_ == "bool" else _signed(value)
    if type_ == "double":
        if wire != _FIXED64:
            raise _WireError("double is written as something else")
        return struct.unpack("<d", _bytes(value))[0]
    if wire != _LENGTH:
        raise _WireError(f"{type_} is written as something else")
    read = _READERS.get(type_)
    return read(_bytes(value)) if read else _message(_bytes(value), _fields(type_))


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise _WireError("a text is not UTF-8") from None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _quantity(raw: bytes) -> str:
    return str(_message(raw, _QUANTITY).get("string", "0"))


def _int_or_string(raw: bytes) -> int | str:
    given = _message(raw, _INT_OR_STRING)
    return str(given.get("text", "")) if given.get("type") else int(given.get("number", 0))


def _raw(raw: bytes) -> Any:
    """JSON within a message."""
    text = next((value for number, _, value in _parts(raw) if number == 1), b"")
    if not text:
        return None
    try:
        return json.loads(_bytes(text))
    except (ValueError, RecursionError):
        raise _WireError("the JSON within is none") from None


def _strings(raw: bytes) -> list[str]:
    return [_text(value) for number, _, value in _parts(raw) if number == 1]


def _time(raw: bytes) -> str | None:
    at = _moment(raw)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _micro_time(raw: bytes) -> str | None:
    at = _moment(raw)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def _moment(raw: bytes) -> datetime | None:
    """The moment of a ``Timestamp``; None where it is not set, which is an empty message."""
    if not raw:
        return None
    given = _message(raw, _TIMESTAMP)
    seconds, nanos = given.get("seconds", 0), given.get("nanos", 0)
    try:
        at = _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
    except OverflowError:
        raise _WireError("a time is out of range") from None
    if at.year < 1000:
        raise _WireError("a time is out of range")
    return at


def _parts(raw: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """The fields of a message: number, wire type, value."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(raw, at)
            yield number, wire, value
            continue
        if wire == _LENGTH:
            length, at = _varint(raw, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise _WireError(f"field {number} is of the unknown wire type {wire}")
        if length > len(raw) - at:
            raise _WireError("it ends too early")
        yield number, wire, raw[at : at + length]
        at += length


def _varints(raw: bytes) -> Iterator[int]:
    at = 0
    while at < len(raw):
        value, at = _varint(raw, at)
        yield value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_LONGEST_VARINT):
        if at + index >= len(raw):
            raise _WireError("it ends too early")
        byte = raw[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + index + 1
    raise _WireError("a number is too long")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise _WireError("a number stands where a message does")
    return value


_NUMBERS = ("int", "bool")
_EMPTY: Mapping[str, Any] = {"quantity": "0"}
_HEAD = {1: _Field("apiVersion", "string"), 2: _Field("kind", "string")}
_QUANTITY = {1: _Field("string", "string")}
_TIMESTAMP = {1: _Field("seconds", "int"), 2: _Field("nanos", "int")}
_INT_OR_STRING = {
    1: _Field("type", "int"),
    2: _Field("number", "int"),
    3: _Field("text", "string"),
}
_READERS: Mapping[str, Callable[[bytes], Any]] = {
    "string": _text,
    "bytes": _base64,
    "quantity": _quantity,
    "intstr": _int_or_string,
    "raw": _raw,
    "strings": _strings,
    "time": _time,
    "microtime": _micro_time,
}


@lru_cache(maxsize=1)
def _table() -> _Table:
    text = files(_DATA).joinpath("protobuf.yaml").read_text(encoding="utf-8")
    return _Table(**yaml.load(text, Loader=yaml.CSafeLoader))


@cache
def _fields(message: str) -> Mapping[int, _Field]:
    return {number: _Field.of(text) for number, text in _table().messages[message].items()}
