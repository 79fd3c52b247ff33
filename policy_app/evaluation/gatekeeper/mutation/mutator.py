"""One mutator: which objects it changes, where, and into what.

Source: ``mutations.gatekeeper.sh`` of Gatekeeper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_app.evaluation.gatekeeper.constraints import MAX_NAME, NO_ORIGIN
from policy_app.evaluation.gatekeeper.errors import MutatorError
from policy_app.evaluation.gatekeeper.match import (
    Match,
    Matched,
    NotMatched,
    Outcome,
    Subject,
)
from policy_app.evaluation.gatekeeper.mutation import spec as specs
from policy_app.evaluation.gatekeeper.mutation.external_data import USERNAME, Placeholder
from policy_app.evaluation.gatekeeper.mutation.location import Item, Location
from policy_app.evaluation.gatekeeper.mutation.path_tests import PathTests
from policy_app.evaluation.gatekeeper.mutation.setters import (
    Merge,
    Prune,
    Put,
    SetImage,
    Setter,
)
from policy_app.evaluation.gatekeeper.mutation.spec import (
    ApplyTo,
    Effect,
    FromMetadata,
    FromProvider,
    Owner,
)
from policy_app.evaluation.gatekeeper.mutation.walk import Walk
from policy_app.evaluation.gatekeeper.reading import Fields
from policy_app.evaluation.gatekeeper.scopes import split_api_version
from policy_app.evaluation.results import Origin

GROUP = "mutations.gatekeeper.sh"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
KINDS = (specs.ASSIGN, specs.ASSIGN_IMAGE, specs.ASSIGN_METADATA, specs.MODIFY_SET)

UNKNOWN = "unknown"
OBJECT = "object"
LIST = "list"
SET = "set"
TEXT = "string"


@dataclass(frozen=True, slots=True, order=True)
class MutatorId:
    """What tells mutators apart, and the order in which they run."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.group} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Mutator:
    """A checked mutator."""

    id: MutatorId
    location: Location
    tests: PathTests
    effect: Effect
    apply_to: tuple[ApplyTo, ...] = ()
    match: Match | None = None
    """None changes everything that ``apply_to`` names."""
    generation: int = 0
    origin: Origin = NO_ORIGIN
    """The Azure objects behind it, where there are any."""
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The mutator's Kubernetes object."""

    @classmethod
    def parse(cls, value: Any, origin: Origin = NO_ORIGIN) -> Mutator:
        """Read a mutator's Kubernetes object.

        Raises ``MutatorError`` with the path of the field at fault.
        """
        owner = _identity(value)
        spec = Fields(value).child("spec")
        parameters = spec.child("parameters")
        location = specs.read_location(spec, owner)
        metadata = Fields(value).child("metadata")
        generation = metadata.values.get("generation")
        return cls(
            id=MutatorId(GROUP, owner.kind, metadata.text("namespace"), owner.name),
            location=location,
            effect=specs.read_effect(parameters, location, owner),
            tests=specs.read_tests(parameters, location, owner),
            apply_to=specs.read_apply_to(spec, owner),
            match=specs.read_match(spec),
            generation=generation if isinstance(generation, int) else 0,
            origin=origin,
            written=value,
        )

    def to_object(self) -> dict[str, Any]:
        """The mutator's Kubernetes object, ready for ``kubectl apply``."""
        return dict(self.written)

    @property
    def name(self) -> str:
        """The mutator's name."""
        return self.id.name

    @property
    def kind(self) -> str:
        """``Assign``, ``AssignImage``, ``AssignMetadata`` or ``ModifySet``."""
        return self.id.kind

    @property
    def annotation(self) -> str:
        """How ``gatekeeper.sh/mutations`` names it."""
        return f"{self.kind}/{self.id.namespace}/{self.name}:{self.generation}"

    @property
    def bindings(self) -> frozenset[tuple[str, str, str]]:
        """Every (group, version, kind) whose shape it implies; none for AssignMetadata."""
        return frozenset().union(*(one.bindings for one in self.apply_to))

    @property
    def must_end_there(self) -> bool:
        """Whether nothing else may work below its location."""
        return isinstance(self.effect, SetImage | FromProvider)

    def implied_type(self, depth: int) -> str:
        """What its location says that the field at a step holds."""
        if depth + 1 < len(self.location.steps):
            return LIST if isinstance(self.location.steps[depth + 1], Item) else OBJECT
        if isinstance(self.effect, Merge | Prune):
            return SET
        return TEXT if isinstance(self.effect, SetImage) else UNKNOWN

    def judge(self, subject: Subject, operation: str = "") -> Outcome:
        """Whether it changes an object; the first criterion that says no decides."""
        if self.kind != specs.ASSIGN_METADATA and not self._applies(subject, operation):
            return NotMatched("applyTo", f"It does not apply to {subject.kind}.")
        return self.match.judge(subject) if self.match is not None else Matched()

    def apply(self, thing: dict[str, Any], username: str = "") -> dict[str, Any] | None:
        """The object after the mutation; None where its tests, or a glob, left it alone.

        Raises ``MutationError`` where the object is not shaped as the location says.
        """
        return Walk(self.location, self.tests, self._setter(thing, username)).over(thing)

    def _applies(self, subject: Subject, operation: str) -> bool:
        version = split_api_version(subject.object.get("apiVersion"))[1]
        wanted = subject.group, version, subject.kind
        return any(
            wanted in one.bindings
            and (not operation or not one.operations or {operation, "*"} & {*one.operations})
            for one in self.apply_to
        )

    def _setter(self, thing: Mapping[str, Any], username: str) -> Setter:
        if isinstance(self.effect, FromMetadata):
            return Put(Subject(thing).field(self.effect.field))
        if isinstance(self.effect, FromProvider):
            source = self.effect.source
            return Put(Placeholder(source, username if source.data_source == USERNAME else ""))
        return self.effect


def is_mutator(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is a mutator."""
    return split_api_version(value.get("apiVersion"))[0] == GROUP and value.get("kind") in KINDS


def _identity(value: Any) -> Owner:
    if not isinstance(value, Mapping):
        raise MutatorError("a mutator must be an object")
    kind, version = value.get("kind"), split_api_version(value.get("apiVersion"))[1]
    if not is_mutator(value) or version not in VERSIONS:
        raise MutatorError(
            f"{value.get('apiVersion')}/{kind} is no mutator: kind must be one of "
            f"{', '.join(KINDS)}, of {GROUP} in one of the versions {', '.join(VERSIONS)}",
            path="kind" if kind not in KINDS else "apiVersion",
        )
    name = Fields(value).child("metadata").text("name")
    if not name:
        raise MutatorError(f"metadata.name is required for {kind}", path="metadata.name")
    if len(name) > MAX_NAME:
        raise MutatorError(
            f"resource cannot have metadata.name larger than {MAX_NAME} char; length: {len(name)}",
            path="metadata.name",
        )
    return Owner(str(kind), name)
