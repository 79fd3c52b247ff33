"""JSON Web Tokens (RFC 7519): reading, verifying and signing them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from policy_app.evaluation.rego.builtins.core import BuiltinError, Context, Family, Function
from policy_app.evaluation.rego.builtins.documents import go_json, read_json
from policy_app.evaluation.rego.builtins.encoding import decode_base64url
from policy_app.evaluation.rego.builtins.keys import (
    ALGORITHMS,
    SecretKey,
    TokenKey,
    base64url,
    read_keys,
    signing_key,
)
from policy_app.evaluation.rego.builtins.signatures import sign, verify
from policy_app.evaluation.rego.builtins.text import from_bytes, utf8
from policy_app.evaluation.rego.values import Value, compare

FAMILY = Family("tokens")

_SECRET_ALGORITHMS = ("HS256", "HS384", "HS512")
_NESTED_AT_MOST = 16

Object = dict[Value, Value]


@dataclass(frozen=True, slots=True)
class _Token:
    """The three parts of a token, still encoded."""

    header: str
    payload: str
    signature: str

    @property
    def signed(self) -> bytes:
        """What the signature signs."""
        return utf8(f"{self.header}.{self.payload}")


def _split(text: str) -> _Token:
    if "." not in text:
        raise BuiltinError("encoded JWT had no period separators")
    sections = text.split(".")
    if len(sections) != 3:
        raise BuiltinError(f"encoded JWT must have 3 sections, found {len(sections)}")
    return _Token(*sections)


def _bytes(part: str, what: str) -> bytes:
    try:
        return decode_base64url(part)
    except BuiltinError as error:
        raise BuiltinError(f"JWT {what} had invalid encoding: {error.message}") from None


def _object(context: Context, part: bytes) -> Object:
    value = read_json(context.budget, from_bytes(part))
    if type(value) is not dict:
        raise BuiltinError("decoded JSON is not an object")
    return value


def _header(context: Context, token: _Token) -> Object:
    header = _object(context, _bytes(token.header, "header"))
    if "enc" in header:
        raise BuiltinError("JWT is a JWE object, which is not supported")
    return header


def _checked_header(context: Context, token: _Token) -> Object:
    """The header; raises ``BuiltinError`` where a registered parameter has a wrong type."""
    header = _header(context, token)
    for name in ("alg", "kid", "typ", "cty"):
        if name in header and type(header[name]) is not str:
            raise BuiltinError(f"{name}: must be a string")
    critical = header.get("crit")
    if "crit" in header and (type(critical) is not list or not critical):
        raise BuiltinError("crit: must be a nonempty list")
    return header


@FAMILY.builtin("io.jwt.decode", "string", result="array[any]", context=True)
def decode(context: Context, text: str) -> list[Value]:
    """A token's header, its payload and its signature in hexadecimal, nothing verified."""
    for _ in range(_NESTED_AT_MOST):
        token = _split(text)
        header = _header(context, token)
        payload = _bytes(token.payload, "payload")
        if header.get("cty") != "JWT":
            return [
                header,
                _object(context, payload),
                _bytes(token.signature, "signature").hex(),
            ]
        text = from_bytes(payload).strip("\"'")
    raise BuiltinError("a JWT holds too many others")


def _secret_verifier(algorithm: str) -> Function:
    def check(text: str, secret: str) -> bool:
        token = _split(text)
        signature = _bytes(token.signature, "signature")
        return verify(algorithm, SecretKey(utf8(secret)), token.signed, signature)

    return check


def _key_verifier(algorithm: str) -> Function:
    def check(context: Context, text: str, keys: str) -> bool:
        token = _split(text)
        candidates = read_keys(keys)
        signature = _bytes(token.signature, "signature")
        header = _checked_header(context, token)
        # A function that names its algorithm checks by it, whatever the header says.
        return any(
            verify(algorithm, key.key, token.signed, signature)
            for key in _fitting(context, candidates, header)
        )

    return check


def _fitting(context: Context, keys: list[TokenKey], header: Object) -> Iterator[TokenKey]:
    """The keys to try: the one that the header names, else all not meant for another algorithm."""
    name = header.get("kid")
    named = [key for key in keys if name and key.kid == name]
    for key in named[:1] or keys:
        context.budget.check_deadline()
        if named or not key.alg or key.alg == header.get("alg"):
            yield key


for _algorithm in _SECRET_ALGORITHMS:
    FAMILY.builtin(
        f"io.jwt.verify_{_algorithm.lower()}",
        *("string", "string"),
        result="boolean",
        summary=f"Whether a token is signed by {_algorithm} with this secret.",
    )(_secret_verifier(_algorithm))
for _algorithm in sorted(ALGORITHMS.difference(_SECRET_ALGORITHMS)):
    FAMILY.builtin(
        f"io.jwt.verify_{_algorithm.lower()}",
        *("string", "string"),
        result="boolean",
        context=True,
        summary=f"Whether a token is signed by {_algorithm}; keys are PEM or JSON Web Keys.",
    )(_key_verifier(_algorithm))


@dataclass(slots=True)
class _Constraints:
    """What ``io.jwt.decode_verify`` asks of a token; empty texts ask for nothing."""

    time_ns: Value
    keys: list[TokenKey] = field(default_factory=list)
    secret: str = ""
    alg: str = ""
    iss: str = ""
    aud: str = ""


def _constraints(context: Context, given: Object) -> _Constraints:
    found = _Constraints(context.now_ns)
    for name, value in given.items():
        if name == "time":
            found.time_ns = _time(value)
        elif name not in ("cert", "secret", "alg", "iss", "aud"):
            raise BuiltinError(f"unknown token validation constraint: {name}")
        elif type(value) is not str:
            raise BuiltinError(f"{name} constraint: must be a string")
        elif name == "cert":
            found.keys = read_keys(value)
        else:
            setattr(found, name, value)
    if found.secret and "cert" in given:
        raise BuiltinError("duplicate key constraints")
    if not found.secret and "cert" not in given:
        raise BuiltinError("no key constraint")
    return found


def _time(value: Value) -> Value:
    if type(value) not in (int, float):
        raise BuiltinError("token time constraint: must be a number")
    if value < 0:
        raise BuiltinError("token time constraint: must not be negative")
    return value


@FAMILY.builtin(
    "io.jwt.decode_verify", "string", "object[string:any]", result="array[any]", context=True
)
def decode_verify(context: Context, text: str, given: Object) -> list[Value]:
    """``[true, header, payload]`` for a token that meets all constraints."""
    constraints = _constraints(context, given)
    for _ in range(_NESTED_AT_MOST):
        token = _split(text)
        header = _checked_header(context, token)
        if not _signed(context, token, header, constraints):
            return [False, {}, {}]
        payload = _bytes(token.payload, "payload")
        if header.get("cty", "").upper() != "JWT":
            claims = _object(context, payload)
            fits = _claims_fit(claims, constraints)
            return [True, header, claims] if fits else [False, {}, {}]
        text = from_bytes(payload)
    raise BuiltinError("a JWT holds too many others")


def _signed(context: Context, token: _Token, header: Object, constraints: _Constraints) -> bool:
    algorithm = header.get("alg", "")
    if not algorithm or not _understood(header):
        return False
    if constraints.alg not in ("", algorithm):
        return False
    signature = _bytes(token.signature, "signature")
    if constraints.secret:
        return verify(algorithm, SecretKey(utf8(constraints.secret)), token.signed, signature)
    return any(
        verify(algorithm, key.key, token.signed, signature)
        for key in _fitting(context, constraints.keys, header)
    )


def _understood(header: Object) -> bool:
    """Whether nothing is critical that is not known here (RFC 7515, section 4.1.11)."""
    known = ("alg", "kid", "typ", "cty", "crit")
    return all(
        name not in header or name in known for name in header.get("crit", ()) if type(name) is str
    )


def _claims_fit(claims: Object, constraints: _Constraints) -> bool:
    if constraints.iss and claims.get("iss") != constraints.iss:
        return False
    audience = claims.get("aud", "")
    if constraints.aud not in (audience if type(audience) is list else [audience]):
        return False
    return _in_time(claims, constraints)


def _in_time(claims: Object, constraints: _Constraints) -> bool:
    now = constraints.time_ns / 1_000_000_000
    for name, order in (("exp", -1), ("nbf", 1)):
        claim = claims.get(name)
        if claim is None:
            continue
        if type(claim) not in (int, float):
            raise BuiltinError(f"{name} value must be a number")
        side = compare(now, claim)
        if side != order and not (name == "nbf" and side == 0):
            return False
    return True


@FAMILY.builtin(
    "io.jwt.encode_sign",
    *("object[string:any]", "object[string:any]", "object[string:any]"),
    result="string",
    context=True,
)
def encode_sign(context: Context, header: Object, payload: Object, key: Object) -> str:
    """A token with this header and payload, signed with a JSON Web Key."""
    return _sign(context, utf8(go_json(header)), utf8(go_json(payload)), go_json(key))


@FAMILY.builtin(
    "io.jwt.encode_sign_raw", "string", "string", "string", result="string", context=True
)
def encode_sign_raw(context: Context, header: str, payload: str, key: str) -> str:
    """A token made of JSON texts, signed with a JSON Web Key given as JSON text."""
    return _sign(context, utf8(header), utf8(payload), key)


def _sign(context: Context, header: bytes, payload: bytes, jwk: str) -> str:
    key = signing_key(jwk)
    fields = _object(context, header)
    algorithm, kind = fields.get("alg"), fields.get("typ")
    if type(algorithm) is not str:
        raise BuiltinError("missing or invalid 'alg' header")
    if algorithm not in ALGORITHMS:
        raise BuiltinError(f"unknown JWS algorithm: {algorithm}")
    if (type(kind) is not str or kind == "JWT") and not _is_json(payload):
        raise BuiltinError("type is JWT but payload is not JSON")
    signed = f"{base64url(header)}.{base64url(payload)}"
    context.budget.charge_string(len(signed))
    return f"{signed}.{base64url(sign(algorithm, key, utf8(signed)))}"


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
