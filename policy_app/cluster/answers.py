"""Answers in the forms that clients ask for: objects, lists, Tables, Status, with warnings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from policy_app.apimachinery import tables
from policy_app.apimachinery.errors import ApiError
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import Object
from policy_app.services.cluster.reads import Page

# One header line is bounded by servers and proxies on the way; the message is cut, not lost.
_LONGEST_WARNING = 4_000
_PARTIAL, _META = "PartialObjectMetadata", "meta.k8s.io/v1"
_write = json.JSONEncoder(separators=(",", ":")).encode


def answer(
    value: Mapping[str, Any], code: int = 200, *, warnings: Iterable[str] = ()
) -> HttpResponse:
    """JSON with a code, and one ``Warning`` header for all warnings."""
    response = HttpResponse(_write(value), status=code, content_type="application/json")
    told = ", ".join(f'299 - "{_escaped(one)}"' for one in dict.fromkeys(warnings))
    if told:
        response["Warning"] = told
    return response


def refusal(error: ApiError) -> HttpResponse:
    """The Status of an error; a client that asks too much is told when to ask again."""
    response = answer(error.to_status(), error.code, warnings=error.warnings)
    if error.code == 401:
        response["WWW-Authenticate"] = 'Basic realm="policy-portal"'
    if error.code == 429:
        response["Retry-After"] = str(error.details.get("retryAfterSeconds", 1))
    return response


def as_table(request: HttpRequest) -> tuple[str, str] | None:
    """``(version, includeObject)`` where the client prefers a Table of ``meta.k8s.io``."""
    for part in request.headers.get("Accept", "").split(","):
        words = dict(
            word.strip().partition("=")[::2] for word in part.split(";")[1:] if "=" in word
        )
        if words.get("as") == "Table" and words.get("g") == "meta.k8s.io":
            return words.get("v", "v1"), request.GET.get("includeObject", "Metadata")
        if part.strip().startswith(("application/json", "*/*")):
            return None
    return None


def as_metadata(request: HttpRequest) -> bool:
    """Whether the client takes nothing but metadata: ``PartialObjectMetadata`` of objects."""
    first = request.headers.get("Accept", "").split(",")[0]
    words = {word.strip() for word in first.split(";")}
    return bool(words & {f"as={_PARTIAL}", f"as={_PARTIAL}List"}) and "v=v1" in words


def one(request: HttpRequest, kind: Kind, thing: Object) -> HttpResponse:
    """One object, or the Table of one row."""
    if as_metadata(request):
        return answer(_partial(thing))
    wanted = as_table(request)
    return answer(thing if wanted is None else table(kind, [thing], wanted))


def several(request: HttpRequest, kind: Kind, page: Page) -> HttpResponse:
    """A list, or its Table."""
    metadata: dict[str, Any] = {"resourceVersion": str(page.revision)}
    if page.token:
        metadata["continue"] = page.token
    if page.remaining:
        metadata["remainingItemCount"] = page.remaining
    wanted = as_table(request)
    if wanted is not None:
        return answer(table(kind, page.objects, wanted) | {"metadata": metadata})
    if as_metadata(request):
        head = {"kind": f"{_PARTIAL}List", "apiVersion": _META, "metadata": metadata}
        return answer({**head, "items": [_partial(one) for one in page.objects]})
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata}
    return answer({**head, "items": page.objects})


def table(kind: Kind, objects: list[Object], wanted: tuple[str, str]) -> Object:
    """The Table of some objects, in the version and with the objects that were asked for."""
    version, include = wanted
    made = tables.table(kind, objects, include=include)
    return {**made, "apiVersion": f"meta.k8s.io/{version}"}


def _partial(thing: Object) -> Object:
    return {"kind": _PARTIAL, "apiVersion": _META, "metadata": thing["metadata"]}


def _escaped(text: str) -> str:
    """A warning as a quoted string of RFC 7234: one line, within a header's length.

    Its UTF-8 travels as the Latin-1 characters that Django writes byte by byte.
    """
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return plain[:_LONGEST_WARNING].encode("utf-8", "replace").decode("latin-1")
