"""Kubernetes objects as YAML, in the order of their fields as Kubernetes' own tools write them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

import yaml


class _Dumper(yaml.CSafeDumper):
    """Writes text of several lines as a block, and every value in full."""

    def ignore_aliases(self, data: Any) -> bool:
        """A value that occurs twice is written twice: readers of manifests expect no anchors."""
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump(thing: Any, *, sort: bool = True) -> str:
    """One document, without ``---``."""
    text: str = yaml.dump(
        thing,
        Dumper=_Dumper,
        sort_keys=sort,
        allow_unicode=True,
        default_flow_style=False,
        width=100_000,
    )
    return text


def write_all(things: Iterable[Any], stream: TextIO, *, sort: bool = True) -> None:
    """Several documents with ``---`` between them."""
    for number, thing in enumerate(things):
        stream.write("---\n" if number else "")
        stream.write(dump(thing, sort=sort))
