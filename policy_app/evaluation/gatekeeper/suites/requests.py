"""What a case asks: a plain object as the audit sees it, or an AdmissionReview as it stands.

gator reads an AdmissionReview strictly, with the types of ``admission/v1``, whatever version the
document names, and fills nothing in: a request without a kind has none for Rego either.
Source: ``k8s.io/api/admission/v1`` and ``gator verify``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policy_app.evaluation.gatekeeper.errors import ReviewError
from policy_app.evaluation.gatekeeper.review import Review, is_admission_review
from policy_app.evaluation.gatekeeper.suites.errors import (
    NO_KIND,
    NO_REQUEST,
    NO_REVIEWED,
    NOT_A_REVIEW,
    SuiteError,
)

_EVERY_NAME = "*"
_KIND = {"group": str, "version": str, "kind": str}
_RESOURCE = {"group": str, "version": str, "resource": str}
_USER = {"username": str, "uid": str, "groups": [str], "extra": {_EVERY_NAME: [str]}}
# A type, a list of it, or an object with the shapes of its fields; None is free of any shape.
_SHAPE = {
    "apiVersion": str,
    "kind": str,
    "request": {
        "uid": str,
        "kind": _KIND,
        "resource": _RESOURCE,
        "subResource": str,
        "requestKind": _KIND,
        "requestResource": _RESOURCE,
        "requestSubResource": str,
        "name": str,
        "namespace": str,
        "operation": str,
        "userInfo": _USER,
        "object": None,
        "oldObject": None,
        "dryRun": bool,
        "options": None,
    },
    "response": None,
}
_NAMES = {str: "a string", bool: "true or false"}


def review_of(thing: Mapping[str, Any]) -> Review:
    """The review of an object file.  Raises ``SuiteError`` for a request that gator refuses."""
    if not is_admission_review(thing):
        return Review.audit(thing)
    _check(thing, _SHAPE, "")
    request = thing.get("request")
    if request is None:
        raise SuiteError(NO_REQUEST, "the AdmissionReview has no request")
    _check_kinds(request)
    try:
        review = Review.from_admission_review(thing)
    except ReviewError as error:
        raise SuiteError(NOT_A_REVIEW, error.message) from None
    return review if request.get("kind") else replace(review, kind=dict.fromkeys(_KIND, ""))


def _check_kinds(request: Mapping[str, Any]) -> None:
    given = {
        name: request[name] for name in ("object", "oldObject") if request.get(name) is not None
    }
    if not given:
        raise SuiteError(
            NO_REVIEWED, 'the AdmissionRequest contains neither "object" nor "oldObject"'
        )
    for name, thing in given.items():
        if not isinstance(thing, Mapping) or not thing.get("kind"):
            raise SuiteError(NO_KIND, f"Object 'Kind' is missing in request.{name}")


def _check(value: Any, shape: Any, path: str) -> None:
    if value is None or shape is None:
        return
    if isinstance(shape, dict):
        _check_fields(value, shape, path)
    elif isinstance(shape, list):
        for index, one in enumerate(_typed(value, list, path, "a list")):
            _check(one, shape[0], f"{path}[{index}]")
    else:
        _typed(value, shape, path, _NAMES[shape])


def _check_fields(value: Any, shape: Mapping[str, Any], path: str) -> None:
    for name, one in _typed(value, Mapping, path, "an object").items():
        place = f"{path}.{name}" if path else str(name)
        if name not in shape and _EVERY_NAME not in shape:
            fields = ", ".join(shape)
            raise SuiteError(NOT_A_REVIEW, f'unknown field "{place}"; the fields are {fields}')
        _check(one, shape.get(name, shape.get(_EVERY_NAME)), place)


def _typed(value: Any, kind: Any, path: str, wanted: str) -> Any:
    if not isinstance(value, kind):
        raise SuiteError(NOT_A_REVIEW, f"{path} must be {wanted}, but is {value!r}")
    return value
