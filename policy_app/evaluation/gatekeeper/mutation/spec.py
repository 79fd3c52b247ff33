"""The parts of a mutator's ``spec``, checked as Gatekeeper's webhook checks them.

Source: ``pkg/mutation/mutators`` and ``apis/mutations`` of Gatekeeper, whose texts are used where
they are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.errors import ConstraintError, MutatorError
from policy_app.evaluation.gatekeeper.match import Match
from policy_app.evaluation.gatekeeper.mutation.external_data import (
    DATA_SOURCES,
    FAIL,
    FAILURE_POLICIES,
    USE_DEFAULT,
    USERNAME,
    VALUE_AT_LOCATION,
    ExternalData,
)
from policy_app.evaluation.gatekeeper.mutation.images import Image
from policy_app.evaluation.gatekeeper.mutation.json_values import same
from policy_app.evaluation.gatekeeper.mutation.location import (
    Field,
    Item,
    Location,
    LocationError,
)
from policy_app.evaluation.gatekeeper.mutation.path_tests import (
    CONDITIONS,
    MUST_NOT_EXIST,
    PathTests,
)
from policy_app.evaluation.gatekeeper.mutation.setters import Merge, Prune, Put, SetImage
from policy_app.evaluation.gatekeeper.reading import Fields, placed

ASSIGN = "Assign"
ASSIGN_IMAGE = "AssignImage"
ASSIGN_METADATA = "AssignMetadata"
MODIFY_SET = "ModifySet"

NAME = "name"
NAMESPACE = "namespace"
MERGE = "merge"
PRUNE = "prune"
_SOURCES = ("externalData", "value", "fromMetadata")
_METADATA = frozenset({Field("labels"), Field("annotations")})


@dataclass(frozen=True, slots=True)
class FromMetadata:
    """The object's own name or namespace."""

    field: str


@dataclass(frozen=True, slots=True)
class FromProvider:
    """What an external data provider answers."""

    source: ExternalData


Effect = Put | FromMetadata | FromProvider | Merge | Prune | SetImage


@dataclass(frozen=True, slots=True)
class ApplyTo:
    """Groups, versions and kinds, each as it is written: ``*`` is no wildcard here."""

    groups: tuple[str, ...]
    versions: tuple[str, ...]
    kinds: tuple[str, ...]
    operations: tuple[str, ...] = ()
    """Empty for all."""

    @property
    def bindings(self) -> frozenset[tuple[str, str, str]]:
        """Every (group, version, kind)."""
        return frozenset(
            (group, version, kind)
            for group in self.groups
            for version in self.versions
            for kind in self.kinds
        )


@dataclass(frozen=True, slots=True)
class Owner:
    """Which mutator the parts are read for, as its errors name it."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def read_location(spec: Fields, owner: Owner) -> Location:
    """Where the mutator works, if its kind may work there.  Raises ``MutatorError``."""
    text = spec.text("location")
    try:
        location = Location.parse(text)
    except LocationError as error:
        prefix = f"invalid location format `{text}` for {owner}: "
        raise placed(error, "spec.location", prefix) from None
    problem = _misplaced(location, owner)
    if problem:
        raise MutatorError(problem, path="spec.location")
    return location


def _misplaced(location: Location, owner: Owner) -> str:
    """Why a kind of mutator may not work at a location; empty where it may."""
    if not location.steps:
        return "empty path"
    if owner.kind == ASSIGN_METADATA:
        return "" if _is_label(location) else f"invalid location for {owner}: {location}"
    if location.is_metadata:
        return f"{owner} can't change metadata"
    if owner.kind == MODIFY_SET and isinstance(location.last, Item):
        return "final node in a modifyset location cannot be a keyed list"
    if owner.kind == ASSIGN_IMAGE and isinstance(location.last, Item):
        return f"{owner} cannot mutate list-type fields"
    before_last = location.steps[-2:-1]
    if (
        owner.kind != MODIFY_SET
        and isinstance(location.last, Field)
        and [step.key for step in before_last if isinstance(step, Item)] == [location.last.name]
    ):
        return "invalid path format: changing the item key is not allowed"
    return ""


def _is_label(location: Location) -> bool:
    steps = location.steps
    return (
        len(steps) == len(("metadata", "labels", "key"))
        and location.is_metadata
        and steps[1] in _METADATA
        and isinstance(steps[2], Field)
    )


def read_tests(parameters: Fields, location: Location, owner: Owner) -> PathTests:
    """What must hold on the way; AssignMetadata never overwrites.  Raises ``MutatorError``."""
    if owner.kind == ASSIGN_METADATA:
        return PathTests.of(location, [(location, MUST_NOT_EXIST)])
    path = parameters.at("pathTests")
    tests = [_path_test(test, owner) for test in parameters.children("pathTests")]
    try:
        return PathTests.of(location, tests)
    except MutatorError as error:
        raise placed(error, path) from None


def _path_test(test: Fields, owner: Owner) -> tuple[Location, str]:
    text, condition = test.text("subPath"), test.text("condition")
    if condition not in CONDITIONS:
        test.refuse(
            "condition",
            f'"{condition}" is not a valid path test condition: {" or ".join(CONDITIONS)}',
        )
    try:
        return Location.parse(text), condition
    except LocationError as error:
        prefix = f"problem parsing sub path `{text}` for {owner}: "
        raise placed(error, test.at("subPath"), prefix) from None


def read_effect(parameters: Fields, location: Location, owner: Owner) -> Effect:
    """What the mutator does at its location.  Raises ``MutatorError``."""
    if owner.kind == MODIFY_SET:
        return _set_effect(parameters)
    if owner.kind == ASSIGN_IMAGE:
        return _image_effect(parameters, owner)
    effect = _assigned(parameters.child("assign"), owner)
    if owner.kind == ASSIGN_METADATA:
        _check_metadata_value(effect, owner)
    else:
        _check_list_end(effect, location)
    return effect


def _set_effect(parameters: Fields) -> Merge | Prune:
    operation = parameters.choice("operation", (MERGE, PRUNE), MERGE)
    values = tuple(parameters.child("values").items("fromList"))
    return Merge(values) if operation == MERGE else Prune(values)


def _image_effect(parameters: Fields, owner: Owner) -> SetImage:
    image = Image(*(parameters.text(f"assign{part}") for part in ("Domain", "Path", "Tag")))
    try:
        image.check()
    except MutatorError as error:
        path = parameters.at(error.path) if error.path else parameters.path
        raise placed(error, path, f"{owner} has invalid parameters: ") from None
    return SetImage(image)


def _assigned(assign: Fields, owner: Owner) -> Put | FromMetadata | FromProvider:
    given = [name for name in _SOURCES if assign.has(name)]
    if len(given) != 1:
        wording = "must only set one of" if given else "must set one of"
        raise MutatorError(
            f"assign {wording} `externalData`, `value` or `fromMetadata`: invalid assign field",
            path=assign.path,
        )
    if given == ["value"]:
        return Put(assign.values["value"])
    if given == ["fromMetadata"]:
        return FromMetadata(_metadata_field(assign.child("fromMetadata")))
    return FromProvider(_external_data(assign.child("externalData"), owner))


def _metadata_field(source: Fields) -> str:
    field = source.text("field")
    if field not in (NAME, NAMESPACE):
        raise MutatorError(
            f'field "{field}" is not recognized: invalid fromMetadata field, which must be '
            f"{NAME} or {NAMESPACE}",
            path=source.at("field"),
        )
    return field


def _external_data(source: Fields, owner: Owner) -> ExternalData:
    found = ExternalData(
        provider=source.text("provider"),
        data_source=source.choice("dataSource", DATA_SOURCES, VALUE_AT_LOCATION),
        failure_policy=source.choice("failurePolicy", FAILURE_POLICIES, FAIL),
        default=source.text("default"),
    )
    if not found.provider:
        source.refuse("provider", "is required")
    if found.failure_policy == USE_DEFAULT and not found.default:
        raise MutatorError(
            "`default` must not be empty when `failurePolicy` is set to `UseDefault`",
            path=source.at("default"),
        )
    if owner.kind == ASSIGN_METADATA and found.data_source != USERNAME:
        raise MutatorError(
            f"only username data source is supported for {owner}", path=source.at("dataSource")
        )
    return found


def _check_metadata_value(effect: Put | FromMetadata | FromProvider, owner: Owner) -> None:
    path = "spec.parameters.assign.value"
    if isinstance(effect, Put) and not isinstance(effect.value, str):
        raise MutatorError(f"{path} field must be a string for {owner}", path=path)


def _check_list_end(effect: Put | FromMetadata | FromProvider, location: Location) -> None:
    """A location that ends in a list takes an object with the key that it names."""
    last = location.last
    if not isinstance(last, Item):
        return
    problem = ""
    if last.is_glob:
        problem = "can't append to a globbed list"
    elif isinstance(effect, FromMetadata):
        problem = "cannot assign a metadata field to a list"
    elif isinstance(effect, FromProvider):
        problem = "cannot assign external data response to a list"
    elif not isinstance(effect.value, Mapping):
        problem = f"invalid value: `{effect.value}`, only objects can be added to keyed lists"
    elif not same(effect.value.get(last.key), last.value):
        problem = (
            f"adding object to list with different key {last.key}: list key {last.value}, "
            f"object key {effect.value.get(last.key)}"
        )
    if problem:
        raise MutatorError(problem, path="spec.parameters.assign")


def read_apply_to(spec: Fields, owner: Owner) -> tuple[ApplyTo, ...]:
    """What is changed; required but for AssignMetadata.  Raises ``MutatorError``."""
    if owner.kind == ASSIGN_METADATA:
        return ()
    found = tuple(_one_apply_to(one, owner) for one in spec.children("applyTo"))
    if not found:
        raise MutatorError(
            f"applyTo required for {owner.kind} mutator {owner.name}", path="spec.applyTo"
        )
    return found


def _one_apply_to(entry: Fields, owner: Owner) -> ApplyTo:
    found = ApplyTo(*(entry.texts(name) for name in ("groups", "versions", "kinds", "operations")))
    if not (found.groups and found.versions and found.kinds):
        raise MutatorError(
            f"invalid applyTo for {owner.kind} mutator {owner.name}, all of group, version and "
            "kind must be specified",
            path=entry.path,
        )
    return found


def read_match(spec: Fields) -> Match | None:
    """Which objects are changed; None for all of them.  Raises ``MutatorError``."""
    value: Any = spec.values.get("match")
    if value is None:
        return None
    try:
        return Match.parse(value, spec.at("match"))
    except ConstraintError as error:
        raise MutatorError(
            error.message.removeprefix("invalid Constraint: "), path=error.path
        ) from None
