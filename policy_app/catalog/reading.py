"""Read ARM JSON files: one definition or set definition each, with what was wrong with a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES = 5 * 1024 * 1024
_BUILT_IN = "/providers/Microsoft.Authorization"


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file that was passed over, and why; ``line`` is 0 where the whole file is meant."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Published:
    """One definition as published: ``shape`` is ``{id, name, properties}``."""

    path: str
    shape: dict[str, Any]

    @property
    def is_set(self) -> bool:
        """True for a policy set definition."""
        return "policyDefinitions" in self.shape["properties"]


def read(path: Path) -> Iterator[Published | FileProblem]:
    """Every definition in a file or below a folder, in the order of the paths."""
    if not path.exists():
        yield FileProblem(str(path), 0, "There is no such file or folder.")
        return
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files:
        yield FileProblem(str(path), 0, "The folder holds no .json file.")
    for file in files:
        found = _read_file(file)
        if found is not None:
            yield found


def _read_file(file: Path) -> Published | FileProblem | None:
    try:
        if file.stat().st_size > MAX_BYTES:
            return FileProblem(str(file), 0, "The file is larger than 5 MB.")
        # Azure publishes some of its files with a byte order mark.
        value = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return FileProblem(str(file), 0, f"The file cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        return FileProblem(str(file), 0, "The file is not UTF-8 text.")
    except json.JSONDecodeError as error:
        return FileProblem(str(file), error.lineno, f"This is no JSON: {error.msg}.")
    except RecursionError:
        return FileProblem(str(file), 0, "The JSON is nested too deeply.")
    return _shape(file, value)


def _shape(file: Path, value: Any) -> Published | FileProblem | None:
    """A checkout holds other JSON too: what has no policy in it is passed over in silence."""
    properties = value.get("properties") if isinstance(value, dict) else None
    if not isinstance(properties, dict):
        return None
    is_set = "policyDefinitions" in properties
    if not is_set and "policyRule" not in properties:
        return None
    name = value.get("name")
    if not isinstance(name, str) or not name:
        return FileProblem(str(file), 0, 'The definition has no "name"; expected its GUID.')
    folder = "policySetDefinitions" if is_set else "policyDefinitions"
    arm_id = value.get("id") or f"{_BUILT_IN}/{folder}/{name}"
    return Published(str(file), {"id": arm_id, "name": name, "properties": properties})
