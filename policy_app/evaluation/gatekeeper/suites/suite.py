"""The format of a suite, read from its text.

Source: ``Suite`` of ``test.gatekeeper.sh/v1alpha1``.  Gator reads it as YAML 1.2, where ``yes``
and ``no`` are words; fields that it does not know it passes over, and so do we, with a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import yaml

from policy_app.evaluation.gatekeeper.scopes import split_api_version
from policy_app.evaluation.gatekeeper.suites.errors import INVALID_YAML, SuiteError

GROUP = "test.gatekeeper.sh"
KIND = "Suite"

_ENVELOPE = ("apiVersion", "kind", "metadata")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What has to hold for the violations of one object."""

    violations: str | int = "yes"
    """``yes``, ``no`` or the exact number of violations whose message fits."""
    message: str | None = None
    """A pattern (RE2, anywhere in the message); None fits every violation."""


@dataclass(frozen=True, slots=True)
class Case:
    """One object, and what is asserted about it; paths are relative to the suite's file."""

    name: str = ""
    object: str = ""
    inventory: tuple[str, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """A template and a constraint of its kind, and the objects to try them on."""

    name: str = ""
    template: str = ""
    constraint: str = ""
    expansion: str = ""
    """A file of ExpansionTemplates; empty for none."""
    invalid: bool = False
    """Whether the constraint has to be refused by the template's schema."""
    cases: tuple[Case, ...] = ()
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite, and where it stands."""

    path: str
    tests: tuple[Test, ...] = ()
    skip: bool = False
    notes: tuple[str, ...] = ()
    """Fields that nobody reads, one sentence each."""


class _Yaml12(yaml.CSafeLoader):
    """YAML as go-yaml v3 reads it into untyped values: only true and false are booleans."""


_Yaml12.yaml_implicit_resolvers = {}
for _tag, _pattern, _starts in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?(?:[0-9][0-9_]*|0x[0-9a-fA-F_]+|0o?[0-7_]+|0b[01_]+)", "-+0123456789"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", "<<", "<"),
):
    _Yaml12.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_starts)
    )


def _untagged(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    """A value with a tag that means nothing here, which go-yaml reads as if it had none."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


# Other people's files stand beside suites: those of GitLab and MkDocs have tags of their own.
for _other in (None, *(f"tag:yaml.org,2002:{name}" for name in ("timestamp", "binary", "float"))):
    _Yaml12.add_constructor(_other, _untagged)


def read_suite(path: str, text: bytes) -> Suite | None:
    """The suite in a file; None for YAML that is something else.

    Raises ``SuiteError`` for text that is no YAML, or a field of a wrong type.
    """
    value = _load(path, text)
    if not isinstance(value, Mapping):
        return None
    if split_api_version(value.get("apiVersion"))[0] != GROUP or value.get("kind") != KIND:
        return None
    reading = _Reading(path)
    tests = reading.all(value, "tests", "", reading.test)
    reading.look_for_strangers(value, (*_ENVELOPE, "tests", "skip"), "")
    return Suite(path, tests, reading.flag(value, "skip", ""), tuple(reading.notes))


def _load(path: str, text: bytes) -> Any:
    try:
        return next(yaml.load_all(text.decode(), Loader=_Yaml12), None)
    except UnicodeDecodeError:
        raise SuiteError(INVALID_YAML, f'parsing yaml file "{path}": it is not UTF-8') from None
    except (yaml.YAMLError, ValueError) as error:
        reason = re.sub(r"\s*\n\s*", " ", str(error))
        raise SuiteError(INVALID_YAML, f'parsing yaml file "{path}": {reason}') from None
    except RecursionError:
        raise SuiteError(INVALID_YAML, f'parsing yaml file "{path}": nested too deeply') from None


class _Reading:
    """Reads one suite, and notes the fields that it does not know."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.notes: list[str] = []

    def test(self, value: Mapping[str, Any], where: str) -> Test:
        """One entry of ``tests``."""
        self.look_for_strangers(value, _names(Test), where)
        return Test(
            name=self.text(value, "name", where),
            template=self.text(value, "template", where),
            constraint=self.text(value, "constraint", where),
            expansion=self.text(value, "expansion", where),
            invalid=self.flag(value, "invalid", where),
            cases=self.all(value, "cases", where, self.case),
            skip=self.flag(value, "skip", where),
        )

    def case(self, value: Mapping[str, Any], where: str) -> Case:
        """One entry of ``cases``."""
        self.look_for_strangers(value, _names(Case), where)
        return Case(
            name=self.text(value, "name", where),
            object=self.text(value, "object", where),
            inventory=self.texts(value, "inventory", where),
            assertions=self.all(value, "assertions", where, self.assertion),
            skip=self.flag(value, "skip", where),
        )

    def assertion(self, value: Mapping[str, Any], where: str) -> Assertion:
        """One entry of ``assertions``."""
        self.look_for_strangers(value, _names(Assertion), where)
        violations = value.get("violations")
        if isinstance(violations, bool) or not isinstance(violations, str | int | None):
            self._refuse(f"{where}.violations", 'a nonnegative integer, "yes", or "no"', violations)
        message = value.get("message")
        if message is not None and not isinstance(message, str):
            self._refuse(f"{where}.message", "a string", message)
        return Assertion("yes" if violations is None else violations, message)

    def all(self, value: Mapping[str, Any], name: str, where: str, read: Any) -> tuple[Any, ...]:
        """Every entry of a list of objects."""
        path = _join(where, name)
        return tuple(
            read(entry, f"{path}[{index}]")
            for index, entry in enumerate(self._objects(value.get(name), path))
        )

    def _objects(self, found: Any, path: str) -> Iterator[Mapping[str, Any]]:
        if found is not None and not isinstance(found, list):
            self._refuse(path, "a list", found)
        for index, entry in enumerate(found or ()):
            if not isinstance(entry, Mapping):
                self._refuse(f"{path}[{index}]", "an object", entry)
            yield entry

    def text(self, value: Mapping[str, Any], name: str, where: str) -> str:
        """A string; empty where it is absent."""
        found = value.get(name)
        if found is not None and not isinstance(found, str):
            self._refuse(_join(where, name), "a string", found)
        return found or ""

    def texts(self, value: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
        """A list of strings; empty where it is absent."""
        found = value.get(name)
        if found is None:
            return ()
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self._refuse(_join(where, name), "a list of strings", found)
        return tuple(found)

    def flag(self, value: Mapping[str, Any], name: str, where: str) -> bool:
        """A boolean; false where it is absent."""
        found = value.get(name)
        if found is not None and not isinstance(found, bool):
            self._refuse(_join(where, name), "true or false", found)
        return found is True

    def look_for_strangers(
        self, value: Mapping[str, Any], known: tuple[str, ...], where: str
    ) -> None:
        """Note the fields that have no meaning here."""
        self.notes += [
            f"{self._path}: {_join(where, str(name))} is no field of a suite, and is ignored; "
            f"the fields here are {', '.join(known)}."
            for name in value
            if name not in known
        ]

    def _refuse(self, path: str, wanted: str, found: Any) -> None:
        raise SuiteError(
            INVALID_YAML, f"{self._path}: {path} must be {wanted}, but is {_shown(found)}"
        )


def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _shown(found: Any) -> str:
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, Mapping):
        return "an object"
    return "a list" if isinstance(found, list) else repr(found)
