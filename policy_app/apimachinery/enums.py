"""Fields that take certain words alone: which words, and what Go calls the type.

Published schemas do not say so; ``data/enums.yaml`` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

_DATA = "policy_app.apimachinery.data"


def go_type(struct: str, field: str) -> str:
    """``v1.PullPolicy`` for a Container's pull policy; empty for a field that takes any text."""
    found = fields_of(struct).get(field)
    return str(found["go"]) if found else ""


def values(struct: str, field: str) -> tuple[str, ...]:
    """The words that a field takes; none for a field that takes any text."""
    found = fields_of(struct).get(field)
    return tuple(found["values"]) if found else ()


def fields_of(struct: str) -> Mapping[str, Mapping[str, Any]]:
    """All such fields of a struct."""
    return _table().get(struct, {})


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    text = files(_DATA).joinpath("enums.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Mapping[str, Mapping[str, Any]]] = yaml.load(text, Loader=yaml.CSafeLoader)
    return table
