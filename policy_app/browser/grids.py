"""Data grids: sortable columns and pages whose state is in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50
PART = "components/results_part.html"
"""What htmx is answered when filters, the order or the page change; ``grid`` names the template."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``fields`` are what it sorts by, none where it does not sort."""

    name: str
    label: str
    fields: tuple[str, ...] = ()
    css: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """A column's head as components/sort_header.html draws it."""

    name: str
    label: str
    css: str
    sort: str
    aria_sort: str
    url: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """The column that the URL asks for (``sort=-category``), or the one of the default."""

    columns: Sequence[Column]
    name: str
    descending: bool
    default: str
    """The order that the URL need not say."""

    @property
    def value(self) -> str:
        """What the URL says of it."""
        value = f"-{self.name}" if self.descending else self.name
        return "" if value == self.default else value

    @classmethod
    def of(cls, request: HttpRequest, columns: Sequence[Column], default: str = "") -> Sorting:
        """Read ``sort``; a column that is not there or does not sort is passed over.

        ``default`` is in force where none is asked for: the first column that sorts, unless said.
        """
        names = [column.name for column in columns if column.fields]
        asked = request.GET.get("sort", "")
        default = default or names[0]
        wanted = asked if asked.removeprefix("-") in names else default
        return cls(columns, wanted.removeprefix("-"), wanted.startswith("-"), default)

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Sort, with the primary key last so that pages never overlap."""
        fields = next(column.fields for column in self.columns if column.name == self.name)
        sign = "-" if self.descending else ""
        return rows.order_by(*(sign + field for field in fields), "pk")

    def headers(self, request: HttpRequest) -> list[Header]:
        """Every head with the address that sorts by it, or turns the order round."""
        return [self._header(request, column) for column in self.columns]

    def _header(self, request: HttpRequest, column: Column) -> Header:
        if not column.fields:
            return Header(column.name, column.label, column.css, "", "", "")
        current = column.name == self.name
        order = ("descending" if self.descending else "ascending") if current else ""
        wanted = f"-{column.name}" if order == "ascending" else column.name
        query = request.GET.copy()
        query.pop("page", None)
        query["sort"] = wanted
        return Header(column.name, column.label, column.css, wanted, order, f"?{query.urlencode()}")


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any]) -> Page[Any]:
    """The page that the URL asks for; the nearest one where there is no such page."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
