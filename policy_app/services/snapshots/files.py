"""Folders, manifests and dumps of ``kubectl get -o json`` or ``-o yaml`` as a source.

What is small is read as every manifest here is, with the line of each fault.  Large dumps are
taken apart object by object (``dumps``), so that memory holds one object at a time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from policy_app.evaluation import manifests
from policy_app.evaluation.manifests import Document, Limits, Problem
from policy_app.services.errors import PolicyError
from policy_app.services.snapshots import dumps, notes
from policy_app.services.snapshots.gathering import Gatherer
from policy_app.services.snapshots.source import Progress
from policy_app.services.snapshots.staging import Resource

STDIN = "-"
LARGE = 16 * 1024 * 1024
"""Bytes from which on a file is taken apart instead of being read in one."""
_EXTENSIONS = (".yaml", ".yml", ".json")
_LIMITS = Limits(size=LARGE, documents=200_000)
_TOLD_EVERY = 200


@dataclass(frozen=True, slots=True)
class File:
    """A file to read; ``named`` where somebody gave it, and not a folder around it."""

    name: str
    size: int
    """Bytes."""
    open: Callable[[], BinaryIO]
    named: bool = True


class Files:
    """Some files together, as one source; ``Source``."""

    def __init__(self, title: str, files: Iterable[File]) -> None:
        self.title = title
        self._files = list(files)

    def version(self) -> str:
        """Files do not say it."""
        return ""

    def read(self, gatherer: Gatherer, progress: Progress) -> frozenset[Resource]:
        """Every object of every file.  Raises ``PolicyError`` for a dump that breaks off."""
        done, total = 0, sum(file.size for file in self._files)
        for file in self._files:
            for count, found in enumerate(_objects(file)):
                if count % _TOLD_EVERY == 0:
                    at = done + (found.offset if isinstance(found, dumps.Item) else 0)
                    progress("reading", at, total, "bytes")
                _give(gatherer, file, found)
            done += file.size
        return frozenset()


def of(paths: Iterable[str], stdin: BinaryIO | None = None) -> Files:
    """The files below some paths, each once; ``-`` is standard input.

    Raises ``PolicyError`` for a path that is not there, cannot be read or holds no manifests.
    """
    given = list(paths)
    found: dict[str, File] = {}
    for path in given:
        for file in _named(path, stdin):
            found.setdefault(os.path.realpath(file.name) if file.name != STDIN else STDIN, file)
    title = ", ".join("standard input" if path == STDIN else path for path in given)
    return Files(title, found.values())


def _named(path: str, stdin: BinaryIO | None) -> list[File]:
    if path == STDIN:
        return [_spooled("standard input", stdin)]
    if not os.path.isdir(path):
        return [_file(path, named=True)]
    below = [_file(one, named=False) for one in _below(path)]
    if not below:
        raise _wrong(f"The folder {path} holds no .yaml, .yml or .json file.")
    return below


def _file(path: str, *, named: bool) -> File:
    try:
        if not os.path.isfile(path) and os.path.exists(path):
            # A pipe of the shell can be read but once.
            with open(path, "rb") as pipe:
                return _spooled(path, pipe)
        with open(path, "rb"):
            size = os.stat(path).st_size
    except OSError as error:
        raise _wrong(f"{path} cannot be read: {error.strerror or error}.") from None
    return File(path, size, lambda: open(path, "rb"), named)


def _spooled(name: str, stream: BinaryIO | None) -> File:
    """What can be read but once, kept in a file that is gone with this process."""
    if stream is None:
        raise _wrong(f"{name} cannot be read: it is closed.")
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the source
    shutil.copyfileobj(stream, kept)

    def reopened() -> BinaryIO:
        kept.seek(0)
        return os.fdopen(os.dup(kept.fileno()), "rb")

    return File(name, kept.tell(), reopened)


def _below(folder: str) -> Iterator[str]:
    """The manifests below a folder, by path; hidden folders are not for us."""

    def refused(error: OSError) -> None:
        raise _wrong(f"{error.filename or folder} cannot be read: {error.strerror or error}.")

    found = []
    for place, folders, names in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(place, name) for name in names if name.endswith(_EXTENSIONS)]
    yield from sorted(found)


def _objects(file: File) -> Iterator[Document | Problem | dumps.Item]:
    try:
        with file.open() as stream:
            if file.size > LARGE:
                yield from dumps.items(file.name, stream)
            else:
                yield from manifests.stream(file.name, stream.read(), _LIMITS)
    except OSError as error:
        raise _wrong(f"{file.name} cannot be read: {error.strerror or error}.") from None


def _give(gatherer: Gatherer, file: File, found: Document | Problem | dumps.Item) -> None:
    if isinstance(found, Problem):
        foreign = found.foreign and not file.named
        gatherer.left.add(notes.FOREIGN if foreign else notes.UNREADABLE, "", str(found))
    else:
        gatherer.take(found.object, f"{found.file}:{found.line}")


def _wrong(message: str) -> PolicyError:
    return PolicyError("SnapshotSourceInvalid", message, target="source")
