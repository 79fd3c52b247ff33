"""Definition versions: ``6.2.0``, ``1.0.0-preview``, and the patterns that pin them.

Source: Microsoft Learn, "Azure Policy definition structure: versioning".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from policy_app.evaluation.language.errors import LanguageError

_PATTERN = re.compile(
    r"(?P<major>\d+|\*)\.(?P<minor>\d+|\*)\.(?P<patch>\d+|\*)(?:-(?P<tag>[0-9A-Za-z.-]+))?"
)


class VersionError(LanguageError):
    """A version or version pattern that is none."""

    code = "InvalidPolicyDefinitionVersion"


@dataclass(frozen=True, slots=True)
class VersionPattern:
    """Numbers that must fit; None stands for ``*``.  The tag (``preview``) must fit exactly."""

    numbers: tuple[int | None, int | None, int | None]
    tag: str = ""

    @classmethod
    def parse(cls, text: str, *, path: str = "") -> VersionPattern:
        """Read ``6.*.*``, ``6.1.*``, ``1.*.*-preview`` or a full version.

        Raises ``VersionError``, with ``path`` as the place of the text.
        """
        found = _PATTERN.fullmatch(text.strip())
        if found is None:
            raise VersionError(
                f"{text!r} is not a version: write it as 6.*.*, 6.1.*, 6.1.0 or 1.*.*-preview",
                path=path,
            )
        major, minor, patch = (
            None if found[part] == "*" else int(found[part]) for part in ("major", "minor", "patch")
        )
        return cls((major, minor, patch), (found["tag"] or "").lower())

    def fits(self, version: VersionPattern) -> bool:
        """True where a full version is one of those that this pattern names."""
        return self.tag == version.tag and all(
            wanted is None or wanted == number
            for wanted, number in zip(self.numbers, version.numbers, strict=True)
        )


def version_key(version: str) -> tuple[int, int, int, bool, str]:
    """A key to sort versions by, oldest first; a preview comes before its release."""
    parsed = VersionPattern.parse(version)
    major, minor, patch = (number or 0 for number in parsed.numbers)
    return major, minor, patch, not parsed.tag, parsed.tag


def major_pattern(version: str) -> str:
    """The pattern of every version of the same major one: ``6.2.0`` is of ``6.*.*``.

    The tag stays: ``1.0.0-preview`` is of ``1.*.*-preview``.
    """
    numbers, dash, tag = version.partition("-")
    return f"{numbers.split('.')[0]}.*.*{dash}{tag}"


def pick_version(pattern: str, versions: Iterable[str]) -> str | None:
    """The newest of ``versions`` that fits, in the spelling given; None where none does.

    ``pick_version("6.*.*", ["6.1.0", "6.10.0", "7.0.0"])`` is ``"6.10.0"``.
    Raises ``VersionError`` for a pattern or version that is none.
    """
    wanted = VersionPattern.parse(pattern)
    fitting = [version for version in versions if wanted.fits(VersionPattern.parse(version))]
    return max(fitting, key=version_key, default=None)
