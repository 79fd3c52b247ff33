"""Request bodies: JSON, YAML or protobuf, within bounds, as one value."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from policy_app.apimachinery import decoding, errors, protobuf
from policy_app.evaluation import manifests
from policy_app.services.cluster.writes import Patch

LONGEST = 3 * 1024 * 1024
"""Bytes of one request, as an API server allows."""
_DEEPEST = 200
_PROTOBUF = "application/vnd.kubernetes.protobuf"
_YAML = ("application/yaml", "application/apply-patch+yaml")
_PATCHES = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}


def content_type(request: HttpRequest) -> str:
    """The type without its parameters; clients that name none send JSON."""
    return (request.content_type or "application/json").lower()


def read(request: HttpRequest) -> Any:
    """The body's value, None for an empty body.  Raises ``ApiError`` 400, 413 or 415."""
    return _value(request, _NOTING)


def read_plain(request: HttpRequest) -> Any:
    """The same for who does not mind names that stand twice, in half the time."""
    return _value(request, _PLAIN)


def _value(request: HttpRequest, decoder: json.JSONDecoder) -> Any:
    raw = _raw(request)
    if not raw or raw.isspace():
        return None
    form = content_type(request)
    if form == _PROTOBUF:
        return _protobuf(raw)
    value = _yaml(raw) if form in _YAML else _json(raw, decoder)
    # JSON is no deeper than it has brackets, which are counted a hundred times faster.
    if form in _YAML or raw.count(b"{") + raw.count(b"[") > _DEEPEST:
        _check_depth(value)
    return value


def read_patch(request: HttpRequest) -> Patch:
    """A patch in the form that its type names.  Raises ``ApiError`` 400, 413 or 415."""
    form = _PATCHES.get(content_type(request))
    if form is None:
        accepted = ", ".join(_PATCHES)
        raise errors.unsupported_media_type(
            "the body of the request was in an unknown format - accepted media types include:"
            f" {accepted}"
        )
    content = read(request)
    if content is None:
        raise errors.bad_request("the body of the request is empty")
    return Patch(form, content)


def _raw(request: HttpRequest) -> bytes:
    try:
        length = int(request.headers.get("Content-Length") or 0)
        if length > LONGEST:
            raise errors.too_large(LONGEST)
        body = request.body
    except ValueError:
        raise errors.bad_request("the Content-Length header is no number") from None
    except RequestDataTooBig:
        raise errors.too_large(LONGEST) from None
    except (UnreadablePostError, RawPostDataException):
        raise errors.bad_request("the body ended before it was complete") from None
    if len(body) > LONGEST:
        raise errors.too_large(LONGEST)
    return body


def _protobuf(raw: bytes) -> Any:
    if not raw.startswith(protobuf.MAGIC):
        raise errors.bad_request("the body does not start as a protobuf message of Kubernetes does")
    value = protobuf.decode(raw)
    _check_depth(value)
    return value


def _json(raw: bytes, decoder: json.JSONDecoder) -> Any:
    try:
        return decoder.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise errors.bad_request(f"the body is no JSON: {error}") from None


def _yaml(raw: bytes) -> Any:
    """What is sent as YAML is mostly JSON, which is read faster by its own parser."""
    if raw.lstrip().startswith(b"{"):
        try:
            return _json(raw, _NOTING)
        except errors.ApiError:
            pass
    file = manifests.load("body", raw.decode("utf-8", "replace"))
    if file.problems:
        raise errors.bad_request(f"the body is no YAML: {file.problems[0].message}")
    if len(file.documents) != 1:
        raise errors.bad_request("the body must hold one YAML document")
    return file.documents[0].object


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise _too_deep()
    if isinstance(value, dict):
        for one in value.values():
            _check_depth(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _check_depth(one, depth + 1)


def _too_deep() -> errors.ApiError:
    return errors.bad_request(f"the body is nested deeper than {_DEEPEST} levels")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


# Putting a decoder together takes as long as reading a small object.
_PLAIN = json.JSONDecoder(parse_constant=_no_constant)
_NOTING = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=decoding.object_of_pairs)
