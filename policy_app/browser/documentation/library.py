"""Which documents there are, by subject, as ``docs/`` has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

FOLDER: Path = settings.BASE_DIR / "docs"
IMAGES = FOLDER / "images"

SUBJECTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Begin here", ("how-to", "differences")),
    ("Policies", ("authoring", "compliance", "remediation", "access")),
    ("Pipelines and clusters", ("cli", "webhooks", "cluster", "snapshots")),
    ("Running the portal", ("configuration", "operations")),
    ("How policies are evaluated", ("rego", "rego-builtins", "cel")),
    ("For developers", ("architecture", "design", "dependencies")),
)
"""The names of the documents, without ``.md``; a test holds that none is left out."""
NAMES = tuple(name for _, group in SUBJECTS for name in group)


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its name in addresses, its heading, and its Markdown."""

    name: str
    title: str
    text: str


def read(name: str) -> Document | None:
    """The document of this name; None where there is none."""
    if name not in NAMES:
        return None
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return Document(name, text.partition("\n")[0].lstrip("# ").strip(), text)


def image(name: str) -> Path | None:
    """The picture of this name, which must lie in the folder itself; None where there is none."""
    if not IMAGES.is_dir():
        return None
    return next((file for file in IMAGES.iterdir() if file.name == name), None)
