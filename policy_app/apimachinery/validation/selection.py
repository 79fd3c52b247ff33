"""Label selectors: whether one is well-formed, and whether it takes given labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy_app.apimachinery.validation import metadata
from policy_app.apimachinery.validation.reports import Report, mapping, members

_WITH_VALUES = ("In", "NotIn")
_WITHOUT = ("Exists", "DoesNotExist")


def check(selector: Any, path: str, to: Report) -> None:
    """The terms of a selector."""
    given = mapping(selector)
    metadata.check_labels(given.get("matchLabels"), f"{path}.matchLabels", to)
    for index, term in enumerate(members(given.get("matchExpressions"))):
        here, operator = f"{path}.matchExpressions[{index}]", term.get("operator")
        values = term.get("values") or []
        if operator in _WITH_VALUES and not values:
            to.required(f"{here}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in _WITHOUT and values:
            text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            to.forbidden(f"{here}.values", text)
        elif operator not in (*_WITH_VALUES, *_WITHOUT):
            to.invalid(f"{here}.operator", operator or "", "not a valid selector operator")
        metadata.check_label_key(str(term.get("key") or ""), f"{here}.key", to)


def is_empty(selector: Any) -> bool:
    """Whether a selector takes everything."""
    given = mapping(selector)
    return not given.get("matchLabels") and not given.get("matchExpressions")


def takes(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a selector takes labels."""
    wanted = mapping(selector.get("matchLabels"))
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(one, labels) for one in members(selector.get("matchExpressions")))


def _holds(term: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    value = labels.get(str(term.get("key")))
    operator, values = str(term.get("operator")), list(term.get("values") or [])
    if operator in _WITHOUT:
        return (value is not None) == (operator == "Exists")
    return (value in values) is (operator == "In")
