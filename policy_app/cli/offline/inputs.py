"""Manifests from files, folders and standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from policy_app.cli.offline.errors import INPUT, Trouble
from policy_app.cli.offline.progress import Progress
from policy_app.evaluation import manifests
from policy_app.evaluation.manifests import Document, Limits, Problem

STDIN = "-"
STDIN_NAME = "<stdin>"
_EXTENSIONS = (".yaml", ".yml", ".json")
# What people have on their own disk is theirs; this only keeps a wrong file from taking the memory.
_LIMITS = Limits(size=256 * 1024 * 1024, documents=200_000)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read; ``named`` where the user gave it, and not a folder around it."""

    path: str
    named: bool
    text: bytes | None = field(default=None, repr=False)
    """What has been read already: standard input and pipes, which can be read but once."""

    @property
    def name(self) -> str:
        """What reports call it."""
        return STDIN_NAME if self.path == STDIN else self.path

    @property
    def size(self) -> int:
        """Bytes; 0 where they cannot be told."""
        if self.text is not None:
            return len(self.text)
        try:
            return os.stat(self.path).st_size
        except OSError:
            return 0

    def read(self) -> bytes:
        """The bytes, as far as the limit lets them matter.  Raises ``OSError``."""
        if self.text is not None:
            return self.text
        with open(self.path, "rb") as file:
            # One byte more than is allowed is enough to be refused.
            return file.read(_LIMITS.size + 1)


@dataclass(slots=True)
class Inputs:
    """Everything that was read."""

    documents: list[Document] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    skipped: list[Trouble] = field(default_factory=list)
    """What lies in a folder among the manifests, and is plainly something else."""
    files: int = 0

    def add(self, other: Inputs) -> None:
        """Take over what was read elsewhere."""
        self.documents += other.documents
        self.troubles += other.troubles
        self.skipped += other.skipped
        self.files += other.files


def read(paths: Iterable[str], progress: Progress) -> Inputs:
    """The objects in the files, in the order of the paths; a file given twice is read once."""
    inputs = Inputs()
    for source in progress.over(sources(paths, inputs.troubles), "reading", "files"):
        inputs.documents += stream(source, inputs)
    return inputs


def sources(paths: Iterable[str], troubles: list[Trouble]) -> list[Source]:
    """The files to read, each once; what cannot be one is among the troubles."""
    found: dict[str, Source] = {}
    # Links are followed once for all files of a folder: there may be thousands.
    real = cache(os.path.realpath)
    for path in paths:
        for source in _named(path, troubles):
            found.setdefault(_identity(source.path, real), source)
    return list(found.values())


def _identity(path: str, real: Callable[[str], str]) -> str:
    """What is the same for two paths to one file."""
    if path == STDIN:
        return STDIN
    if os.path.islink(path):
        return real(path)
    folder, name = os.path.split(path)
    return os.path.join(real(folder), name)


def stream(source: Source, notes: Inputs) -> Iterator[Document]:
    """The objects of one file, one by one; what is none is noted, and none of them is kept."""
    try:
        data = source.read()
    except OSError as error:
        notes.troubles.append(_unreadable(source.name, error))
        return
    notes.files += 1
    empty = True
    for found in manifests.stream(source.name, data, _LIMITS):
        empty = False
        if isinstance(found, Document):
            yield found
            continue
        passed_over = found.foreign and not source.named
        (notes.skipped if passed_over else notes.troubles).append(_trouble(found))
    if empty and source.named:
        notes.troubles.append(Trouble(INPUT, source.name, "The file holds no Kubernetes object."))


def _named(path: str, troubles: list[Trouble]) -> list[Source]:
    if path == STDIN:
        return _standard_input(troubles)
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        return _pipe(path, troubles)
    if not os.path.isdir(path):
        return [Source(path, True)]
    found = _below(path, troubles)
    if not found:
        troubles.append(Trouble(INPUT, path, "The folder holds no .yaml, .yml or .json file."))
    return found


def _standard_input(troubles: list[Trouble]) -> list[Source]:
    try:
        return [Source(STDIN, True, sys.stdin.buffer.read(_LIMITS.size + 1))]
    except (AttributeError, OSError) as error:
        # Python has no stream at all where the shell closed it.
        reason = getattr(error, "strerror", None) or "it is closed"
        message = f"Standard input cannot be read: {reason}."
        troubles.append(Trouble(INPUT, STDIN_NAME, message))
        return []


def _pipe(path: str, troubles: list[Trouble]) -> list[Source]:
    """What the shell hands over as a path: ``-f <(kustomize build)``."""
    try:
        return [Source(path, True, Source(path, True).read())]
    except OSError as error:
        troubles.append(_unreadable(path, error))
        return []


def _unreadable(name: str, error: OSError) -> Trouble:
    return Trouble(INPUT, name, f"The file cannot be read: {error.strerror or error}.")


def _below(folder: str, troubles: list[Trouble]) -> list[Source]:
    """The manifests below a folder, by path; hidden folders are not for us."""

    def refused(error: OSError) -> None:
        troubles.append(_unreadable(error.filename or folder, error))

    found = []
    for place, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (os.path.join(place, name) for name in names if name.endswith(_EXTENSIONS))
        found += [Source(path, False) for path in paths if _is_file(path)]
    return sorted(found, key=lambda source: source.path)


def _is_file(path: str) -> bool:
    """Also for a link that leads nowhere: that a manifest is missing should be told."""
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


def _trouble(problem: Problem) -> Trouble:
    return Trouble(
        INPUT,
        problem.file,
        problem.message,
        problem.hint,
        line=problem.line,
        column=problem.column,
        document=problem.document,
    )
