"""Semantic versions (https://semver.org), compared by item 11 of their specification."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy_app.evaluation.rego.builtins.core import BuiltinError, Family
from policy_app.evaluation.rego.values import Value

FAMILY = Family("semver")

_VERSION = re.compile(
    r"v?(?P<numbers>[+-]?\d{1,19}\.[+-]?\d{1,19}\.[+-]?\d{1,19})"
    r"(?:-(?P<prerelease>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?"
    r"(?:\+(?P<metadata>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?",
    re.ASCII,
)

Identifier = tuple[int, int, str]


@dataclass(frozen=True, slots=True, order=True)
class _Version:
    """Orders as its version: numbers first, then a release after its pre-releases."""

    numbers: tuple[int, ...]
    released: bool
    prerelease: tuple[Identifier, ...]


def _identifier(text: str) -> Identifier:
    if not text.isdecimal():
        return (1, 0, text)
    # Longer numbers are greater, so none need be converted, however long.
    digits = text.lstrip("0")
    return (0, len(digits), digits)


def _parse(text: str) -> _Version | None:
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    prerelease = match["prerelease"] or ""
    return _Version(
        tuple(int(number) for number in match["numbers"].split(".")),
        not prerelease,
        tuple(_identifier(part) for part in prerelease.split(".")) if prerelease else (),
    )


@FAMILY.builtin("semver.compare", "string", "string", result="number")
def compare(a: str, b: str) -> int:
    """-1, 0 or 1 as ``a`` comes before, is equal to or comes after ``b``."""
    versions = []
    for position, text in enumerate((a, b), 1):
        version = _parse(text)
        if version is None:
            raise BuiltinError(f'operand {position}: string "{text}" is not a valid SemVer')
        versions.append(version)
    first, second = versions
    return int(first > second) - int(first < second)


@FAMILY.builtin("semver.is_valid", "any", result="boolean")
def is_valid(value: Value) -> bool:
    """Whether the value is a semantic version."""
    return type(value) is str and _parse(value) is not None
