"""The built-in kinds, read from ``data/kinds.yaml``: which kinds there are is data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from policy_app.apimachinery.kinds import VERBS, Column, Kind, Kinds, Subresource

_DATA = "policy_app.apimachinery.data"

_NAME = Column("Name", ".metadata.name", format="name")
_AGE = Column("Age", "age")


@lru_cache(maxsize=16)
def kinds(minor: str) -> Kinds:
    """The kinds of a version of Kubernetes, ``1.32``."""
    wanted = _number(minor)
    rows = [row for row in _rows() if _number(str(row.get("since", "1.0"))) <= wanted]
    kept = [row for row in rows if wanted <= _number(str(row.get("until", "1.999")))]
    return Kinds(tuple(map(_kind, kept)))


@lru_cache(maxsize=1)
def _rows() -> list[Mapping[str, Any]]:
    text = files(_DATA).joinpath("kinds.yaml").read_text(encoding="utf-8")
    rows: list[Mapping[str, Any]] = yaml.load(text, Loader=yaml.CSafeLoader)["kinds"]
    return rows


def _kind(row: Mapping[str, Any]) -> Kind:
    group, _, version = row["apiVersion"].rpartition("/")
    name = row["kind"]
    return Kind(
        group=group,
        version=version,
        kind=name,
        plural=row["plural"],
        singular=name.lower(),
        namespaced=row.get("namespaced", True),
        short_names=tuple(row.get("shortNames", ())),
        categories=tuple(row.get("categories", ())),
        verbs=tuple(row.get("verbs", VERBS)),
        subresources=tuple(_subresource(row, one) for one in row.get("subresources", ())),
        columns=_columns(row),
        stored=row.get("stored", True),
    )


def _columns(row: Mapping[str, Any]) -> tuple[Column, ...]:
    """Name first and Age last, unless the row says otherwise; ``__age__`` puts Age elsewhere.

    Columns of ``-o wide`` come behind these, or are ``{wide: source}`` where they stand between.
    """
    own = [
        _AGE if name == "__age__" else _column(name, source)
        for name, source in row.get("columns", {}).items()
    ]
    first = [_NAME] if row.get("name", True) else []
    last = [_AGE] if row.get("age", True) and _AGE not in own else []
    wide = [Column(name, source, priority=1) for name, source in row.get("wide", {}).items()]
    return (*first, *own, *last, *wide)


def _column(name: str, source: str | Mapping[str, str]) -> Column:
    if isinstance(source, str):
        return Column(name, source)
    return Column(name, source["wide"], priority=1)


def _subresource(row: Mapping[str, Any], given: Any) -> Subresource:
    """``status`` alone, or ``{name, kind, apiVersion, verbs}`` where it differs from its kind's."""
    one: Mapping[str, Any] = {"name": given} if isinstance(given, str) else given
    group, _, version = one.get("apiVersion", row["apiVersion"]).rpartition("/")
    verbs = tuple(one.get("verbs", ("get", "patch", "update")))
    return Subresource(one["name"], one.get("kind", row["kind"]), group, version, verbs)


def _number(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split("."))
