"""Messages that people paste, back to the policy and the field that they are about.

A constraint's name tells its template.  Where there is none, the texts in the templates' Rego do:
each is a pattern that a message fits or not.  The field is told by the samples beside the
templates: a sample's message of the same pattern has a place in the sample.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from policy_app.catalog.samples import sample_messages
from policy_app.catalog.shelf import Entry, Shelf, newest
from policy_app.catalog.store import tail
from policy_app.evaluation.gatekeeper.suites.patterns import compiled

_LINE = re.compile(r"\[(?:denied by )?(?P<constraint>[a-z0-9][a-z0-9.-]*)\] (?P<message>.+)")
_WRAPPED = re.compile(r"^.*denied the request: |^\s*(?:Warning|Error): ")
_IMPLIED = re.compile(r"^\[Implied by [^\]]+\] ")
_INSTALLED = re.compile(r"azurepolicy-(?P<template>.+)-[0-9a-f]{20}")
_TEXT = re.compile(r'"((?:[^"\\\n]|\\.)+)"|`([^`\n]+)`')
_VERB = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]")
_NAME = re.compile(r"^metadata:\n(?:  .*\n)*?  name: ['\"]?([a-z0-9.-]+)", re.MULTILINE)
_ALIKE = 0.5
_SHORTEST_TEXT = 12
_LONGEST_NAME = 30


@dataclass(frozen=True, slots=True)
class Said:
    """One message; the constraint's name is empty where the text has none."""

    message: str
    constraint: str = ""

    def __str__(self) -> str:
        return f"[{self.constraint}] {self.message}" if self.constraint else self.message


@dataclass(frozen=True, slots=True)
class Meaning:
    """A policy that says this."""

    entry: Entry
    initiatives: tuple[str, ...]
    field: str
    """``spec.containers[*].image``; empty where no sample tells."""

    def lines(self) -> Iterator[str]:
        """What to print."""
        yield f"  policy: {self.entry.display_name}"
        yield f"  definition: {self.entry.id} (version {self.entry.version})"
        if self.initiatives:
            yield f"  initiatives: {'; '.join(self.initiatives)}"
        yield f"  template: {tail(self.entry.template_url).rpartition('/')[0]}"
        yield f"  field: {self.field or 'not told by the message'}"


def read(text: str) -> list[Said]:
    """Every message of a text: those with a constraint's name, or else the text itself."""
    found = [Said(_plain(one["message"]), one["constraint"]) for one in _LINE.finditer(text)]
    if found:
        return list(dict.fromkeys(found))
    lines = (_plain(_WRAPPED.sub("", line)) for line in text.splitlines())
    return [Said(line) for line in dict.fromkeys(lines) if line]


def _plain(message: str) -> str:
    return _IMPLIED.sub("", message.strip())


def meanings(said: Said, shelf: Shelf) -> list[Meaning]:
    """The policies that say this, each in its newest version; several may share a template."""
    found = [
        meaning
        for url, pattern in _templates(said, shelf)
        for meaning in _of_template(said, url, pattern, shelf)
    ]
    return sorted(found, key=lambda each: each.entry.display_name)


def _templates(said: Said, shelf: Shelf) -> list[tuple[str, _Pattern | None]]:
    """The templates that say this: the one of the constraint's name, or those that fit best."""
    urls = {one.template_url: one.constraint_url for one in shelf.entries if one.template_url}
    texts = {url: text for url in sorted(urls) if (text := shelf.templates.text(url))}
    installed = _INSTALLED.fullmatch(said.constraint)
    if installed:
        named = [
            url
            for url, text in texts.items()
            # A constraint that comes as a file is named for itself, and not for its template.
            if _short_name(shelf.constraints.text(urls[url]) or text) == installed["template"]
        ]
        return [(url, _fitting(said.message, texts[url])) for url in named]
    fitting = [(url, _fitting(said.message, text)) for url, text in texts.items()]
    longest = max((one.told for _, one in fitting if one), default=0)
    return [(url, one) for url, one in fitting if one and one.told == longest]


def _short_name(text: str) -> str:
    name = _NAME.search(text)
    return name[1][:_LONGEST_NAME] if name else ""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A text of the Rego with places to fill in."""

    expression: Any
    told: int
    """How many characters of it are always the same."""


def _fitting(message: str, rego: str) -> _Pattern | None:
    """The most telling text in a template that the message may come from."""
    fitting = (one for one in _patterns(rego, message) if one.expression.fullmatch(message))
    return max(fitting, key=lambda each: each.told, default=None)


def _patterns(rego: str, message: str) -> Iterator[_Pattern]:
    """The texts of which every constant part stands in the message; few need to be compiled."""
    for found in _TEXT.finditer(rego):
        text = found[1].replace('\\"', '"') if found[1] else found[2]
        parts = _VERB.split(text)
        told = sum(map(len, parts))
        if told >= _SHORTEST_TEXT and all(part in message for part in parts):
            yield _Pattern(compiled(f"(?s){'.*'.join(map(re.escape, parts))}"), told)


def _of_template(said: Said, url: str, pattern: _Pattern | None, shelf: Shelf) -> Iterator[Meaning]:
    field = _field(said.message, pattern, shelf.folder_of(url))
    by_id: dict[str, list[Entry]] = {}
    for entry in shelf.entries:
        if entry.template_url == url:
            by_id.setdefault(entry.id.lower(), []).append(entry)
    for identity, entries in by_id.items():
        latest = newest(entries)
        if latest is not None:
            yield Meaning(latest, _initiatives(identity, shelf), field)


def _initiatives(identity: str, shelf: Shelf) -> tuple[str, ...]:
    titles = {
        one.display_name
        for one in shelf.entries
        if one.is_initiative and identity in one.member_ids
    }
    return tuple(sorted(titles))


def _field(message: str, pattern: _Pattern | None, folder: Path) -> str:
    """The field of the sample whose message is most like this one."""
    samples = dict(sample_messages(folder))
    if pattern is not None:
        alike = {said: path for said, path in samples.items() if pattern.expression.fullmatch(said)}
        samples = alike or samples
    words = message.split()
    likeness = {
        said: SequenceMatcher(None, words, said.split(), autojunk=False).ratio() for said in samples
    }
    nearest = max(likeness, key=lambda said: likeness[said], default="")
    if not nearest or (pattern is None and likeness[nearest] < _ALIKE):
        return ""
    return re.sub(r"\[\d+\]", "[*]", samples[nearest])
