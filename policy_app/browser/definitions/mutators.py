"""The mutators behind a definition that changes objects, to be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from policy_app.browser import highlighting
from policy_app.catalog import sources
from policy_app.evaluation.language.definitions import PolicyDefinition
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.errors import LanguageError


@dataclass(frozen=True, slots=True)
class MutatorsView:
    """The mutators as the page shows them; ``problem`` where they could not be read."""

    source: str
    lines: list[highlighting.Line] = field(default_factory=list)
    problem: str = ""


def has_some(parsed: object) -> bool:
    """Does the definition name mutators?"""
    return isinstance(parsed, PolicyDefinition) and _source(parsed) is not None


def read(parsed: PolicyDefinition) -> MutatorsView:
    """The mutators that the definition carries or names; only for definitions that have some."""
    source = _source(parsed)
    assert source is not None
    shown = source.url or "Base64 text in the definition"
    try:
        text = sources.text(source) if source.url else source.text()
    except LanguageError as error:
        return MutatorsView(shown, problem=f"The mutators cannot be read: {error}")
    if text is None:
        return MutatorsView(shown, problem="The portal's store has no mutators of this name.")
    return MutatorsView(shown, highlighting.lines(text.rstrip("\n"), "yaml"))


def _source(parsed: PolicyDefinition) -> Source | None:
    details = parsed.kubernetes_details
    return details.mutation if details else None
