"""Selectors: the parts of an assignment that say which resources, and which policies, it means.

Source: Microsoft Learn, "Azure Policy assignment structure": resource selectors and overrides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.language.effects import canonical_effect
from policy_app.evaluation.language.errors import EffectError
from policy_app.evaluation.language.reading import Reader
from policy_app.evaluation.language.versions import VersionPattern

REFERENCE_ID = "policyDefinitionReferenceId"
LOCATION = "resourceLocation"
TYPE = "resourceType"
WITHOUT_LOCATION = "resourceWithoutLocation"
ROLLOUT = "resourceRolloutPercentage"
SELECTOR_KINDS = (
    REFERENCE_ID,
    LOCATION,
    TYPE,
    WITHOUT_LOCATION,
    ROLLOUT,
    "userPrincipalId",
    "groupPrincipalId",
)

POLICY_EFFECT = "policyEffect"
DEFINITION_VERSION = "definitionVersion"
OVERRIDE_KINDS = (POLICY_EFFECT, DEFINITION_VERSION)


@dataclass(frozen=True, slots=True)
class Resource:
    """The ARM resource that an assignment is asked about: a cluster, for us."""

    id: str
    type: str = "Microsoft.ContainerService/managedClusters"
    location: str = ""

    @property
    def name(self) -> str:
        """The end of the id; empty where there is none."""
        return self.id.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a selector looks at: a policy of the assignment, and a resource if there is one."""

    reference_id: str = ""
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Selector:
    """One criterion; exactly one of ``within``, ``not_within`` and ``progress`` counts."""

    kind: str
    within: tuple[str, ...] = ()
    not_within: tuple[str, ...] = ()
    progress: int | None = None

    @classmethod
    def parse(cls, reader: Reader) -> Selector:
        """Read ``{"kind": …, "in": […]}`` or ``{"kind": …, "notIn": […]}``."""
        kinds = {kind.lower(): kind for kind in SELECTOR_KINDS}
        kind = kinds.get(reader.required_text("kind").lower())
        if kind is None:
            reader.refuse("kind", f"must be one of {', '.join(SELECTOR_KINDS)}")
        selector = cls(kind, reader.texts("in"), reader.texts("notIn"), _progress(reader))
        if selector.within and selector.not_within:
            reader.refuse("notIn", "cannot stand beside in")
        if not (selector.within or selector.not_within or selector.progress is not None):
            reader.refuse("in", "is required, or notIn instead of it")
        return selector

    def to_object(self) -> dict[str, Any]:
        """The selector in ARM's form."""
        entry: dict[str, Any] = {"kind": self.kind}
        if self.within:
            entry["in"] = list(self.within)
        if self.not_within:
            entry["notIn"] = list(self.not_within)
        if self.progress is not None:
            entry["progress"] = self.progress
        return entry

    def matches(self, subject: Subject) -> bool:
        """Whether the subject meets the criterion.

        Criteria about the resource are met where no resource is asked about.
        """
        if self.kind == REFERENCE_ID:
            return self._holds(subject.reference_id.lower())
        if subject.resource is None:
            return True
        if self.kind == ROLLOUT:
            return _share(subject.resource.id) < (self.progress or 0)
        return self._holds(_trait(self.kind, subject.resource))

    def _holds(self, value: str) -> bool:
        if self.within:
            return value in {_plain(self.kind, choice) for choice in self.within}
        return value not in {_plain(self.kind, choice) for choice in self.not_within}


@dataclass(frozen=True, slots=True)
class ResourceSelector:
    """A named group of criteria; a resource must meet them all."""

    name: str
    selectors: tuple[Selector, ...]

    @classmethod
    def parse(cls, reader: Reader) -> ResourceSelector:
        """Read one entry of ``properties.resourceSelectors``."""
        return cls(
            reader.text("name"),
            tuple(Selector.parse(inner) for inner in reader.objects("selectors")),
        )

    def to_object(self) -> dict[str, Any]:
        """The entry in ARM's form."""
        return {
            "name": self.name,
            "selectors": [selector.to_object() for selector in self.selectors],
        }

    def matches(self, subject: Subject) -> bool:
        """Whether the subject meets every criterion."""
        return all(selector.matches(subject) for selector in self.selectors)


@dataclass(frozen=True, slots=True)
class Override:
    """Another effect, or another definition version, for some of the assignment's policies."""

    kind: str
    value: str
    selectors: tuple[Selector, ...] = ()

    @classmethod
    def parse(cls, reader: Reader) -> Override:
        """Read one entry of ``properties.overrides``."""
        kinds = {kind.lower(): kind for kind in OVERRIDE_KINDS}
        kind = kinds.get(reader.required_text("kind").lower())
        if kind is None:
            reader.refuse("kind", f"must be one of {', '.join(OVERRIDE_KINDS)}")
        value = reader.required_text("value")
        if kind == POLICY_EFFECT:
            value = _effect(reader, value)
        else:
            VersionPattern.parse(value, path=reader.where("value"))
        return cls(kind, value, tuple(map(Selector.parse, reader.objects("selectors"))))

    def to_object(self) -> dict[str, Any]:
        """The entry in ARM's form."""
        entry: dict[str, Any] = {"kind": self.kind, "value": self.value}
        if self.selectors:
            entry["selectors"] = [selector.to_object() for selector in self.selectors]
        return entry

    def matches(self, subject: Subject) -> bool:
        """Whether the override is meant for the subject; without selectors, for every policy."""
        return all(selector.matches(subject) for selector in self.selectors)


def _effect(reader: Reader, value: str) -> str:
    try:
        return canonical_effect(value)
    except EffectError as error:
        reader.refuse("value", error.message)


def _progress(reader: Reader) -> int | None:
    value = reader.fields.get("progress")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        reader.refuse("progress", "should be a whole number from 0 to 100")
    return value


def _trait(kind: str, resource: Resource) -> str:
    traits: Mapping[str, str] = {
        LOCATION: plain_location(resource.location),
        TYPE: resource.type.lower(),
    }
    return traits.get(kind, "")


def _plain(kind: str, value: str) -> str:
    return plain_location(value) if kind == LOCATION else value.lower()


def plain_location(value: str) -> str:
    """``West Europe`` and ``westeurope`` are one location."""
    return value.lower().replace(" ", "")


def _share(resource_id: str) -> int:
    """A number from 0 to 99 that stays the same for a resource, and spreads over many."""
    return int(hashlib.sha256(resource_id.lower().encode()).hexdigest(), 16) % 100
