"""Manifests: from the text of a file to Kubernetes objects, each with the line of every field.

YAML or JSON, many documents, lists of objects.  What cannot be read is a problem with its place,
and never keeps the rest of the file from being read.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from policy_app.evaluation.kube_yaml import json_text
from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.places import Places
from policy_app.evaluation.kube_yaml.positions import Mark, Step, marks, parse_path
from policy_app.evaluation.kube_yaml.values import Bounds, Parsed, documents
from policy_app.evaluation.manifest_kinds import NotAnObject, why_no_kind, why_no_object
from policy_app.evaluation.results import Decision, Place, Violation

# With a newline rather than ``^``: what is always the same at its start is found much quicker.
_BOUNDARY = re.compile(r"\n---(?=[ \t\r\n]|\Z)")
# Possessive, so that the marker's own dashes are never taken for content.
_CONTENT = re.compile(r"^(?:---|\.\.\.)?+[ \t]*+[^\s#%]", re.MULTILINE)
# What YAML calls non-printable; surrogates would also break libyaml's own decoding.
_UNPRINTABLE = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_UNPRINTABLE_ASCII = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask for."""

    size: int = 5 * 1024 * 1024
    """Bytes of UTF-8."""
    documents: int = 2_000
    nesting: int = 100
    """Collections inside each other."""
    aliased_nodes: int = 100_000
    """Values that aliases add, all together."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that is no Kubernetes object, or cannot be read.

    ``document``, ``line`` and ``column`` count from 1; ``document`` is 0 for the whole file.
    """

    file: str
    document: int
    line: int
    column: int
    message: str
    hint: str = ""
    foreign: bool = False
    """Whether it is plainly something else, such as Helm values or a Kustomization."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text} {self.hint}" if self.hint else text


class _Source:
    """The text around a document, kept to find its fields' places when they are asked for."""

    def __init__(
        self, text: str, first_line: int, ordinal: int, parsed: Parsed, *, is_json: bool = False
    ) -> None:
        self.text = text
        self.first_line = first_line
        self.ordinal = ordinal
        self._parsed = parsed
        self._is_json = is_json

    @cached_property
    def marks(self) -> Mark:
        return marks(self.text, self.ordinal)

    @cached_property
    def _places(self) -> Places | None:
        packed = self._places_in_json() if self._is_json else self._parsed.places
        return None if packed is None else Places(packed, self._parsed.value)

    def _places_in_json(self) -> array[int]:
        # Loaded where it is needed: few manifests are JSON, and commands should start quickly.
        from policy_app.evaluation.kube_yaml.json_places import json_places

        return json_places(self.text)

    def position(self, steps: Sequence[Step]) -> tuple[int, int]:
        if self._places is not None:
            return self._places.find(steps)
        mark = self.marks.find(steps)
        return mark.line, mark.column

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()

    def line(self, number: int) -> str:
        return self._lines[number - 1] if number <= len(self._lines) else ""


@dataclass(frozen=True, slots=True)
class Document:
    """One Kubernetes object of a file.

    ``index`` counts the file's documents from 1, without empty ones; the items of a list share
    theirs.  ``line`` is the first line of the object.
    """

    file: str
    index: int
    line: int
    object: dict[str, Any]
    _source: _Source = field(repr=False, compare=False)
    _prefix: tuple[Step, ...] = field(default=(), repr=False)

    @property
    def end_line(self) -> int:
        """The last line of the object that is not blank."""
        last = self._find(()).end_line
        # A block of text may claim the blank lines below it.
        while last > self._source.marks.line and not self._source.line(last).strip():
            last -= 1
        return last + self._source.first_line - 1

    def position(self, path: str | Sequence[Step] = "") -> tuple[int, int]:
        """Line and column of a field such as ``spec.containers[0].image``.

        A path that does not exist gives the place of its nearest ancestor that does.
        """
        steps = parse_path(path) if isinstance(path, str) else path
        line, column = self._source.position((*self._prefix, *steps))
        return line + self._source.first_line - 1, column

    def place(self, path: str = "") -> Place:
        """The place of a field, as results carry it."""
        return Place(self.file, self.index, self.position(path)[0], path)

    def _find(self, steps: Sequence[Step]) -> Mark:
        return self._source.marks.find((*self._prefix, *steps))


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file that was read: its objects, and what in it is none."""

    name: str
    text: str
    documents: list[Document]
    problems: list[Problem]


def load(
    name: str, text: bytes | str, limits: Limits = Limits(), *, as_written: bool = False
) -> ManifestFile:
    """Read a file.  Never raises for what is in it: that becomes a ``Problem``.

    ``as_written`` keeps a list as one object, and asks of objects for a kind alone, as gator does.
    """
    try:
        decoded = _decode(text, limits)
    except YamlFault as fault:
        return ManifestFile(name, "", [], [_problem(name, 0, fault)])
    file = ManifestFile(name, decoded, [], [])
    for found in _Loading(name, decoded, limits, as_written).run():
        if isinstance(found, Document):
            file.documents.append(found)
        else:
            file.problems.append(found)
    return file


def stream(name: str, text: bytes | str, limits: Limits = Limits()) -> Iterator[Document | Problem]:
    """What ``load`` finds, one by one in the order of the file, and none of it kept.

    A document that nobody holds on to is gone before the next ``---`` is read.
    """
    try:
        decoded = _decode(text, limits)
    except YamlFault as fault:
        yield _problem(name, 0, fault)
        return
    yield from _Loading(name, decoded, limits).run()


def situate(decision: Decision, document: Document) -> Decision:
    """The decision with each violation's field looked up in the file it came from."""
    return replace(decision, violations=[_situated(one, document) for one in decision.violations])


def _situated(violation: Violation, document: Document) -> Violation:
    path = violation.place.path if violation.place else ""
    return replace(violation, place=document.place(path))


def _problem(file: str, document: int, fault: YamlFault, first_line: int = 1) -> Problem:
    line = fault.line + first_line - 1
    return Problem(file, document, line, fault.column, f"{fault.message}.", fault.hint)


def _decode(text: bytes | str, limits: Limits) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode(errors="surrogatepass"))
    if size > limits.size:
        raise YamlFault(
            f"The file has {size:,} bytes, but may have {limits.size:,} at most", 1, 1, "Split it."
        )
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    if text.startswith(_UTF16):
        raise YamlFault("The file is UTF-16", 1, 1, "Save it as UTF-8.")
    try:
        return text.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise YamlFault(
            f"The byte 0x{text[error.start]:02x} is not UTF-8", line, column, "Save it as UTF-8."
        ) from None


class _Loading:
    """The reading of one file, from its first document to its last."""

    def __init__(self, name: str, text: str, limits: Limits, as_written: bool = False) -> None:
        self._name = name
        self._as_written = as_written
        self._text = text
        self._limits = limits
        self._bounds = Bounds(limits.nesting, limits.aliased_nodes)
        self._index = 0

    def run(self) -> Iterator[Document | Problem]:
        """Every document, each chunk between ``---`` lines on its own."""
        values = self._json_values()
        if values is not None:
            yield from self._read_json(values)
            return
        for text, first_line in _chunks(self._text):
            if not _CONTENT.search(text):
                continue
            if self._index >= self._limits.documents:
                yield self._refuse_rest(first_line)
                return
            yield from self._read(text, first_line)

    def _json_values(self) -> list[json_text.JsonValue] | None:
        """JSON has its own rules for numbers and strings, as it has for kubectl."""
        values = json_text.values(self._text, self._limits.nesting)
        return None if values is None or len(values) > self._limits.documents else values

    def _read_json(self, values: list[json_text.JsonValue]) -> Iterator[Document | Problem]:
        for value in values:
            self._index += 1
            source = _Source(value.text, value.line, 0, value.parsed, is_json=True)
            yield from self._keep(value.parsed, source, ())

    def _refuse_rest(self, line: int) -> Problem:
        message = f"The file has more than {self._limits.documents:,} documents"
        fault = YamlFault(message, line, 1, "Split it; what follows here was not read.")
        return _problem(self._name, 0, fault)

    def _read(self, text: str, first_line: int) -> Iterator[Document | Problem]:
        try:
            _refuse_unprintable(text)
            for ordinal, parsed in enumerate(documents(text, self._bounds)):
                if parsed.value is None:
                    continue
                self._index += 1
                yield from self._keep(parsed, _Source(text, first_line, ordinal, parsed), ())
        except YamlFault as fault:
            self._index += 1
            fault.hint = _template_hint(text, fault.line) or fault.hint
            yield _problem(self._name, self._index, fault, first_line)

    def _keep(
        self, parsed: Parsed, source: _Source, prefix: tuple[Step, ...]
    ) -> Iterator[Document | Problem]:
        """A value as an object, as the items of a list, or as a problem."""
        line = parsed.line + source.first_line - 1
        refusal = (
            why_no_kind(parsed.value)
            if self._as_written
            else why_no_object(parsed.value, self._name)
        )
        if refusal is not None:
            yield self._refuse(refusal, source, prefix)
            return
        value: dict[str, Any] = parsed.value
        items = value.get("items")
        if self._as_written or not _is_list(value) or not isinstance(items, list):
            yield Document(self._name, self._index, line, value, source, prefix)
            return
        for number, item in enumerate(items):
            yield from self._keep_item(value, item, source, (*prefix, "items", number))

    def _keep_item(
        self, outer: dict[str, Any], item: Any, source: _Source, prefix: tuple[Step, ...]
    ) -> Iterator[Document | Problem]:
        if isinstance(item, dict) and outer["kind"] != "List":
            # Items of a PodList need not say again that they are Pods.
            item = {
                "apiVersion": outer["apiVersion"],
                "kind": outer["kind"].removesuffix("List"),
            } | item
        return self._keep(Parsed(item, *source.position(prefix)), source, prefix)

    def _refuse(self, refusal: NotAnObject, source: _Source, prefix: tuple[Step, ...]) -> Problem:
        line, column = source.position((*prefix, *refusal.path))
        return Problem(
            self._name,
            self._index,
            line + source.first_line - 1,
            column,
            refusal.message,
            refusal.hint,
            refusal.foreign,
        )


def _is_list(value: dict[str, Any]) -> bool:
    """True for ``List``, ``PodList``…; an object with a name of its own is none."""
    metadata = value.get("metadata")
    named = isinstance(metadata, dict) and "name" in metadata
    return str(value["kind"]).endswith("List") and not named


def _chunks(text: str) -> Iterator[tuple[str, int]]:
    """The text between ``---`` lines, each piece with the number of its first line."""
    line, start = 1, 0
    for found in _BOUNDARY.finditer(text):
        end = found.start() + 1
        yield text[start:end], line
        line += text.count("\n", start, end)
        start = end
    yield text[start:], line


def _template_hint(text: str, line: int) -> str:
    """A hint where the fault stands in a line of a template, or right below one."""
    near = text.splitlines()[max(line - 2, 0) : line]
    if not any("{{" in one for one in near):
        return ""
    return "Lines with {{ }} are a template's: render it first (helm template)."


def _refuse_unprintable(text: str) -> None:
    # The pattern for all characters takes milliseconds to compile, and few files ask for it.
    pattern = _UNPRINTABLE_ASCII if text.isascii() else re.compile(_UNPRINTABLE)
    found = pattern.search(text)
    if found is None:
        return
    before = text[: found.start()]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    raise YamlFault(f"The character U+{ord(found[0]):04X} is not allowed in YAML", line, column)
