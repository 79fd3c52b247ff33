"""Values of parameters as text fields, selects and boxes, and what is typed there as values.

A text that means nothing for its type stays the text that it is: the services then say what is
wrong with it, as they say it to every door, and the field shows it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from policy_app.browser.assign import json_text
from policy_app.browser.assign.parameter_fields import ParameterField
from policy_app.evaluation.language.expressions import is_expression
from policy_app.evaluation.language.parameters import ParameterSpec

_TEXTS = ("String", "DateTime")
_EMPTY: Mapping[str, Any] = {"Array": [], "Object": {}}


def start_of(spec: ParameterSpec) -> Any:
    """The value to begin with: the default, else one that is empty."""
    if spec.has_default:
        return spec.default
    return _EMPTY.get(spec.type, "")


def text_of(value: Any) -> str:
    """How a text field shows a value: texts as they are, lists of them one a line, else JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(map(_is_line, value)):
        return "\n".join(value)
    return json_text.pretty(value)


def value_of(kind: str, text: str) -> Any:
    """What a text means for a type; the text itself where it means nothing."""
    if kind in _TEXTS:
        return text
    if kind == "Array" and not text.lstrip().startswith("["):
        return [line.strip() for line in text.split("\n") if line.strip()]
    try:
        value = json_text.parse(text)
    except json_text.JsonTextError:
        return text
    return text if isinstance(value, str) else value


def problem_of(kind: str, value: Any) -> str:
    """Where the JSON in a field stops being JSON; empty where it does not, or none is wanted."""
    if kind in _TEXTS or not isinstance(value, str) or is_expression(value):
        return ""
    if value[:1] not in ("[", "{"):
        return ""
    try:
        json_text.parse(value)
    except json_text.JsonTextError as error:
        return str(error)
    return ""


def typed_over(before: Any, kind: str, text: str) -> Any:
    """The value after a field was sent: as it was where its text is, so that nothing is lost."""
    return before if text == text_of(before) else value_of(kind, text)


def lines_of(values: Sequence[Any]) -> str:
    """Allowed values, one a line."""
    return "\n".join(one if isinstance(one, str) else json_text.compact(one) for one in values)


def lines_typed_over(before: list[Any], kind: str, text: str) -> list[Any]:
    """Allowed values after their field was sent; as they were where their text is."""
    if text == lines_of(before):
        return before
    # An item of an array may be text or anything else; each stands on its line as JSON.
    each = "Object" if kind == "Array" else kind
    return [value_of(each, line.strip()) for line in text.split("\n") if line.strip()]


def choice_of(spec: ParameterSpec, value: Any) -> ParameterField | None:
    """The select or the boxes for a parameter that has choices; None where text is typed."""
    field = ParameterField.of_default(spec)
    if field.kind not in ("choice", "choices"):
        return None
    if field.kind == "choices" and not isinstance(value, list):
        return None  # an expression, which no box stands for
    return replace(field, texts=()) if value == "" else field.with_value(value)


def chosen_over(before: Any, field: ParameterField, texts: Sequence[str]) -> Any:
    """The value after a select or boxes were sent; as it was where their choice is."""
    if tuple(texts) == field.texts:
        return before
    sent = field.with_texts(texts, explicit=True, as_json=False)
    return sent.value if sent.texts or field.kind == "choices" else ""


def _is_line(item: Any) -> bool:
    """An item that can stand on a line of its own and be read back as it was."""
    return (
        isinstance(item, str)
        and item != ""
        and item == item.strip()
        and "\n" not in item
        and not item.startswith("[")
    )
