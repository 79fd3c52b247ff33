"""Compiled policies, kept in the user's cache folder from one command to the next.

What is kept is code that will run, so a folder or a file that anybody but the user could have
written is not looked at.  A folder that cannot be used is no error: policies are compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from policy_app import evaluation
from policy_app.evaluation.rego import keeping

VARIABLE = "POLICY_PORTAL_CACHE"
"""A folder, or one of ``OFF``."""
OFF = frozenset({"0", "false", "no", "off"})

_MARK = b"policy-portal compiled 1\n"
_DIGEST = hashlib.sha256().digest_size
_LARGEST = 1024 * 1024
_MOST_FILES = 1_000
_MOST_BYTES = 32 * 1024 * 1024
_LOOK_AGAIN = 200
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def use() -> None:
    """Keep what this process compiles, unless the user does not want it."""
    folder = _folder()
    keeping.keep_with(None if folder is None else Folder(folder))


def _folder() -> Path | None:
    wanted = os.environ.get(VARIABLE, "")
    if wanted.lower() in OFF or not hasattr(os, "geteuid"):
        return None
    if wanted:
        return Path(wanted).absolute()
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification has relative paths ignored.
    home = Path(base) if os.path.isabs(base) else Path(os.path.expanduser("~/.cache"))
    return home / "policy-portal" if home.is_absolute() else None


class Folder:
    """A ``Keeper`` with a file for each program, named by what it depends on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._put = 0

    def get(self, key: str) -> bytes | None:
        """What this version of the engine kept under the key, if it is whole and the user's."""
        if self._descriptor is None:
            return None
        try:
            text = self._read(self._name(key), self._descriptor)
        except OSError:
            return None
        start = len(_MARK) + _DIGEST
        kept = text[start:]
        return kept if text[:start] == _MARK + hashlib.sha256(kept).digest() else None

    def put(self, key: str, kept: bytes) -> None:
        """Keep it for the next command."""
        if len(kept) > _LARGEST:
            return
        if self._descriptor is None:
            with contextlib.suppress(OSError):
                self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            del self._descriptor
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                self._write(self._name(key), _MARK + hashlib.sha256(kept).digest() + kept)

    @cached_property
    def _descriptor(self) -> int | None:
        """The folder, open; None where it cannot be used."""
        try:
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return None
        if _is_own(os.fstat(folder)):
            return folder
        os.close(folder)
        return None

    def _name(self, key: str) -> str:
        return hashlib.sha256(self._engine + key.encode()).hexdigest()

    @cached_property
    def _engine(self) -> bytes:
        """What tells the engine's version: another one keeps its programs elsewhere.

        As for Python's own byte code, that is when each file of its source was written, and its
        size: to read all of them would take longer than to read what is kept.
        """
        root = os.path.dirname(evaluation.__file__)
        return hashlib.sha256(repr(sorted(_versions(root, "."))).encode()).digest()

    def _read(self, name: str, folder: int) -> bytes:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        with os.fdopen(file, "rb") as stream:
            about = os.fstat(file)
            own = stat.S_ISREG(about.st_mode) and _is_own(about)
            return stream.read(2 * _LARGEST) if own else b""

    def _write(self, name: str, text: bytes) -> None:
        folder = self._descriptor
        assert folder is not None
        if self._put % _LOOK_AGAIN == 0:
            _make_room(folder)
        self._put += 1
        draft = f"{name}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            file = os.open(draft, flags, 0o600, dir_fd=folder)
            with os.fdopen(file, "wb") as stream:
                stream.write(text)
            os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise


def _versions(root: str, folder: str) -> Iterator[tuple[str, int, int]]:
    """Each file of source below a folder: its name, its size, and when it was written."""
    with os.scandir(os.path.join(root, folder)) as entries:
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.name.endswith(".py"):
                about = entry.stat()
                yield name, about.st_size, about.st_mtime_ns
            elif entry.is_dir():
                yield from _versions(root, name)


def _is_own(about: os.stat_result) -> bool:
    return about.st_uid == os.geteuid() and not about.st_mode & _OTHERS_WRITE


def _make_room(folder: int) -> None:
    """Remove the older half of what is kept, where that has become too much."""
    with os.scandir(folder) as entries:
        found = [(entry.stat(follow_symlinks=False), entry.name) for entry in entries]
    total = sum(about.st_size for about, _ in found)
    if len(found) <= _MOST_FILES and total <= _MOST_BYTES:
        return
    found.sort(key=lambda one: one[0].st_mtime)
    for _, name in found[: len(found) // 2]:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
