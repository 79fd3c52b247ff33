"""Label and field selectors of a request's query, in their text form.

Sources: ``labels.Parse`` and ``fields.ParseSelector`` of apimachinery; which fields can be
selected by is the API server's choice for each kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.apimachinery import errors
from policy_app.apimachinery.kinds import Kind
from policy_app.apimachinery.objects import metadata_of

_TOKEN = re.compile(r"\s*(==|!=|=|!|>|<|\(|\)|,|[^\s=!<>(),]+)")
_KEY = re.compile(
    r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_ABSENT = {
    "spec.hostNetwork": "false",
    "spec.unschedulable": "false",
    "status.replicas": "0",
    "status.successful": "0",
}
# Where the field stands, where it has another name in the object.
_PLACES = {"source": ("source", "component"), "status.successful": ("status", "succeeded")}
_SYMBOLS = {"=", "==", "!=", "!", ">", "<", "(", ")", ","}

_EVERYWHERE = ("metadata.name", "metadata.namespace")
_BY_KIND: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (
        *("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
        *("spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"),
    ),
    ("", "Event"): (
        *("involvedObject.kind", "involvedObject.namespace", "involvedObject.name"),
        *("involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion"),
        *("involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"),
    ),
    ("", "Namespace"): ("status.phase",),
    ("", "Node"): ("spec.unschedulable",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP", "spec.type"),
    ("", "ReplicationController"): ("status.replicas",),
    ("apps", "ReplicaSet"): ("status.replicas",),
    ("batch", "Job"): ("status.successful",),
}


@dataclass(frozen=True, slots=True)
class LabelTerm:
    """One condition on labels; ``values`` is empty for a key that must (not) be there."""

    key: str
    operator: str
    """``in``, ``notin``, ``exists``, ``!``, ``gt`` or ``lt``."""
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, Any]) -> bool:
        """Whether labels meet it."""
        value = labels.get(self.key)
        if self.operator in ("exists", "!"):
            return (value is not None) == (self.operator == "exists")
        if self.operator == "in":
            return value in self.values
        if self.operator == "notin":
            return value not in self.values
        return value is not None and self._compares(value)

    def _compares(self, value: Any) -> bool:
        try:
            given, wanted = int(value), int(self.values[0])
        except ValueError:
            return False
        return given > wanted if self.operator == "gt" else given < wanted


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One condition on a field, which is compared as text."""

    path: str
    value: str
    equal: bool = True

    def holds(self, thing: Mapping[str, Any]) -> bool:
        """Whether the object's field has the value, or has another one."""
        return (_field(thing, self.path) == self.value) == self.equal


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list or a watch takes of all objects of its kind; empty for everything."""

    labels: tuple[LabelTerm, ...] = ()
    fields: tuple[FieldTerm, ...] = ()

    @classmethod
    def parse(cls, labels: str, fields: str, kind: Kind) -> Selection:
        """Read the two selectors.  Raises ``ApiError`` 400."""
        return cls(tuple(_Labels(labels).terms()), tuple(_field_terms(fields, kind)))

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.labels or self.fields)

    def exact(self, path: str) -> str | None:
        """The one value that a field must have, where the selection says so."""
        return next((one.value for one in self.fields if one.equal and one.path == path), None)

    def takes(self, thing: Mapping[str, Any]) -> bool:
        """Whether the selection has the object; an empty mapping is no object."""
        if not thing:
            return False
        labels = metadata_of(thing).get("labels")
        given = labels if isinstance(labels, Mapping) else {}
        return all(one.holds(given) for one in self.labels) and all(
            one.holds(thing) for one in self.fields
        )


class _Labels:
    """A parser of ``a=b,c!=d,e in (f,g),!h,i``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    def terms(self) -> Iterator[LabelTerm]:
        """Each condition; none for an empty text."""
        if not self._tokens:
            return
        while True:
            yield self._term()
            if self._at == len(self._tokens):
                return
            self._expect(",")

    def _term(self) -> LabelTerm:
        if self._peek() == "!":
            self._next()
            return LabelTerm(self._key(), "!")
        key, operator = self._key(), self._peek()
        if operator in ("", ","):
            return LabelTerm(key, "exists")
        self._next()
        if operator in ("=", "=="):
            return LabelTerm(key, "in", (self._value(),))
        if operator == "!=":
            return LabelTerm(key, "notin", (self._value(),))
        if operator in (">", "<"):
            return LabelTerm(key, "gt" if operator == ">" else "lt", (self._number(),))
        if operator in ("in", "notin"):
            return LabelTerm(key, operator, self._values())
        raise self._wrong(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        found = [self._value()]
        while self._peek() == ",":
            self._next()
            found.append(self._value())
        self._expect(")")
        return tuple(found)

    def _key(self) -> str:
        token = self._next()
        if token in _SYMBOLS or not _KEY.fullmatch(token):
            raise self._wrong(f"found '{token}', expected: identifier")
        return token

    def _value(self) -> str:
        if self._peek() in ("", ",", ")"):
            return ""
        token = self._next()
        if token in _SYMBOLS or not _VALUE.fullmatch(token):
            raise self._wrong(f"found '{token}', expected: a label's value")
        return token

    def _number(self) -> str:
        value = self._value()
        if not re.fullmatch(r"-?\d+", value):
            raise self._wrong(
                f"for 'Gt', 'Lt' operators, the value must be an integer, not '{value}'"
            )
        return value

    def _expect(self, wanted: str) -> None:
        token = self._next()
        if token != wanted:
            raise self._wrong(f"found '{token}', expected: '{wanted}'")

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _wrong(self, why: str) -> errors.ApiError:
        return errors.bad_request(
            f'unable to parse requirement: {why} (the label selector is "{self._text}")'
        )


def _tokens(text: str) -> list[str]:
    found = _TOKEN.findall(text)
    # Whatever no token takes is blank.
    return [str(one) for one in found]


def _field_terms(text: str, kind: Kind) -> Iterator[FieldTerm]:
    for part in filter(None, (one.strip() for one in _unescaped_split(text))):
        match = re.fullmatch(r"([^=!]+?)(==|!=|=)(.*)", part, re.DOTALL)
        if match is None:
            raise errors.bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        path, operator, value = match.groups()
        own = _BY_KIND.get((kind.group, kind.kind), ())
        if path not in (*_EVERYWHERE, *own):
            raise errors.bad_request(_not_selectable(path, kind, own))
        yield FieldTerm(path, re.sub(r"\\(.)", r"\1", value), operator != "!=")


def _not_selectable(path: str, kind: Kind, own: tuple[str, ...]) -> str:
    if not own:
        offered = ", ".join(f'"{one}"' for one in _EVERYWHERE)
        return f'"{path}" is not a known field selector: only {offered}'
    offered = ", ".join(sorted((*_EVERYWHERE, *own)))
    return f"field label not supported: {path}; {kind.plural} can be selected by {offered}"


def _unescaped_split(text: str) -> list[str]:
    return re.split(r"(?<!\\),", text)


def _field(thing: Mapping[str, Any], path: str) -> str:
    value: Any = thing
    for step in _PLACES.get(path) or path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _ABSENT.get(path, "") if value is None else str(value)
