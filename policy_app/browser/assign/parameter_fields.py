"""One form field for each parameter of a definition, chosen by its type and schema.

A field holds what the form says as *texts*, exactly as typed, so that a page shows a wrong value
again instead of losing it; ``value`` is what the texts mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from policy_app.browser.assign import json_text
from policy_app.evaluation.language.parameters import ParameterSpec

Kind = Literal["choice", "choices", "rows", "number", "date", "text", "json"]
"""A select, a group of checkboxes, rows to add and remove, three inputs, a JSON editor."""

_PREFIX = "p."
_TRUE_FALSE = (True, False)
_LONG = 100
_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a select or one checkbox."""

    text: str
    """What the form posts."""
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list; ``number`` counts from 1."""

    number: int
    text: str

    @property
    def key(self) -> str:
        """The end of the row's id."""
        return str(self.number)

    @property
    def index(self) -> int:
        """As the remove button posts it, counting from 0."""
        return self.number - 1


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A parameter, what the form says about it, and what that means."""

    spec: ParameterSpec
    texts: tuple[str, ...]
    explicit: bool = False
    """Given by the assignment that is edited, so kept even where it equals the default."""
    as_json: bool = False
    """An array that is edited as JSON though rows would do: people choose so, or its items are
    no strings."""
    used_by: tuple[str, ...] = ()
    """The initiative's members that take this parameter, by display name."""

    @classmethod
    def of_default(cls, spec: ParameterSpec, used_by: Sequence[str] = ()) -> ParameterField:
        """The field before anybody touched it."""
        return cls(spec, (), used_by=tuple(used_by)).with_value(spec.default)

    @property
    def name(self) -> str:
        """The name of the form's field."""
        return _PREFIX + self.spec.name

    @property
    def dom_id(self) -> str:
        """The id of the input in the page; a group's first box or row adds to it."""
        return f"parameter-{self.spec.name}"

    @property
    def focus_id(self) -> str:
        """The id of the first thing in the field that takes the focus."""
        if self.kind == "rows":
            return f"{self.dom_id}-1" if self.texts else f"{self.dom_id}-add"
        return f"{self.dom_id}-1" if self.kind == "choices" else self.dom_id

    @property
    def label(self) -> str:
        """The display name; the bare name where the definition gives none."""
        return self.spec.display_name or self.spec.name

    @property
    def kind(self) -> Kind:
        """Which widget fits."""
        spec = self.spec
        if self.as_json:
            return "json"
        if spec.type == "Array":
            return _array_kind(spec)
        if spec.allowed_values or spec.type == "Boolean":
            return "choice"
        by_type: Mapping[str, Kind] = {
            "Object": "json",
            "Integer": "number",
            "Float": "number",
            "DateTime": "date",
        }
        return by_type.get(spec.type, "text")

    @property
    def text(self) -> str:
        """The one text of a field that has one."""
        return self.texts[0] if self.texts else ""

    @property
    def is_long(self) -> bool:
        """True where a text needs more than a line."""
        return "\n" in self.text or len(self.text) > _LONG

    @property
    def lines(self) -> int:
        """How tall the editor is: as the text, within reason."""
        return min(max(self.text.count("\n") + 2, 5), 24)

    @property
    def schema_text(self) -> str:
        """The schema, for people to read."""
        return json_text.pretty(self.spec.schema)

    @property
    def rows(self) -> list[Row]:
        """The items of a list field."""
        return [Row(number, text) for number, text in enumerate(self.texts, 1)]

    @property
    def may_be_json(self) -> bool:
        """True where rows are shown, but the definition does not say that items are strings."""
        return self.kind == "rows" and not _items_are_strings(self.spec)

    @property
    def needs_attention(self) -> bool:
        """The portal's rule: no default value, or marked for review by the definition's author."""
        review = str(self.spec.metadata.get("portalReview", "")).lower() == "true"
        return self.spec.required or review

    @property
    def is_empty(self) -> bool:
        """True where nothing was given for a parameter that has no default."""
        return self.spec.required and not any(text.strip() for text in self.texts)

    @property
    def value(self) -> Any:
        """What the texts mean.

        Raises ``ValueError`` with a sentence where they mean nothing for the parameter's type;
        whether the value is allowed is not checked here.
        """
        return _READERS[self.kind](self)

    @property
    def changed(self) -> bool:
        """True where the field says something else than the default."""
        if not self.spec.has_default:
            return not self.is_empty
        try:
            return not same_json(self.value, self.spec.default)
        except ValueError:
            return True

    @property
    def is_given(self) -> bool:
        """True where the assignment names this parameter, and does not leave it to the default."""
        return not self.is_empty and (self.changed or self.explicit)

    @property
    def default_text(self) -> str:
        """The default value in words."""
        return in_words(self.spec.default)

    @property
    def options(self) -> list[Option]:
        """The choices; a value that is none of them is shown too, so that it is not lost."""
        values = list(self.spec.allowed_values or _TRUE_FALSE)
        texts = _fold([_text(value) for value in values], self.texts, _text(self.spec.default))
        strays = [text for text in self.texts if text and text not in texts]
        options = [
            Option(text, in_words(_known(values, text)), text in self.texts) for text in texts
        ]
        return options + [Option(text, f"{text} (not allowed)", True) for text in strays]

    def faults(self) -> list[str]:
        """What is wrong, as sentences: the text first, then the value against its schema."""
        if self.is_empty:
            return [f"{self.label} has no default, so it needs a value."]
        try:
            value = self.value
        except ValueError as error:
            return [str(error)]
        return [self._placed(fault.message, fault.path) for fault in self.spec.faults(value)]

    def _placed(self, message: str, path: str) -> str:
        spot = json_text.spot_of(self.text, path) if self.kind == "json" else None
        return f"{message} ({spot})" if spot else message

    def with_value(self, value: Any, *, explicit: bool = False) -> ParameterField:
        """The field that shows this value; None shows nothing."""
        odd = self.kind == "rows" and not _fits_rows(value)
        field = replace(self, explicit=explicit, as_json=self.as_json or odd)
        return replace(field, texts=_texts_of(field.kind, value))

    def with_texts(self, texts: Sequence[str], *, explicit: bool, as_json: bool) -> ParameterField:
        """The field as a form posted it."""
        return replace(self, texts=tuple(texts), explicit=explicit, as_json=as_json)

    def with_default(self) -> ParameterField:
        """The field put back to its default."""
        return ParameterField.of_default(self.spec, self.used_by)

    def with_row(self) -> ParameterField:
        """One empty row more."""
        return replace(self, texts=(*self.texts, ""))

    def without_row(self, index: int) -> ParameterField:
        """Without this row; unchanged where there is none."""
        kept = [text for number, text in enumerate(self.texts) if number != index]
        return replace(self, texts=tuple(kept))

    def tidied(self) -> ParameterField:
        """A JSON text in its usual layout; unchanged where it is no JSON."""
        try:
            return replace(self, texts=(json_text.pretty(self.value),))
        except ValueError:
            return self

    def edited_as_json(self) -> ParameterField:
        """The same value in the JSON editor."""
        return replace(self, texts=(json_text.pretty(self.value),), as_json=True)


def same_json(left: Any, right: Any) -> bool:
    """Equal as JSON, where true is not 1 (to Python it is)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_json(left[k], right[k]) for k in left)
    return bool(left == right)


def in_words(value: Any) -> str:
    """A value for reading: lists of plain items with commas, objects as compact JSON."""
    if isinstance(value, str):
        return value or "(empty)"
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(in_words(item) for item in value) or "(none)"
    return json_text.compact(value)


def _array_kind(spec: ParameterSpec) -> Kind:
    if spec.allowed_values:
        return "choices"
    item = (spec.schema or {}).get("items", {})
    plain = isinstance(item, Mapping) and item.get("type", "string") == "string"
    return "rows" if plain else "json"


def _items_are_strings(spec: ParameterSpec) -> bool:
    item = (spec.schema or {}).get("items", {})
    return isinstance(item, Mapping) and item.get("type") == "string"


def _fits_rows(value: Any) -> bool:
    """A list that rows give back unchanged: they drop what is empty, and spaces at the ends."""
    return value is None or (isinstance(value, list) and all(map(_fits_row, value)))


def _fits_row(item: Any) -> bool:
    return isinstance(item, str) and item != "" and item == item.strip() and "\n" not in item


def _text(value: Any) -> str:
    """How a select or checkbox writes a value: strings as they are, the rest as JSON."""
    return value if isinstance(value, str) else json_text.compact(value)


def _texts_of(kind: Kind, value: Any) -> tuple[str, ...]:
    if kind == "json":
        return (json_text.pretty(value),) if value is not None else ("",)
    if kind in ("rows", "choices"):
        return tuple(_text(item) for item in value or ())
    return (_text(value),) if value is not None else ("",)


def _fold(texts: list[str], chosen: Sequence[str], default: str) -> list[str]:
    """Each text once whatever its case: built-ins allow ``audit`` and ``Audit``, which are one.

    The spelling kept is the chosen one, so that an assignment keeps its own; then the default's;
    then the one with a capital.
    """
    kept: dict[str, str] = {}
    for text in texts:
        rival = kept.setdefault(text.lower(), text)
        kept[text.lower()] = min(
            (rival, text), key=lambda one: (one not in chosen, one != default, one[:1].islower())
        )
    return list(kept.values())


def _known(values: Sequence[Any], text: str) -> Any:
    return next((value for value in values if _text(value) == text), text)


def _read_choice(field: ParameterField) -> Any:
    return _known(field.spec.allowed_values or _TRUE_FALSE, field.text)


def _read_choices(field: ParameterField) -> Any:
    return [_known(field.spec.allowed_values, text) for text in field.texts]


def _read_rows(field: ParameterField) -> Any:
    return [text.strip() for text in field.texts if text.strip()]


def _read_number(field: ParameterField) -> Any:
    text = field.text.strip()
    whole = field.spec.type == "Integer"
    try:
        return _whole(text) if whole else _number(text)
    except ValueError:
        word = "a whole number, such as 8080" if whole else "a number, such as 0.5"
        raise ValueError(f"{text!r} is not {word}." if text else f"Give {word}.") from None


def _whole(text: str) -> int:
    # Python's int() also takes "1_000" and digits of other scripts.
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> int | float:
    """A whole number stays one, so that 1 is not sent as 1.0."""
    value = json_text.parse(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(text)
    return value


def _read_text(field: ParameterField) -> Any:
    # Browsers post line ends as CR LF whatever was typed.
    return field.text.replace("\r\n", "\n")


def _read_json(field: ParameterField) -> Any:
    return json_text.parse(field.text)


_READERS: Mapping[Kind, Callable[[ParameterField], Any]] = {
    "choice": _read_choice,
    "choices": _read_choices,
    "rows": _read_rows,
    "number": _read_number,
    "date": lambda field: field.text.strip(),
    "text": _read_text,
    "json": _read_json,
}
