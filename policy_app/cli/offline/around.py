"""What objects have to be judged against: the namespaces, and the inventory of other objects.

All that is not looked at by any policy is read, judged and forgotten, file by file.  This goes
through the files beforehand, and parses only those in which a kind that matters is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policy_app.cli.offline.inputs import Inputs, Source, stream
from policy_app.cli.offline.mutating import namespaces_among
from policy_app.cli.offline.policies import Policies
from policy_app.cli.offline.progress import Progress
from policy_app.evaluation.gatekeeper.inventory import inventory_of
from policy_app.evaluation.gatekeeper.review import is_admission_review
from policy_app.evaluation.gatekeeper.scopes import in_namespace
from policy_app.evaluation.manifests import Document

_NAMESPACE = "Namespace"
# A text can be written so that it does not show: with an escape, or as Base64.
_HIDDEN = (b"\\", b"binary")
_MOST_KEPT = 8 * 1024 * 1024


@dataclass(slots=True)
class Manifests:
    """The files, and those that have been read already: parsing takes longer than judging."""

    sources: Sequence[Source]
    kept: dict[int, Inputs] = field(default_factory=dict)
    """By their number among the sources."""

    @classmethod
    def read(cls, sources: Sequence[Source], progress: Progress) -> Manifests:
        """With everything read and kept."""
        numbers = progress.over(range(len(sources)), "reading", "files")
        return cls(sources, {number: _read(sources[number]) for number in numbers})

    @property
    def everything(self) -> Inputs:
        """All that is kept."""
        inputs = Inputs()
        for one in self.kept.values():
            inputs.add(one)
        return inputs

    def documents(self, number: int, notes: Inputs) -> Iterator[Document]:
        """The objects of one file; what else is to be told about it is noted."""
        kept = self.kept.get(number)
        if kept is None:
            yield from stream(self.sources[number], notes)
            return
        notes.troubles += kept.troubles
        notes.skipped += kept.skipped
        notes.files += kept.files
        yield from kept.documents


@dataclass(frozen=True, slots=True)
class Around:
    """What is around each object."""

    namespaces: Mapping[str, Mapping[str, Any]]
    inventory: Mapping[str, Any] | None
    """None where nobody looks at it."""


def look(manifests: Manifests, policies: Policies, namespace: str, progress: Progress) -> Around:
    """Gather it from all files; ``namespace`` is where objects go that name none."""
    kinds = _kinds(policies)
    wanted = None if kinds is None else kinds | {_NAMESPACE}
    found = list(_objects(manifests, wanted, progress))
    inventory = _inventory(found, namespace) if kinds is None or kinds else None
    return Around(namespaces_among(found, namespace), inventory)


def _kinds(policies: Policies) -> frozenset[str] | None:
    """The kinds that some template looks up; None for any."""
    kinds: frozenset[str] = frozenset()
    for template in policies.templates.values():
        told = template.inventory_kinds
        if told is None:
            return None
        kinds |= told
    return kinds


def _objects(
    manifests: Manifests, wanted: frozenset[str] | None, progress: Progress
) -> Iterator[Document]:
    """The objects of the kinds that are wanted, or all; as many files are kept as is sensible."""
    kept = 0
    for number in progress.over(range(len(manifests.sources)), "reading", "files"):
        inputs = manifests.kept.get(number)
        if inputs is None:
            source = manifests.sources[number]
            if wanted is not None and not _may_hold(source, wanted):
                continue
            inputs = _read(source)
            kept += source.size
            if wanted is None or kept <= _MOST_KEPT:
                manifests.kept[number] = inputs
        for document in inputs.documents:
            if wanted is None or document.object.get("kind") in wanted:
                yield document


def _read(source: Source) -> Inputs:
    inputs = Inputs()
    inputs.documents += stream(source, inputs)
    return inputs


def _may_hold(source: Source, kinds: Iterable[str]) -> bool:
    """Whether an object of one of the kinds may be in the file; what cannot be read has none."""
    try:
        text = source.read()
    except OSError:
        return False
    if any(one in text for one in _HIDDEN):
        return True
    return any(_names(text, kind.encode()) for kind in kinds)


def _names(text: bytes, kind: bytes) -> bool:
    """Whether a kind, or the list of it, is a word of the text.

    A ServiceList may hold Services that do not say so; a serviceAccountName is another word.
    """
    word = re.escape(kind)
    # To look for a text is much quicker than for a pattern, and so is a pattern that begins with
    # one: that no letter stands before it is asked behind it.
    return kind in text and re.search(rb"%b(?<=\b%b)(?:List)?\b" % (word, word), text) is not None


def _inventory(documents: Iterable[Document], namespace: str) -> dict[str, Any]:
    return inventory_of(
        in_namespace(document.object, namespace)
        for document in documents
        if not is_admission_review(document.object)
    )
