"""The values for parameters: a file in either of two forms, and single ones on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy_app.cli.offline.errors import INPUT, POLICY, Trouble, TroubleError
from policy_app.evaluation.kube_yaml import json_text
from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.values import Bounds, documents
from policy_app.evaluation.language.parameters import ParameterSpec


@dataclass(frozen=True, slots=True)
class Values:
    """What the user gives; several policies take from it what they know."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    """Values with their types, out of a file."""
    written: Mapping[str, str] = field(default_factory=dict)
    """Values of ``--set``, whose type the parameter decides; they come before those of the file."""

    @property
    def names(self) -> list[str]:
        """Every name, once, as it was first written."""
        return list(dict.fromkeys([*self.typed, *self.written]))

    def for_parameters(self, specs: Mapping[str, ParameterSpec]) -> dict[str, Any]:
        """The values for those of the parameters that have one.  Raises ``TroubleError``."""
        known = {name.lower(): spec for name, spec in specs.items()}
        given = {name: value for name, value in self.typed.items() if name.lower() in known}
        for name, text in self.written.items():
            spec = known.get(name.lower())
            if spec is not None:
                given = {key: old for key, old in given.items() if key.lower() != name.lower()}
                given[spec.name] = _typed(spec, text)
        return given

    def strangers(self, known: Iterable[Mapping[str, ParameterSpec]]) -> list[Trouble]:
        """Names that no policy knows: a slip of the pen must not pass in silence."""
        specs = {name.lower(): name for parameters in known for name in parameters}
        names = ", ".join(sorted(specs.values(), key=str.lower)) or "none"
        return [
            Trouble(POLICY, name, "No policy here has this parameter.", f"There are: {names}.")
            for name in self.names
            if name.lower() not in specs
        ]


def _typed(spec: ParameterSpec, text: str) -> Any:
    """Text for a parameter of type String is taken as it is; the others are written as JSON."""
    if spec.type in ("String", "DateTime"):
        return text
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        shown = {"Array": '["a", "b"]', "Object": '{"a": 1}', "Boolean": "true"}.get(spec.type, "5")
        raise TroubleError(
            Trouble(
                POLICY,
                f"--set {spec.name}",
                f"The parameter takes JSON of type {spec.type}, not {text!r}.",
                f"Write it as {spec.name}={shown}.",
            )
        ) from None


def written(settings: Iterable[str]) -> dict[str, str]:
    """``name=value`` of each ``--set``.  Raises ``TroubleError``."""
    values: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise TroubleError(
                Trouble(INPUT, f"--set {setting}", "This is no setting.", "Write name=value.")
            )
        values[name.strip()] = value
    return values


def read(file: Path) -> dict[str, Any]:
    """Plain values out of a file of JSON or YAML: ``{"p": 1}``, ``{"p": {"value": 1}}``, or either
    of them under ``parameters``, as in a deployment's parameter file.

    Raises ``TroubleError``.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        parsed = _parsed(text)
    except OSError as error:
        raise _unreadable(file, f"The file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise _unreadable(file, "The file is not UTF-8 text.") from None
    except YamlFault as fault:
        raise _unreadable(file, f"{fault.message}.", fault.line, fault.column) from None
    if len(parsed) != 1 or not isinstance(parsed[0], dict):
        raise _unreadable(file, "The file should hold one object with a field for each parameter.")
    return _plain(parsed[0])


def _parsed(text: str) -> list[Any]:
    as_json = json_text.values(text, Bounds().nesting)
    if as_json is not None:
        return [one.parsed.value for one in as_json]
    return [one.value for one in documents(text, Bounds())]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    inner = value.get("parameters")
    if isinstance(inner, dict) and ("$schema" in value or len(value) == 1):
        value = inner
    in_arms_form = value and all(
        isinstance(entry, dict) and entry.keys() == {"value"} for entry in value.values()
    )
    return {name: entry["value"] for name, entry in value.items()} if in_arms_form else value


def _unreadable(file: Path, message: str, line: int = 0, column: int = 0) -> TroubleError:
    return TroubleError(Trouble(INPUT, str(file), message, line=line, column=column))
