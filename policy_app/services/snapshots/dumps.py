"""Large dumps, taken apart object by object, with memory for one object at a time.

``kubectl get -A -o json`` writes one List whose items may be gigabytes; ``-o yaml`` the same with
each item at the left margin.  What breaks off in the middle is half a cluster, and refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from policy_app.evaluation import manifests
from policy_app.evaluation.manifest_kinds import why_no_object
from policy_app.evaluation.manifests import Document, Limits, Problem
from policy_app.services.errors import PolicyError

_PIECE = 1024 * 1024
_MOST = 64 * 1024 * 1024
"""Bytes of one object; etcd keeps no more than one and a half million."""
_LIMITS = Limits(size=_MOST, documents=1_000)
_SPACE = re.compile(r"[ \t\r\n]*")
_BLANK = re.compile(r"\s*(?:#.*)?")
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a dump, and where it begins."""

    file: str
    line: int
    offset: int
    """Bytes, or characters, before it."""
    object: dict[str, Any]


def items(name: str, stream: BinaryIO) -> Iterator[Item | Document | Problem]:
    """The objects of a dump in JSON or YAML.  Raises ``PolicyError`` where it breaks off."""
    head = stream.read(4096)
    stream.seek(0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _broken(name, 1, "it is UTF-16; save it as UTF-8")
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in (b"{", b"["):
        yield from _Json(name, stream).run()
    else:
        yield from _yaml_items(name, stream)


class _Json:
    """A window on the text, which moves on as values are read from it."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self._name = name
        self._stream = stream
        self._text = ""
        self._at = 0
        self._left = b""
        self._line, self._counted = 1, 0
        self._before = 0
        self._ended = False

    def run(self) -> Iterator[Item | Problem]:
        """Each value of the text: a List's items, an array's elements, or the value itself."""
        self._more()
        self._text = self._text.removeprefix("\ufeff")
        while (sign := self._sign()) is not None:
            if sign == "[":
                yield from self._elements({})
            elif sign == "{":
                yield from self._members()
            else:
                raise self._fault("an object or a list of objects is expected")

    def _members(self) -> Iterator[Item | Problem]:
        """The fields of an object, its items one by one."""
        line, offset = self._line_here(), self._offset()
        self._expect("{")
        whole: dict[str, Any] = {}
        while self._sign() != "}":
            key = self._value()
            self._expect(":")
            if key == "items" and self._sign() == "[":
                yield from self._elements(whole)
                whole["items"] = None
            else:
                whole[str(key)] = self._value()
            self._separator("}")
        self._expect("}")
        if "items" not in whole:
            yield from self._item(whole, line, offset)
        elif not str(whole.get("kind", "")).endswith("List"):
            raise _broken(self._name, line, "it has items and is no List")

    def _elements(self, outer: dict[str, Any]) -> Iterator[Item | Problem]:
        self._expect("[")
        while self._sign() != "]":
            line, offset = self._line_here(), self._offset()
            yield from self._item(_named(self._value(), outer), line, offset)
            self._separator("]")
        self._expect("]")

    def _item(self, value: Any, line: int, offset: int) -> Iterator[Item | Problem]:
        refusal = why_no_object(value, self._name)
        if refusal is None:
            yield Item(self._name, line, offset, value)
        else:
            yield Problem(self._name, 1, line, 1, refusal.message, refusal.hint, refusal.foreign)

    def _value(self) -> Any:
        """The next value, with as much of the text as it needs."""
        self._sign()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._ended or len(self._text) - self._at > _MOST:
                    raise self._fault(error.msg, error.pos) from None
                self._more()
                continue
            except RecursionError:
                raise self._fault("its values are nested too deeply") from None
            if end == len(self._text) and not self._ended:
                # A number may go on.
                self._more()
                continue
            self._at = end
            return value

    def _sign(self) -> str | None:
        """The next character that is no space, without taking it; None at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return None
            self._more()

    def _expect(self, sign: str) -> None:
        if self._sign() != sign:
            raise self._fault(f"{sign} is expected")
        self._at += 1

    def _separator(self, end: str) -> None:
        if self._sign() == ",":
            self._at += 1
        elif self._sign() != end:
            raise self._fault(f", or {end} is expected")

    def _more(self) -> None:
        """Let go of what was read, and take the next piece."""
        self._line_here()
        self._before += self._at
        # A value that is larger than a piece is not tried again for every single one.
        piece = self._stream.read(max(_PIECE, len(self._text) - self._at))
        self._ended = not piece
        try:
            text, self._left = _decoded(self._left + piece, final=self._ended)
        except UnicodeDecodeError:
            raise self._fault("it is no UTF-8") from None
        self._text, self._at, self._counted = self._text[self._at :] + text, 0, 0

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _offset(self) -> int:
        return self._before + self._at

    def _fault(self, why: str, at: int | None = None) -> PolicyError:
        line = self._line_here() + self._text.count("\n", self._at, at or self._at)
        ended = self._ended and (at is None or at >= len(self._text) - 1)
        return _broken(self._name, line, "it breaks off" if ended else why)


def _decoded(data: bytes, *, final: bool) -> tuple[str, bytes]:
    """As much as whole characters go, and the bytes of one that goes on."""
    try:
        return data.decode(), b""
    except UnicodeDecodeError as error:
        if final or len(data) - error.start > 3:
            raise
        return data[: error.start].decode(), data[error.start :]


def _named(item: Any, outer: dict[str, Any]) -> Any:
    """Items of a PodList need not say again that they are Pods, where the list says it first."""
    kind = str(outer.get("kind", ""))
    if not isinstance(item, dict) or "kind" in item or kind in ("", "List"):
        return item
    return {"apiVersion": outer.get("apiVersion"), "kind": kind.removesuffix("List")} | item


def _yaml_items(name: str, stream: BinaryIO) -> Iterator[Item | Document | Problem]:
    """Every document between ``---`` lines, and every item of a List, on its own."""
    chunk = _Chunk(1)
    listed, closed, offset = False, True, 0
    for number, raw in enumerate(stream, 1):
        offset += len(raw)
        line = _line_of(name, raw, number)
        if line.startswith("---"):
            _require_end(name, number, listed, closed)
            yield from chunk.read(name, offset)
            chunk, listed, closed = _Chunk(number), False, True
        elif line.startswith("items:") and not line[6:].strip():
            listed, closed, chunk = True, chunk.says_list(), _Chunk(number)
            continue
        elif listed and line.startswith("- "):
            yield from chunk.read(name, offset)
            chunk, line = _Chunk(number), f"  {line[2:]}"
        elif listed and not line.startswith(" ") and not _BLANK.fullmatch(line):
            yield from chunk.read(name, offset)
            chunk, closed = _Chunk(number, tail=True), closed or _says_list(line)
        chunk.add(line)
        if chunk.size > _MOST:
            raise _broken(name, number, f"one object has more than {_MOST:,} bytes")
    _require_end(name, number, listed, closed)
    yield from chunk.read(name, offset)


class _Chunk:
    """The lines of one object; of a List, also what stands before and behind its items."""

    def __init__(self, line: int, *, tail: bool = False) -> None:
        self._first = line
        self._lines: list[str] = []
        self._tail = tail
        self.size = 0

    def add(self, line: str) -> None:
        self._lines.append(line)
        self.size += len(line)

    def says_list(self) -> bool:
        return any(_says_list(line) for line in self._lines)

    def read(self, name: str, offset: int) -> Iterator[Item | Problem]:
        """The object, if it is one and no part of a List itself."""
        if self._tail or all(_BLANK.fullmatch(line) for line in self._lines):
            return
        for found in manifests.stream(name, "".join(self._lines), _LIMITS):
            line = found.line + self._first - 1
            if isinstance(found, Document):
                yield Item(name, line, offset, found.object)
            else:
                told = found.message, found.hint, found.foreign
                yield Problem(name, found.document, line, found.column, *told)


def _says_list(line: str) -> bool:
    return line.startswith("kind:") and line.rstrip().strip("\"'").endswith("List")


def _require_end(name: str, number: int, listed: bool, closed: bool) -> None:
    """``kubectl`` ends a List with its kind; without it, the rest is missing."""
    if listed and not closed:
        raise _broken(name, number, "it breaks off")


def _line_of(name: str, raw: bytes, number: int) -> str:
    try:
        return raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise _broken(name, number, "it is no UTF-8") from None


def _broken(name: str, line: int, why: str) -> PolicyError:
    message = f"{name} cannot be read at line {line:,}: {why}. Nothing was changed."
    return PolicyError("SnapshotSourceInvalid", message, target="source")
