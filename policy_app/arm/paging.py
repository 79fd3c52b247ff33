"""Lists in pages: ``$top``, ``$skiptoken``, and an absolute ``nextLink``.

The token holds the last row's primary key and not an offset, so that no row is left out or shown
twice when others come and go between two pages.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from policy_app.services.errors import PolicyError
from policy_app.services.scopes import normal_id

PAGE_SIZE = 500
"""Azure's documented default, and the most that one page holds whatever ``$top`` says."""

Row = TypeVar("Row", bound=Model)
_TOP = re.compile(r"[1-9]\d{0,8}")
_TOKEN = re.compile(r"after:(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows to show, and where the next ones are (empty at the end)."""

    rows: list[Row]
    next_link: str

    def body(self, shapes: list[dict[str, Any]]) -> dict[str, Any]:
        """ARM's list envelope around the rows' shapes."""
        return {"value": shapes, **({"nextLink": self.next_link} if self.next_link else {})}


def paginate(request: Request, rows: QuerySet[Row]) -> Page[Row]:
    """One page of ``rows``, by primary key."""
    size = _size(request.query_params.get("$top"))
    after = _after(request.query_params.get("$skiptoken"))
    found = list(rows.order_by("pk").filter(pk__gt=after)[: size + 1])
    if len(found) <= size:
        return Page(found, "")
    return Page(found[:size], next_link(request, f"after:{found[size - 1].pk}"))


def listed(request: Request, shapes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """ARM's list envelope around one page of what is at hand; its token counts from the start."""
    size = _size(request.query_params.get("$top"))
    after = _after(request.query_params.get("$skiptoken"))
    until = after + size
    more = {"nextLink": next_link(request, f"after:{until}")} if until < len(shapes) else {}
    return {"value": list(shapes[after:until]), **more}


def _size(given: str | None) -> int:
    if given is None:
        return PAGE_SIZE
    if not _TOP.fullmatch(given):
        raise _wrong("$top", f"is '{given}'; it must be a whole number from 1.")
    return min(int(given), PAGE_SIZE)


def _after(token: str | None) -> int:
    if token is None:
        return 0
    found = _TOKEN.fullmatch(token_text(token))
    if found is None:
        raise _wrong("$skiptoken", f"'{token}' is none of the portal's; follow nextLink as it is.")
    return int(found[1])


def token_text(token: str) -> str:
    """What a ``$skiptoken`` says; nothing where it is none of the portal's."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        return ""


def next_link(request: Request, text: str) -> str:
    """The address of the next page, with every option of this one; its token says ``text``.

    Never by joining URLs: a path that starts with two slashes would become a host.
    """
    token = base64.urlsafe_b64encode(text.encode()).decode()
    query = {**request.query_params.dict(), "$skiptoken": token}
    path = quote(normal_id(request.path))
    return f"{request.scheme}://{request.get_host()}{path}?{urlencode(query, safe='$')}"


def _wrong(name: str, what: str) -> PolicyError:
    return PolicyError("InvalidQueryParameter", f"The query parameter {name} {what}", target=name)
