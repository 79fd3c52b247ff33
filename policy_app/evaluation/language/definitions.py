"""Policy definitions and policy set definitions, read from ARM's JSON.

Both take the whole resource (``{id, name, properties}``) or its ``properties`` alone; what they
refuse, they refuse with the JSON path.  Source: the ``policyDefinitions`` and
``policySetDefinitions`` resources of Microsoft.Authorization.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from policy_app.evaluation.language import conditions, details_checks
from policy_app.evaluation.language.details import KubernetesDetails
from policy_app.evaluation.language.errors import DefinitionError, LanguageError
from policy_app.evaluation.language.parameters import (
    ParameterSpec,
    parse_parameters,
    parse_values,
)
from policy_app.evaluation.language.reading import Reader, kind_of, refuse_deep
from policy_app.evaluation.language.versions import VersionPattern, pick_version

__all__ = [
    "KUBERNETES_MODE",
    "PolicyDefinition",
    "PolicySetDefinition",
    "PolicySetMember",
    "pick_version",
]

KUBERNETES_MODE = "Microsoft.Kubernetes.Data"
MODES = (KUBERNETES_MODE, "All", "Indexed")
"""The modes that everybody may write; those of other resource providers are only kept."""
DEFAULT_VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class _Described:
    """What definitions and sets have in common."""

    id: str
    name: str
    display_name: str
    description: str
    policy_type: str
    """``BuiltIn``, ``Custom``, ``Static`` or ``NotSpecified``."""
    version: str
    versions: tuple[str, ...]
    """Every version that the service lists, this one included."""
    metadata: Mapping[str, Any]
    parameters: Mapping[str, ParameterSpec]

    @property
    def category(self) -> str:
        """The category that the portal files it under; empty where it has none."""
        return str(self.metadata.get("category", ""))

    @property
    def deprecated(self) -> bool:
        """True where the service advises against new assignments."""
        return self.metadata.get("deprecated") is True

    @property
    def preview(self) -> bool:
        """True where the service may still change it."""
        return self.metadata.get("preview") is True


@dataclass(frozen=True, slots=True)
class PolicyDefinition(_Described):
    """One policy: what it asks for, what it judges, and what happens then."""

    mode: str
    policy_rule: Mapping[str, Any]
    """``{"if": …, "then": {"effect": …, "details": …}}``, expressions as written."""

    @classmethod
    def parse(cls, value: Any) -> PolicyDefinition:
        """Read a definition.  Raises ``DefinitionError`` with the JSON path at fault."""
        envelope, properties = _open(value)
        common = _common(envelope, properties)
        mode = properties.text("mode", "All")
        rule = _rule(properties)
        if mode.lower() == KUBERNETES_MODE.lower():
            conditions.parse(rule.child("if"))
            details_checks.check(rule)
        return cls(**common, mode=mode, policy_rule=rule.fields)

    @property
    def judges_kubernetes(self) -> bool:
        """True for policies about objects in a cluster; the others judge ARM resources."""
        return self.mode.lower() == KUBERNETES_MODE.lower()

    @property
    def effect(self) -> str:
        """``then.effect`` as written: a word or an expression."""
        return str(self.policy_rule["then"]["effect"])

    @property
    def condition(self) -> conditions.Condition:
        """``policyRule.if`` of a policy for Kubernetes: which clusters it is for."""
        return conditions.parse(Reader(self.policy_rule["if"], "", DefinitionError))

    @property
    def effect_parameter(self) -> ParameterSpec | None:
        """The parameter that chooses the effect, where the definition has one."""
        for name, spec in self.parameters.items():
            if self.effect.lower() == f"[parameters('{name.lower()}')]":
                return spec
        return None

    @property
    def kubernetes_details(self) -> KubernetesDetails | None:
        """``then.details`` of a policy for Kubernetes; None for the others."""
        if not self.judges_kubernetes:
            return None
        return KubernetesDetails(self.policy_rule["then"].get("details") or {})

    def to_object(self) -> dict[str, Any]:
        """The ARM resource that ``parse`` reads."""
        properties = _to_properties(self) | {
            "mode": self.mode,
            "policyRule": dict(self.policy_rule),
        }
        return _envelope(self, "policyDefinitions", properties)


@dataclass(frozen=True, slots=True)
class PolicySetMember:
    """One policy inside a set, and what the set tells it."""

    reference_id: str
    definition_id: str
    version_pattern: str = ""
    """``6.*.*``; empty where the set takes any version."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Values for the member's parameters; expressions read the set's parameters."""
    group_names: tuple[str, ...] = ()

    def to_object(self) -> dict[str, Any]:
        """The entry of ``properties.policyDefinitions``."""
        entry: dict[str, Any] = {
            "policyDefinitionReferenceId": self.reference_id,
            "policyDefinitionId": self.definition_id,
            "parameters": {name: {"value": value} for name, value in self.parameters.items()},
        }
        if self.version_pattern:
            entry["definitionVersion"] = self.version_pattern
        if self.group_names:
            entry["groupNames"] = list(self.group_names)
        return entry


@dataclass(frozen=True, slots=True)
class PolicySetDefinition(_Described):
    """An initiative: several policies, assigned together."""

    members: tuple[PolicySetMember, ...]
    groups: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def parse(cls, value: Any) -> PolicySetDefinition:
        """Read a policy set.  Raises ``DefinitionError`` with the JSON path at fault."""
        envelope, properties = _open(value)
        common = _common(envelope, properties)
        members = tuple(
            _member(reader, index)
            for index, reader in enumerate(properties.objects("policyDefinitions"))
        )
        if not members:
            raise DefinitionError(
                "A policy set must have at least one policy definition.",
                path=properties.where("policyDefinitions"),
                code="InvalidCreatePolicySetDefinitionRequest",
            )
        for check in _twins(properties):
            check()
        groups = tuple(reader.fields for reader in properties.objects("policyDefinitionGroups"))
        return cls(**common, members=members, groups=groups)

    @classmethod
    def faults(cls, value: Any) -> list[LanguageError]:
        """Everything that ``parse`` refuses, where it tells only the first: a part each."""
        found = []
        for part in _parts(value):
            try:
                part()
            except LanguageError as error:
                found.append(error)
        try:
            cls.parse(value)
        except LanguageError as error:
            found = found or [error]
        return found

    def to_object(self) -> dict[str, Any]:
        """The ARM resource that ``parse`` reads."""
        properties = _to_properties(self)
        properties["policyDefinitions"] = [member.to_object() for member in self.members]
        if self.groups:
            properties["policyDefinitionGroups"] = [dict(group) for group in self.groups]
        return _envelope(self, "policySetDefinitions", properties)


def _open(value: Any) -> tuple[Reader, Reader]:
    """Readers for the resource and its properties; bare properties have an empty resource."""
    refuse_deep(value, DefinitionError)
    whole = Reader(value, "", DefinitionError)
    if "properties" in whole.fields:
        return whole, whole.child("properties")
    return Reader({}, "", DefinitionError), Reader(value, "properties", DefinitionError)


def _common(envelope: Reader, properties: Reader) -> dict[str, Any]:
    identity = envelope.text("id")
    metadata = properties.object("metadata")
    version = properties.text("version") or _metadata_version(metadata)
    return {
        "id": identity,
        "name": envelope.text("name") or identity.rpartition("/")[2],
        "display_name": properties.text("displayName"),
        "description": properties.text("description"),
        "policy_type": properties.text("policyType", "Custom"),
        "version": version,
        "versions": properties.texts("versions") or (version,),
        "metadata": metadata,
        "parameters": parse_parameters(
            properties.fields.get("parameters"), properties.where("parameters")
        ),
    }


def _metadata_version(metadata: Mapping[str, Any]) -> str:
    version = metadata.get("version")
    return version if isinstance(version, str) and version else DEFAULT_VERSION


def _rule(properties: Reader) -> Reader:
    if "policyRule" not in properties.fields:
        properties.refuse("policyRule", "is required")
    rule = properties.child("policyRule")
    for part in ("if", "then"):
        if not isinstance(rule.fields.get(part), Mapping):
            rule.refuse(part, f"is required and should be an object, not {_found(rule, part)}")
    rule.child("then").required_text("effect")
    return rule


def _found(reader: Reader, name: str) -> str:
    return kind_of(reader.fields[name]) if name in reader.fields else "absent"


def _member(reader: Reader, index: int) -> PolicySetMember:
    pattern = reader.text("definitionVersion")
    if pattern:
        VersionPattern.parse(pattern, path=reader.where("definitionVersion"))
    return PolicySetMember(
        reference_id=reader.text("policyDefinitionReferenceId") or _made_up(index),
        definition_id=reader.required_text("policyDefinitionId"),
        version_pattern=pattern,
        parameters=parse_values(
            reader.fields.get("parameters"), reader.where("parameters"), DefinitionError
        ),
        group_names=reader.texts("groupNames"),
    )


def _parts(value: Any) -> Iterator[Callable[[], object]]:
    """What reads each parameter and each member of a set by itself."""
    try:
        _, properties = _open(value)
        parameters = properties.child("parameters")
        members = properties.objects("policyDefinitions")
    except LanguageError:
        return  # too little of it can be read to be taken apart
    for name, entry in parameters.fields.items():
        yield partial(ParameterSpec.parse, name, entry, parameters.where(name))
    for index, reader in enumerate(members):
        yield partial(_member, reader, index)
    yield from _twins(properties)


def _twins(properties: Reader) -> Iterator[Callable[[], object]]:
    """What refuses each member whose reference id an earlier one has."""
    seen: set[str] = set()
    for index, reader in enumerate(properties.objects("policyDefinitions")):
        name = "policyDefinitionReferenceId"
        reference = str(reader.fields.get(name) or _made_up(index))
        if reference.lower() in seen:
            problem = f"is {reference!r}, which another member already has"
            yield partial(reader.refuse, name, problem)
        seen.add(reference.lower())


def _made_up(index: int) -> str:
    """The reference id of a member that has none: the service makes one up."""
    return f"policy{index + 1}"


def _to_properties(described: _Described) -> dict[str, Any]:
    return {
        "displayName": described.display_name,
        "policyType": described.policy_type,
        "description": described.description,
        "metadata": dict(described.metadata),
        "version": described.version,
        "versions": list(described.versions),
        "parameters": {name: spec.to_object() for name, spec in described.parameters.items()},
    }


def _envelope(described: _Described, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": described.id,
        "name": described.name,
        "type": f"Microsoft.Authorization/{kind}",
        "properties": properties,
    }
