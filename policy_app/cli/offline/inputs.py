"""Manifests from files, folders and standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from policy_app.cli.offline.errors import INPUT, Trouble
from policy_app.cli.offline.progress import Progress
from policy_app.evaluation.manifests import Document, Limits, Problem, load

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


@dataclass(slots=True)
class Inputs:
    """Everything that was read."""

    documents: list[Document] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    skipped: list[Trouble] = field(default_factory=list)
    """What lies in a folder among the manifests, and is plainly something else."""
    files: int = 0


def read(paths: Iterable[str], progress: Progress) -> Inputs:
    """The objects in the files, in the order of the paths; a file given twice is read once."""
    inputs = Inputs()
    sources = list(_sources(paths, inputs.troubles))
    for source in progress.over(sources, "reading", "files"):
        _read(source, inputs)
    return inputs


def _sources(paths: Iterable[str], troubles: list[Trouble]) -> Iterator[Source]:
    seen: set[str] = set()
    for path in paths:
        found = _below(path) if path != STDIN and os.path.isdir(path) else [Source(path, True)]
        if not found:
            troubles.append(Trouble(INPUT, path, "The folder holds no .yaml, .yml or .json file."))
        for source in found:
            identity = os.path.realpath(source.path) if source.path != STDIN else STDIN
            if identity not in seen:
                seen.add(identity)
                yield source


def _below(folder: str) -> list[Source]:
    """The manifests below a folder, by path; hidden folders are not for us."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (os.path.join(place, name) for name in names if name.endswith(_EXTENSIONS))
        found += [Source(path, False) for path in paths if os.path.isfile(path)]
    return sorted(found, key=lambda source: source.path)


def _read(source: Source, inputs: Inputs) -> None:
    name = STDIN_NAME if source.path == STDIN else source.path
    try:
        data = _bytes(source.path)
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror or error}."
        inputs.troubles.append(Trouble(INPUT, name, reason))
        return
    file = load(name, data, _LIMITS)
    inputs.files += 1
    inputs.documents += file.documents
    for problem in file.problems:
        passed_over = problem.foreign and not source.named
        (inputs.skipped if passed_over else inputs.troubles).append(_trouble(problem))
    if not file.documents and not file.problems and source.named:
        inputs.troubles.append(Trouble(INPUT, name, "The file holds no Kubernetes object."))


def _bytes(path: str) -> bytes:
    # One byte more than is allowed is enough to be refused.
    if path == STDIN:
        return sys.stdin.buffer.read(_LIMITS.size + 1)
    with Path(path).open("rb") as file:
        return file.read(_LIMITS.size + 1)


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
