"""Constraints that a definition brings along as a file: placeholders filled in, then narrowed.

The retired form of a definition names a ``constraint.yaml`` with ``{{ .Values.name }}`` where the
definition's ``values`` go; ``constraintInfo`` names a constraint that may have such places or none.
Values are put into the YAML's tree and not into its text, so that none can change its shape.
Source: Microsoft Learn, the ``audit`` and ``deny`` effects; placeholders follow Go's templates.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from policy_app.evaluation.gatekeeper.errors import ConstraintError
from policy_app.evaluation.kube_yaml.faults import YamlFault
from policy_app.evaluation.kube_yaml.values import Bounds, documents
from policy_app.evaluation.language.reading import kind_of

_PLACE = re.compile(r"\{\{(.*?)\}\}")
_VALUE = re.compile(r"\s*\.Values\.(\w+(?:\.\w+)*)\s*")
_MATCH_FIELDS = ("namespaces", "excludedNamespaces", "labelSelector", "scope", "source", "warn")


def read_constraint(text: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The constraint's object, filled in from the resolved details of a policy.

    A file with placeholders takes ``values`` there; one without takes them as its parameters, over
    its own.  Raises ``ConstraintError``, with the line where there is one.
    """
    values = details.get("values")
    values = values if isinstance(values, Mapping) else {}
    known = {name: details[name] for name in _MATCH_FIELDS if name in details} | dict(values)
    filling = _Filling(text, known)
    constraint = filling.object()
    if filling.count or not values:
        return constraint
    spec = constraint.get("spec")
    spec = dict(spec) if isinstance(spec, Mapping) else {}
    own = spec.get("parameters")
    spec["parameters"] = {**(own if isinstance(own, Mapping) else {}), **values}
    return {**constraint, "spec": spec}


class _Filling:
    """One file, with a token where each placeholder was."""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self._values = values
        self._given: list[Any] = []
        # No text holds its own digest, so that a token is never a part of the file.
        self._mark = f"value{hashlib.sha256(text.encode()).hexdigest()[:20]}n"
        self._tokens = re.compile(rf"{self._mark}(\d+)x")
        lines = enumerate(text.split("\n"), 1)
        self._text = "\n".join(self._marked(line, number) for number, line in lines)

    @property
    def count(self) -> int:
        """How many placeholders the file has."""
        return len(self._given)

    def object(self) -> dict[str, Any]:
        """The file's one object."""
        try:
            found = [one.value for one in documents(self._text, Bounds()) if one.value is not None]
        except YamlFault as fault:
            _refuse(f"line {fault.line}: {fault.message}")
        if len(found) != 1 or not isinstance(found[0], dict):
            what = kind_of(found[0]) if len(found) == 1 else f"{len(found)} documents"
            _refuse(f"it should be one Kubernetes object, but is {what}")
        filled: dict[str, Any] = self._filled(found[0])
        return filled

    def _marked(self, line: str, number: int) -> str:
        marked = _PLACE.sub(lambda found: self._token(found[1], number), line)
        if "{{" in marked:
            _refuse(f"line {number}: {{{{ has no }}}} in the same line")
        return marked

    def _token(self, action: str, number: int) -> str:
        named = _VALUE.fullmatch(action)
        if named is None:
            shown = f"{{{{{action}}}}}"
            _refuse(f"line {number}: {shown} is not supported, only {{{{ .Values.name }}}} is")
        self._given.append(self._look_up(named[1], number))
        return f"{self._mark}{len(self._given) - 1}x"

    def _look_up(self, path: str, number: int) -> Any:
        value: Any = self._values
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                known = ", ".join(sorted(self._values)) or "none"
                _refuse(
                    f"line {number}: .Values.{path} is asked for, and the definition's values "
                    f"do not have it (they have {known})"
                )
            value = value[name]
        return value

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._filled_text(value)
        if isinstance(value, dict):
            return {_text(self._filled(key)): self._filled(one) for key, one in value.items()}
        return [self._filled(one) for one in value] if isinstance(value, list) else value

    def _filled_text(self, text: str) -> Any:
        whole = self._tokens.fullmatch(text)
        if whole:
            return self._given[int(whole[1])]
        return self._tokens.sub(lambda found: _text(self._given[int(found[1])]), text)


def _text(value: Any) -> str:
    """A value inside other text: as it stands, or as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refuse(problem: str) -> NoReturn:
    raise ConstraintError(f"the definition's constraint file cannot be used: {problem}")
