"""Image references as AssignImage takes them apart: domain, path, and tag or digest.

Source: ``pkg/mutation/mutators/assignimage`` of Gatekeeper, whose parts must match its patterns:
otherwise a part could be read as its neighbour the next time, and the mutation never come to rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy_app.evaluation.gatekeeper.errors import MutatorError

_DOMAIN = re.compile(r"(?:\w[\w-]*\.[\w.-]*\w|localhost)(?::[0-9]+)?", re.ASCII)
_PATH = re.compile(r"[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*")
_TAG = re.compile(
    r":\w[\w.-]{0,127}"
    r"|@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}",
    re.ASCII,
)
_TAG_SIGN = re.compile("[:@]")


@dataclass(frozen=True, slots=True)
class Image:
    """The parts of a reference; each is empty where it has none."""

    domain: str = ""
    path: str = ""
    tag: str = ""
    """With its sign: ``:1.27`` or ``@sha256:…``."""

    @classmethod
    def parse(cls, reference: str) -> Image:
        """Take a reference apart; any text is one."""
        domain, rest = _split_domain(reference)
        sign = _TAG_SIGN.search(rest)
        cut = sign.start() if sign else len(rest)
        return cls(domain, rest[:cut], rest[cut:])

    def over(self, old: Image) -> Image:
        """These parts, and the old ones where there are none."""
        return Image(self.domain or old.domain, self.path or old.path, self.tag or old.tag)

    def check(self) -> None:
        """Raise ``MutatorError`` unless these parts can be assigned and stay what they are."""
        if not (self.domain or self.path or self.tag):
            raise MutatorError("at least one of [assignDomain, assignPath, assignTag] must be set")
        if self.domain and not _DOMAIN.fullmatch(self.domain):
            _refuse("assignDomain", self.domain, "a fully-qualified domain name or localhost")
        if self.path and not _PATH.fullmatch(self.path):
            _refuse("assignPath", self.path, "a valid docker image path")
        if self.tag and not _TAG.fullmatch(self.tag):
            wanted = "a valid docker image tag or digest starting with ':' or '@'"
            _refuse("assignTag", self.tag, wanted)
        if not self.domain and _split_domain(self.path)[0]:
            raise MutatorError(
                f'assignDomain must be set if the first part of assignPath "{self.path}" can be '
                "interpreted as part of a domain",
                path="assignDomain",
            )

    def __str__(self) -> str:
        return (f"{self.domain}/" if self.domain else "") + self.path + self.tag


def _split_domain(reference: str) -> tuple[str, str]:
    first, slash, rest = reference.partition("/")
    if slash and (first == "localhost" or _is_host(first)):
        return first, rest
    return "", reference


def _is_host(text: str) -> bool:
    return "." in text or ":" in text


def _refuse(name: str, value: str, wanted: str) -> None:
    raise MutatorError(f'{name} "{value}" must be {wanted}', path=name)
