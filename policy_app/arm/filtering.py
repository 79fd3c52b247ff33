"""``$filter`` on lists of things at scopes: the fields and functions that Azure's lists share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from policy_app.arm.odata import Columns, parse_filter, to_q
from policy_app.models import Scope

Row = TypeVar("Row", bound=Model)


def filtered(request: Request, rows: QuerySet[Row], columns: Columns) -> QuerySet[Row]:
    """The rows that the request's ``$filter`` leaves.  Raises ``ODataError``."""
    text = request.query_params.get("$filter", "")
    return rows.filter(to_q(parse_filter(text, columns.expected), columns, text))


def at_scope(scope: Scope) -> Mapping[str, Callable[[], Q]]:
    """``atScope()`` leaves out what is below the scope, ``atExactScope()`` what is above as well.

    Source: the operations' ``$filter`` in Azure's policy REST reference.
    """
    return {
        "atScope": lambda: Q(scope_id__in=scope.lineage),
        "atExactScope": lambda: Q(scope=scope),
    }
