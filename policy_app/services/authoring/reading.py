"""ARM's body of a definition, read: what is stored of it, and what the evaluation makes of that.

Nothing is looked up here but the text itself; ``rules`` and ``initiatives`` judge what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from policy_app.evaluation.language.definitions import PolicyDefinition, PolicySetDefinition
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.structure import INITIATIVE, POLICY, SHAPES
from policy_app.evaluation.language.versions import VersionError, VersionPattern
from policy_app.models import Definition, Scope
from policy_app.services.drafts.validation import faults_of_name, refuse, strings_in
from policy_app.services.errors import PolicyError
from policy_app.services.scopes import normal_id

Kind = Definition.Kind
Parsed = PolicyDefinition | PolicySetDefinition

PROVIDER = "providers/Microsoft.Authorization"
FOLDERS = {Kind.POLICY: "policyDefinitions", Kind.INITIATIVE: "policySetDefinitions"}
LABELS = {Kind.POLICY: "policy definition", Kind.INITIATIVE: "policy set definition"}

NAME_LIMIT = 64
_LIMITS = {"displayName": 128, "description": 512}
_FIELDS = {
    Kind.POLICY: tuple(SHAPES[POLICY].fields),
    Kind.INITIATIVE: tuple(SHAPES[INITIATIVE].fields),
}
_SHOWN = frozenset({"versions"})
"""What a definition that is read shows, and a save passes over."""
_MEMBER_SHOWN = frozenset({"latestDefinitionVersion", "effectiveDefinitionVersion"})
_NOT_SERVED = frozenset({"externalEvaluationEnforcementSettings"})
_CODES = (
    # the first beginning that fits the field at fault says which of ARM's codes applies
    ("properties.policyRule", "InvalidPolicyRule"),
    ("properties.parameters", "InvalidPolicyParameters"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition before it is stored; ``properties`` is ARM's, without what only a read shows."""

    kind: Definition.Kind
    scope: Scope
    name: str
    properties: dict[str, Any]
    parsed: Parsed
    version: str
    """The version that the body asks for; empty where it names none."""
    faults: tuple[PolicyError, ...] = ()
    """What is wrong with the name, to be told along with what is wrong with the rest."""

    @property
    def arm_id(self) -> str:
        """The id that the definition has, or will have."""
        return arm_id(self.kind, self.scope, self.name)

    @property
    def subject(self) -> str:
        """How a sentence calls it."""
        return f"The {LABELS[self.kind]} '{self.name}'"

    def as_version(self, version: str) -> Draft:
        """The same, as this version of it."""
        properties = {**self.properties, "version": version}
        return replace(
            self, properties=properties, parsed=parse(self.kind, self.arm_id, self.name, properties)
        )


def arm_id(kind: Definition.Kind, scope: Scope, name: str) -> str:
    """The id of a definition at a scope."""
    return f"{scope.arm_id}/{PROVIDER}/{FOLDERS[kind]}/{name}"


def read(kind: Definition.Kind, scope: Scope, name: str, body: Any) -> Draft:
    """The draft that a PUT body describes.

    Raises ``PolicyError`` with the fields at fault: a place where no definition can be, a field of
    the wrong shape or of none, texts that are too long.  A name that ARM forbids hinders nobody
    from judging the rest, so it is kept as a fault of the draft.
    """
    _refuse_scope(kind, scope)
    code = f"Invalid{FOLDERS[kind][0].upper()}{FOLDERS[kind][1:-1]}Name"
    named = tuple(faults_of_name(name, NAME_LIMIT, "here", what=LABELS[kind], code=code))
    given = _given(body)
    properties = _stored(kind, given)
    misshapen = [*_shape_faults(kind, given), *_faults_of_parts(kind, properties)]
    if misshapen:
        refuse([*named, *misshapen], f"The {LABELS[kind]} '{name}'")
    parsed = parse(kind, arm_id(kind, scope, name), name, properties)
    return Draft(kind, scope, name, properties, parsed, _version(given), named)


def parse(kind: Definition.Kind, arm_id: str, name: str, properties: dict[str, Any]) -> Parsed:
    """The definition as the evaluation understands it.  Raises ``PolicyError``."""
    parser = PolicySetDefinition if kind == Kind.INITIATIVE else PolicyDefinition
    # A version that metadata gives is text like any other until it becomes the version.
    shape = {"id": arm_id, "name": name, "properties": {"version": "1.0.0", **properties}}
    try:
        return parser.parse(shape)
    except LanguageError as error:
        raise _refusal(kind, error) from None


def _faults_of_parts(kind: Definition.Kind, properties: Mapping[str, Any]) -> Iterator[PolicyError]:
    """What cannot be read in an initiative, part by part: people mend all of it at once."""
    if kind == Kind.INITIATIVE:
        for error in PolicySetDefinition.faults({"properties": properties}):
            yield _refusal(kind, error)


def full_version(text: str, target: str) -> str:
    """The text, where it is a whole version (``1.2.0``, ``1.2.0-preview``) and no pattern."""
    try:
        numbers = VersionPattern.parse(text).numbers
    except VersionError as error:
        raise PolicyError(error.code, error.message, target=target) from None
    if None in numbers or len(text) > 40:
        raise PolicyError(
            VersionError.code,
            f"'{text}' is no version of a definition: write three numbers, as in 1.2.0.",
            target=target,
        )
    return text


def _refuse_scope(kind: Definition.Kind, scope: Scope) -> None:
    if scope.kind in (Scope.Kind.MANAGEMENT_GROUP, Scope.Kind.SUBSCRIPTION):
        return
    raise PolicyError(
        "InvalidScope",
        f"A {LABELS[kind]} is kept at a management group or a subscription, and not at"
        f" '{scope.arm_id}'.",
        target="scope",
    )


def _given(body: Any) -> dict[str, Any]:
    """The properties that the body has, without those that are null."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise _wrong("properties", "is required: an object with the definition.")
    return {name: value for name, value in properties.items() if value is not None}


def _shape_faults(kind: Definition.Kind, given: Mapping[str, Any]) -> Iterator[PolicyError]:
    yield from _unknown_fields(kind, given)
    policy_type = given.get("policyType", "Custom")
    if str(policy_type).lower() not in ("custom", "notspecified"):
        problem = f"is '{policy_type}'; only Azure makes such definitions. Use Custom."
        yield _wrong("properties.policyType", problem)
    for name, limit in _LIMITS.items():
        text = given.get(name)
        if isinstance(text, str) and len(text) > limit:
            yield _wrong(f"properties.{name}", f"has {len(text)} characters; it may have {limit}.")
    metadata = given.get("metadata")
    category = metadata.get("category") if isinstance(metadata, dict) else None
    if not _is_text(category, 120):
        yield _wrong("properties.metadata.category", "must be a string of 120 characters at most.")
    if not _is_text(given.get("mode"), 60):
        yield _wrong("properties.mode", "must be a string such as Microsoft.Kubernetes.Data.")
    try:
        _version(given)
    except PolicyError as error:
        yield error
    for where, text in strings_in(dict(given), "properties"):
        if "\x00" in text:
            yield _wrong(where, "has a NUL character, which cannot be stored.")


def _unknown_fields(kind: Definition.Kind, given: Mapping[str, Any]) -> Iterator[PolicyError]:
    for name in given:
        if name in _NOT_SERVED:
            text = f"'properties.{name}' is part of Azure's API and not of this portal's."
            yield PolicyError("NotImplemented", text, target=f"properties.{name}", status=501)
        elif name not in (*_FIELDS[kind], *_SHOWN):
            known = ", ".join(_FIELDS[kind])
            yield _wrong(f"properties.{name}", f"is no field of a {LABELS[kind]}: it has {known}.")


def _is_text(value: Any, limit: int) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= limit)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _stored(kind: Definition.Kind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept: ARM's own spelling of the type, every member with an id of its own."""
    kept = {name: value for name, value in given.items() if name in _FIELDS[kind]}
    kept.pop("version", None)
    kept["policyType"] = Definition.PolicyType.CUSTOM.value
    if isinstance(kept.get("parameters"), dict):
        kept["parameters"] = {name: _given_in(one) for name, one in kept["parameters"].items()}
    if isinstance(kept.get("policyDefinitionGroups"), list):
        kept["policyDefinitionGroups"] = [_given_in(one) for one in kept["policyDefinitionGroups"]]
    if kind == Kind.POLICY:
        kept.setdefault("mode", "All")
    elif isinstance(kept.get("policyDefinitions"), list):
        kept["policyDefinitions"] = list(_references(kept["policyDefinitions"]))
    return kept


def _given_in(one: Any) -> Any:
    """An object without what is null: clients write every field, ARM keeps those with a value."""
    if not _is_object(one):
        return one
    return {name: value for name, value in one.items() if value is not None}


def _references(members: list[Any]) -> Iterator[Any]:
    """The members, each with a reference id: made up where the body leaves it out, as ARM does."""
    taken = {
        str(one.get("policyDefinitionReferenceId")).lower()
        for one in members
        if one and _is_object(one)
    }
    for number, one in enumerate(members, start=1):
        if not _is_object(one):
            yield one
            continue
        kept = {key: value for key, value in _given_in(one).items() if not _is_shown(key, value)}
        if isinstance(kept.get("policyDefinitionId"), str) and kept["policyDefinitionId"]:
            kept["policyDefinitionId"] = normal_id(kept["policyDefinitionId"])
        if not kept.get("policyDefinitionReferenceId"):
            made = f"policy{number}"
            while made in taken:
                made = f"{made}_"
            taken.add(made)
            kept["policyDefinitionReferenceId"] = made
        yield kept


def _is_shown(key: str, value: Any) -> bool:
    """Is it what only a read of a member says? Another kind of value than a read's is told of."""
    return key in _MEMBER_SHOWN and isinstance(value, str)


def _version(given: Mapping[str, Any]) -> str:
    version = given.get("version")
    if version is None or version == "":
        return ""
    if not isinstance(version, str):
        raise _wrong("properties.version", "must be a string such as 1.2.0.")
    return full_version(version, "properties.version")


def _refusal(kind: Definition.Kind, error: LanguageError) -> PolicyError:
    code = error.code
    if code == "InvalidPolicyDefinition":
        fallback = "InvalidRequestContent"
        if kind == Kind.INITIATIVE:
            fallback = "InvalidCreatePolicySetDefinitionRequest"
        code = next((one for path, one in _CODES if error.path.startswith(path)), fallback)
    return PolicyError(code, error.message, target=error.path)


def _wrong(target: str, what: str) -> PolicyError:
    return PolicyError("InvalidRequestContent", f"'{target}' {what}", target=target)
