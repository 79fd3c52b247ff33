"""Base64, hexadecimal and URL encodings."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote_plus, unquote_to_bytes, urlencode

from policy_app.evaluation.rego.builtins.core import (
    BuiltinError,
    Context,
    Family,
    operand_error,
)
from policy_app.evaluation.rego.builtins.text import from_bytes, utf8
from policy_app.evaluation.rego.values import Value, to_json

FAMILY = Family("encoding")

Encoder = Callable[[bytes], bytes]

_STANDARD = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_URL = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?")
_LINE_ENDS = str.maketrans("", "", "\r\n")


@FAMILY.builtin("base64.encode", "string", result="string", context=True)
def base64_encode(context: Context, text: str) -> str:
    """The text's bytes in base64, with padding."""
    return _encoded(context, text, base64.b64encode)


@FAMILY.builtin("base64url.encode", "string", result="string", context=True)
def base64url_encode(context: Context, text: str) -> str:
    """The text's bytes in the base64 of URLs, with padding."""
    return _encoded(context, text, base64.urlsafe_b64encode)


@FAMILY.builtin("base64url.encode_no_pad", "string", result="string", context=True)
def base64url_encode_no_pad(context: Context, text: str) -> str:
    """The text's bytes in the base64 of URLs, without padding."""
    return _encoded(context, text, base64.urlsafe_b64encode).rstrip("=")


def _encoded(context: Context, text: str, encode: Encoder) -> str:
    data = utf8(text)
    context.budget.charge_string(len(data) * 4 // 3 + 4)
    return encode(data).decode("ascii")


@FAMILY.builtin("base64.decode", "string", result="string")
def base64_decode(text: str) -> str:
    """The text behind base64."""
    return from_bytes(decode_base64(text))


def decode_base64(text: str) -> bytes:
    """The bytes behind base64; line ends are passed over."""
    return _decoded(text.translate(_LINE_ENDS), _STANDARD, b"+/")


def _decoded(text: str, pattern: re.Pattern[str], last_two: bytes) -> bytes:
    match = pattern.match(text)
    end = match.end() if match else 0
    if end != len(text):
        odd = re.compile(r"[^A-Za-z0-9" + re.escape(last_two.decode()) + "]").search(text, end)
        where = odd.start() if odd else len(text)
        raise BuiltinError(f"illegal base64 data at input byte {where}")
    return base64.b64decode(text, altchars=last_two)


@FAMILY.builtin("base64.is_valid", "string", result="boolean", checked=False)
def base64_is_valid(value: Value) -> bool:
    """Whether the value is base64."""
    return type(value) is str and _STANDARD.fullmatch(value.translate(_LINE_ENDS)) is not None


@FAMILY.builtin("base64url.decode", "string", result="string")
def base64url_decode(text: str) -> str:
    """The text behind the base64 of URLs, with or without padding."""
    return from_bytes(decode_base64url(text))


def decode_base64url(text: str) -> bytes:
    """The bytes behind the base64 of URLs."""
    if text.endswith("="):
        return _decoded(text.translate(_LINE_ENDS), _URL, b"-_")
    if len(text) % 4 == 1:
        raise BuiltinError(f"illegal base64url string: {text}")
    return _decoded(text + "=" * (-len(text) % 4), _URL, b"-_")


@FAMILY.builtin("hex.encode", "string", result="string", context=True)
def hex_encode(context: Context, text: str) -> str:
    """The text's bytes in hexadecimal digits."""
    data = utf8(text)
    context.budget.charge_string(2 * len(data))
    return data.hex()


@FAMILY.builtin("hex.decode", "string", result="string")
def hex_decode(text: str) -> str:
    """The text behind hexadecimal digits."""
    odd = re.search(r"[^0-9a-fA-F]", text)
    if odd is not None:
        code = ord(odd[0])
        raise BuiltinError(f"encoding/hex: invalid byte: U+{code:04X} '{odd[0]}'")
    if len(text) % 2:
        raise BuiltinError("encoding/hex: odd length hex string")
    return from_bytes(bytes.fromhex(text))


@FAMILY.builtin("urlquery.encode", "string", result="string", context=True)
def url_encode(context: Context, text: str) -> str:
    """The text as a part of a URL's query."""
    data = utf8(text)
    context.budget.charge_string(3 * len(data))
    return quote_plus(data, safe="")


@FAMILY.builtin("urlquery.decode", "string", result="string")
def url_decode(text: str) -> str:
    """The text that a part of a URL's query stands for."""
    odd = re.search(r"%(?![0-9a-fA-F]{2})", text)
    if odd is not None:
        raise BuiltinError(f'invalid URL escape "{text[odd.start() : odd.start() + 3]}"')
    return from_bytes(unquote_to_bytes(utf8(text.replace("+", " "))))


def _texts(value: Value) -> Iterable[str]:
    members = [value] if type(value) is str else value
    if type(members) is not list or not all(type(member) is str for member in members):
        raise operand_error(1, "values must be string, array[string], or set[string]")
    return members


@FAMILY.builtin(
    "urlquery.encode_object",
    "object[string:string|array[string]|set[string]]",
    result="string",
    context=True,
)
def url_encode_object(context: Context, query: dict[Value, Value]) -> str:
    """The object as a URL's query, in the order of its keys."""
    plain = to_json(query)
    pairs = [(key, text) for key in sorted(plain) for text in _texts(plain[key])]
    context.budget.charge_string(sum(3 * (len(key) + len(text)) + 2 for key, text in pairs))
    return urlencode([(utf8(key), utf8(text)) for key, text in pairs])


@FAMILY.builtin(
    "urlquery.decode_object", "string", result="object[string:array[string]]", context=True
)
def url_decode_object(context: Context, query: str) -> dict[str, list[str]]:
    """A URL's query as an object: each name with all its values."""
    found: dict[str, list[str]] = {}
    context.budget.charge_elements(query.count("&") + 1)
    for part in query.split("&"):
        context.budget.check_deadline()
        if ";" in part:
            raise BuiltinError("invalid semicolon separator in query")
        if part:
            name, _, value = part.partition("=")
            found.setdefault(url_decode(name), []).append(url_decode(value))
    return found
