"""By how much a change of a definition raises its version: major, minor, patch, or not at all.

An assignment or an initiative that pins ``2.*.*`` takes every later version of that major unseen,
so whatever may turn its verdicts or break its parameters is a new major version; what is added
and leaves the rest as it was is a minor one; texts are a patch.  Azure numbers its built-ins by
such a rule; ours is written down in docs/authoring.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from policy_app.evaluation.language.definitions import (
    PolicyDefinition,
    PolicySetDefinition,
    PolicySetMember,
)
from policy_app.evaluation.language.parameters import ParameterSpec
from policy_app.evaluation.language.versions import VersionPattern

Parsed = PolicyDefinition | PolicySetDefinition

STAMPS = frozenset({"createdBy", "createdOn", "updatedBy", "updatedOn"})
"""Fields of the metadata that a save changes by itself."""


class Level(IntEnum):
    """How far the version is raised."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """One difference: its field (``properties.parameters.effect``) and what it comes to."""

    level: Level
    path: str
    text: str


def differences(before: Parsed, after: Parsed) -> list[Reason]:
    """Everything that differs between two texts of one definition, the gravest first."""
    found = [*_texts(before, after), *_parameters(before, after)]
    if isinstance(before, PolicyDefinition) and isinstance(after, PolicyDefinition):
        found += _rule(before, after)
    elif isinstance(before, PolicySetDefinition) and isinstance(after, PolicySetDefinition):
        found += [*_members(before, after), *_groups(before, after)]
    return sorted(found, key=lambda one: -one.level)


def level_of(reasons: list[Reason]) -> Level:
    """The gravest of them; ``NONE`` without any."""
    return max((one.level for one in reasons), default=Level.NONE)


def raised(version: str, level: Level) -> str:
    """The version after a change of this level: ``1.4.2`` → ``2.0.0``, ``1.5.0``, ``1.4.3``.

    A tag (``-preview``) stays.  Raises ``VersionError`` for what is no version.
    """
    parsed = VersionPattern.parse(version)
    major, minor, patch = (number or 0 for number in parsed.numbers)
    numbers = {
        Level.NONE: (major, minor, patch),
        Level.PATCH: (major, minor, patch + 1),
        Level.MINOR: (major, minor + 1, 0),
        Level.MAJOR: (major + 1, 0, 0),
    }[level]
    text = ".".join(map(str, numbers))
    return f"{text}-{parsed.tag}" if parsed.tag else text


def _texts(before: Parsed, after: Parsed) -> Iterator[Reason]:
    for name, old, new in (
        ("displayName", before.display_name, after.display_name),
        ("description", before.description, after.description),
        ("metadata", _unstamped(before.metadata), _unstamped(after.metadata)),
    ):
        if old != new:
            yield Reason(Level.PATCH, f"properties.{name}", "the text changed")


def _unstamped(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if name not in STAMPS}


def _parameters(before: Parsed, after: Parsed) -> Iterator[Reason]:
    old = {name.lower(): spec for name, spec in before.parameters.items()}
    new = {name.lower(): spec for name, spec in after.parameters.items()}
    for key, spec in old.items():
        path = f"properties.parameters.{spec.name}"
        if key not in new:
            yield Reason(Level.MAJOR, path, "the parameter is gone")
        else:
            yield from _parameter(spec, new[key], path)
    for key, spec in new.items():
        if key not in old:
            path = f"properties.parameters.{spec.name}"
            if spec.required:
                yield Reason(Level.MAJOR, path, "a parameter without a default was added")
            else:
                yield Reason(Level.MINOR, path, "a parameter with a default was added")


def _parameter(old: ParameterSpec, new: ParameterSpec, path: str) -> Iterator[Reason]:
    if old.type != new.type:
        yield Reason(Level.MAJOR, f"{path}.type", f"the type was {old.type} and is {new.type}")
    if old.schema != new.schema:
        yield Reason(Level.MAJOR, f"{path}.schema", "the schema changed")
    yield from _default(old, new, f"{path}.defaultValue")
    yield from _allowed(old, new, f"{path}.allowedValues")
    if old.metadata != new.metadata:
        yield Reason(Level.PATCH, f"{path}.metadata", "the text changed")


def _default(old: ParameterSpec, new: ParameterSpec, path: str) -> Iterator[Reason]:
    if old.has_default and not new.has_default:
        yield Reason(Level.MAJOR, path, "the default is gone")
    elif not old.has_default and new.has_default:
        yield Reason(Level.MINOR, path, "a default was added")
    elif old.has_default and not same(old.default, new.default):
        yield Reason(Level.MAJOR, path, "the default changed")


def _allowed(old: ParameterSpec, new: ParameterSpec, path: str) -> Iterator[Reason]:
    before, after = list(old.allowed_values), list(new.allowed_values)
    if same(before, after):
        return
    gone = [one for one in before if not any(same(one, other) for other in after)]
    if after and (gone or not before):
        yield Reason(Level.MAJOR, path, "a value is no longer allowed")
    else:
        yield Reason(Level.MINOR, path, "more values are allowed")


def _rule(before: PolicyDefinition, after: PolicyDefinition) -> Iterator[Reason]:
    if before.mode.lower() != after.mode.lower():
        text = f"the mode was {before.mode} and is {after.mode}"
        yield Reason(Level.MAJOR, "properties.mode", text)
    yield from _changed(before.policy_rule, after.policy_rule, "properties.policyRule")


def _changed(old: Any, new: Any, path: str) -> Iterator[Reason]:
    """What was there and is not, or is another, is major; what came to it is minor."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name, value in old.items():
            if name in new:
                yield from _changed(value, new[name], f"{path}.{name}")
            else:
                yield Reason(Level.MAJOR, f"{path}.{name}", "it is gone")
        for name in new:
            if name not in old:
                yield Reason(Level.MINOR, f"{path}.{name}", "it was added")
    elif isinstance(old, list) and isinstance(new, list) and len(new) >= len(old):
        for index, value in enumerate(old):
            yield from _changed(value, new[index], f"{path}[{index}]")
        for index in range(len(old), len(new)):
            yield Reason(Level.MINOR, f"{path}[{index}]", "it was added")
    elif not same(old, new):
        yield Reason(Level.MAJOR, path, "it changed")


def _members(before: PolicySetDefinition, after: PolicySetDefinition) -> Iterator[Reason]:
    old = {one.reference_id.lower(): one for one in before.members}
    new = {one.reference_id.lower(): one for one in after.members}
    for key, member in old.items():
        if key not in new:
            path = f"properties.policyDefinitions['{member.reference_id}']"
            yield Reason(Level.MAJOR, path, "the policy is gone")
    for index, member in enumerate(after.members):
        path = f"properties.policyDefinitions[{index}]"
        stored = old.get(member.reference_id.lower())
        if stored is None:
            yield Reason(Level.MINOR, path, "a policy was added")
        else:
            yield from _member(stored, member, path)


def _member(old: PolicySetMember, new: PolicySetMember, path: str) -> Iterator[Reason]:
    if old.definition_id.lower() != new.definition_id.lower():
        yield Reason(Level.MAJOR, f"{path}.policyDefinitionId", "it is another policy")
    if old.version_pattern.lower() != new.version_pattern.lower():
        yield Reason(Level.MAJOR, f"{path}.definitionVersion", "another version is pinned")
    yield from _changed(dict(old.parameters), dict(new.parameters), f"{path}.parameters")
    if sorted(old.group_names) != sorted(new.group_names):
        yield Reason(Level.MINOR, f"{path}.groupNames", "it is in other groups")


def _groups(before: PolicySetDefinition, after: PolicySetDefinition) -> Iterator[Reason]:
    old = {str(one.get("name", "")).lower(): one for one in before.groups}
    new = {str(one.get("name", "")).lower(): one for one in after.groups}
    path = "properties.policyDefinitionGroups"
    for key, group in old.items():
        if key not in new:
            yield Reason(Level.MINOR, f"{path}['{group.get('name')}']", "the group is gone")
        elif dict(group) != dict(new[key]):
            yield Reason(Level.PATCH, f"{path}['{group.get('name')}']", "the text changed")
    for key, group in new.items():
        if key not in old:
            yield Reason(Level.MINOR, f"{path}['{group.get('name')}']", "a group was added")


def same(one: Any, other: Any) -> bool:
    """Equality as JSON has it, which tells true from 1."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
