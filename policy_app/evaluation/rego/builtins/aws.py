"""Signing requests to AWS (Signature Version 4): all that it depends on are the operands."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from policy_app.evaluation.rego.builtins.core import (
    Context,
    Family,
    operand_error,
    operand_type_error,
)
from policy_app.evaluation.rego.builtins.documents import go_json
from policy_app.evaluation.rego.builtins.text import utf8
from policy_app.evaluation.rego.builtins.uris import parts
from policy_app.evaluation.rego.values import RegoSet, Value, render, weigh

FAMILY = Family("aws")

_REQUIRED = ("aws_service", "aws_access_key", "aws_secret_access_key", "aws_region")
_NOT_SIGNED = frozenset({"authorization", "user-agent", "x-amzn-trace-id"})
_HASHED_BODIES = frozenset({"s3", "glacier"})
_UNSIGNED = "UNSIGNED-PAYLOAD"
_TLS_FILES = ("tls_ca_cert", "tls_client_cert", "tls_client_key")
_REQUEST_KEYS = frozenset(
    {
        *("method", "url", "body", "raw_body", "headers", "timeout", "raise_error"),
        *("enable_redirect", "force_json_decode", "force_yaml_decode", "max_retry_attempts"),
        *("cache", "force_cache", "force_cache_duration_seconds", "caching_mode"),
        *("cache_ignored_headers", "tls_use_system_certs", "tls_insecure_skip_verify"),
        *("tls_server_name", *_TLS_FILES),
        *(f"{name}{suffix}" for name in _TLS_FILES for suffix in ("_file", "_env_variable")),
    }
)
"""What OPA's ``http.send`` takes."""

Object = dict[Value, Value]


@dataclass(frozen=True, slots=True)
class _Signer:
    """Who signs, for which service, and when."""

    service: str
    region: str
    access_key: str
    secret: str
    token: str
    when: datetime

    @property
    def scope(self) -> str:
        return f"{self.when:%Y%m%d}/{self.region}/{self.service}/aws4_request"

    def signature(self, text: str) -> str:
        key = utf8(f"AWS4{self.secret}")
        for part in (f"{self.when:%Y%m%d}", self.region, self.service, "aws4_request"):
            key = _mac(key, part)
        return _mac(key, text).hex()


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, utf8(text), "sha256").digest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@FAMILY.builtin(
    "providers.aws.sign_req",
    *("object[string:any]", "object[string:any]", "number"),
    result="object[any:any]",
    context=True,
)
def sign_req(context: Context, request: Object, config: Object, time_ns: Value) -> Object:
    """The request with the headers that sign it, as of a point in time."""
    signer = _signer(config, time_ns)
    given = _headers(request)
    body = _body(context, request)
    signed_body = _sha256(body)
    if config.get("disable_payload_signing") and signer.service in _HASHED_BODIES:
        signed_body = _UNSIGNED
    url: str = request["url"]
    ours = {"host": urlsplit(url).netloc.rpartition("@")[2], "x-amz-date": _stamp(signer.when)}
    if signer.service in _HASHED_BODIES:
        ours["x-amz-content-sha256"] = signed_body
    if signer.token:
        ours["x-amz-security-token"] = signer.token
    authorization = _authorization(signer, request["method"], url, {**ours}, given, signed_body)
    headers = {**given, "Authorization": authorization, **ours}
    context.budget.charge_elements(len(headers) + len(request) + 1)
    return {**request, "headers": headers}


def _stamp(when: datetime) -> str:
    return f"{when:%Y%m%dT%H%M%SZ}"


def _authorization(
    signer: _Signer,
    method: str,
    url: str,
    signed: dict[str, str],
    given: dict[str, str],
    body: str,
) -> str:
    signed |= {
        name.lower(): value for name, value in given.items() if name.lower() not in _NOT_SIGNED
    }
    names = sorted(signed)
    found = urlsplit(url)
    canonical = "\n".join(
        [
            method,
            _escaped_path(url),
            found.query,
            *(f"{name}:{signed[name]}" for name in names),
            "",
            ";".join(names),
            body,
        ]
    )
    text = "\n".join(
        ["AWS4-HMAC-SHA256", _stamp(signer.when), signer.scope, _sha256(utf8(canonical))]
    )
    credential = f"{signer.access_key}/{signer.scope}"
    signature = signer.signature(text)
    return (
        f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={';'.join(names)},"
        f"Signature={signature}"
    )


def _escaped_path(url: str) -> str:
    """The path as Go's ``EscapedPath`` gives it: as it was written where that is well-formed."""
    found = parts(url)
    raw = found.get("raw_path", "")
    return raw if raw != found.get("path") else quote(utf8(raw), safe="$&+,/:;=@")


# Operands ---------------------------------------------------------------------------------------


def _signer(config: Object, time_ns: Value) -> _Signer:
    missing = [name for name in _REQUIRED if name not in config]
    if missing:
        shown = render(RegoSet.of(missing))
        raise operand_error(2, f"missing required AWS config parameters(s): {shown}")
    wrong = [name for name in _REQUIRED if type(config[name]) is not str]
    if wrong:
        shown = render(RegoSet.of(wrong))
        raise operand_error(2, f"invalid values for required AWS config parameters(s): {shown}")
    if type(config.get("disable_payload_signing", False)) is not bool:
        raise operand_error(2, "invalid value for 'disable_payload_signing' in AWS config")
    if type(time_ns) is not int or not -(1 << 63) <= time_ns < 1 << 63:
        raise operand_error(3, "could not convert time_ns value into a unix timestamp")
    token = config.get("aws_session_token", "")
    service, access_key, secret, region = (config[name] for name in _REQUIRED)
    when = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return _Signer(service, region, access_key, secret, token if type(token) is str else "", when)


def _headers(request: Object) -> dict[str, str]:
    """The request's headers; raises ``BuiltinError`` where the request is none."""
    odd = [key for key in request if key not in _REQUEST_KEYS]
    if odd:
        raise operand_error(1, f"invalid request parameters(s): {render(RegoSet.of(odd))}")
    missing = [name for name in ("method", "url") if name not in request]
    if missing:
        shown = render(RegoSet.of(missing))
        raise operand_error(1, f"missing required request parameters(s): {shown}")
    wrong = [name for name in ("method", "url") if type(request[name]) is not str]
    if wrong:
        shown = render(RegoSet.of(wrong))
        raise operand_error(1, f"invalid values for required request parameters(s): {shown}")
    headers = request.get("headers", {})
    if type(headers) is not dict:
        raise operand_type_error(1, headers, "object")
    return {
        name if type(name) is str else "": value if type(value) is str else ""
        for name, value in headers.items()
    }


def _body(context: Context, request: Object) -> bytes:
    if "raw_body" in request:
        raw = request["raw_body"]
        return utf8(raw) if type(raw) is str else b""
    if "body" in request:
        context.budget.charge_string(weigh(request["body"]))
        return utf8(go_json(request["body"]))
    return b""
