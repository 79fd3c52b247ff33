"""Constraint templates: a kind of constraint, the schema of its parameters, and its code.

Source: ``templates.gatekeeper.sh`` v1, v1beta1 and v1alpha1, and the framework's checks, whose
texts are used where they are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.drivers import ENGINES, Code, code_of
from policy_app.evaluation.gatekeeper.errors import ConstraintError, TemplateError
from policy_app.evaluation.gatekeeper.parameter_schema import ParameterSchema
from policy_app.evaluation.gatekeeper.reading import Fields

GROUP = "templates.gatekeeper.sh"
VERSIONS = ("v1", "v1beta1", "v1alpha1")
TARGET = "admission.k8s.gatekeeper.sh"
EVERY_OPERATION = "*"


@dataclass(frozen=True, slots=True)
class ConstraintTemplate:
    """One template, checked; its code is compiled when it is first needed."""

    name: str
    kind: str
    """The kind of its constraints."""
    code: Code
    schema: ParameterSchema = field(default_factory=lambda: ParameterSchema(None, legacy=True))
    operations: tuple[str, ...] = ()
    """The operations that the webhook asks it about; empty for all."""
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The template's Kubernetes object."""

    @classmethod
    def parse(cls, value: Any, engines: Sequence[str] = ENGINES) -> ConstraintTemplate:
        """Read a template's Kubernetes object and check all that can be told from its text.

        Of its languages, the first one among ``engines`` runs.

        Raises ``TemplateError``; code that does not compile shows in ``compile``.
        """
        version = _check_identity(value)
        spec = _object(value, "spec", "spec")
        kind, schema = _crd(spec, legacy_default=version != "v1")
        name = _name(value, kind)
        target = _target(spec)
        code = code_of(Fields(target, "spec.targets[0]", TemplateError), engines)
        schema.check()
        return cls(
            name=name,
            kind=kind,
            code=code,
            schema=schema,
            operations=_texts(target, "operations"),
            written=value,
        )

    @property
    def uses_inventory(self) -> bool:
        """Whether it looks at other objects of the cluster."""
        return self.code.uses_inventory

    @property
    def inventory_kinds(self) -> frozenset[str] | None:
        """The kinds of other objects that it looks at; None for any.  Raises ``TemplateError``."""
        return self.code.inventory_kinds

    def compile(self) -> None:
        """Raises ``TemplateError`` where its code does not compile."""
        self.code.compile()

    def admit(self, constraint: Constraint) -> Constraint:
        """The constraint with the schema's defaults filled in.

        Raises ``ConstraintError`` where it is of another kind, or does not fit the schema.
        """
        if constraint.kind != self.kind:
            raise ConstraintError(
                f'wrong kind for constraint "{constraint.name}": "{constraint.kind}", '
                f'want "{self.kind}"',
                path="kind",
            )
        return replace(constraint, parameters=self.schema.accept(constraint.parameters))

    def reviews(self, operation: str) -> bool:
        """Whether the webhook asks it about an operation."""
        return (
            not self.operations
            or EVERY_OPERATION in self.operations
            or operation in self.operations
        )


def is_template(value: Mapping[str, Any]) -> bool:
    """Whether a Kubernetes object is a constraint template."""
    group = str(value.get("apiVersion", "")).partition("/")[0]
    return group == GROUP and value.get("kind") == "ConstraintTemplate"


def _check_identity(value: Any) -> str:
    if not isinstance(value, Mapping):
        raise TemplateError("a ConstraintTemplate must be an object")
    version = str(value.get("apiVersion", "")).rpartition("/")[2]
    if not is_template(value) or version not in VERSIONS:
        raise TemplateError(
            f"{value.get('apiVersion')}/{value.get('kind')} is no ConstraintTemplate of {GROUP} "
            f"in one of the versions {', '.join(VERSIONS)}",
            path="apiVersion",
        )
    return version


def _object(value: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
    inner = value.get(name)
    if inner is None:
        return {}
    if not isinstance(inner, Mapping):
        raise TemplateError(f"invalid ConstraintTemplate: {path} must be an object", path=path)
    return inner


def _crd(spec: Mapping[str, Any], *, legacy_default: bool) -> tuple[str, ParameterSchema]:
    path = "spec.crd.spec"
    crd = _object(_object(spec, "crd", "spec.crd"), "spec", path)
    names = _object(crd, "names", f"{path}.names")
    kind = names.get("kind")
    if not isinstance(kind, str) or not kind:
        raise TemplateError(
            f"invalid ConstraintTemplate: {path}.names.kind is required", path=f"{path}.names.kind"
        )
    validation = _object(crd, "validation", f"{path}.validation")
    legacy = validation.get("legacySchema")
    written = validation.get("openAPIV3Schema")
    if written is not None:
        written = _object(validation, "openAPIV3Schema", f"{path}.validation.openAPIV3Schema")
    return kind, ParameterSchema(written, legacy_default if legacy is None else legacy is True)


def _name(value: Mapping[str, Any], kind: str) -> str:
    name = _object(value, "metadata", "metadata").get("name")
    if not isinstance(name, str) or name.lower() != kind.lower():
        raise TemplateError(
            f'the ConstraintTemplate\'s name "{name or ""}" is not equal to the lowercase of '
            f'CRD\'s Kind: "{kind.lower()}"',
            path="metadata.name",
        )
    return name


def _target(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    targets = spec.get("targets")
    if not isinstance(targets, list) or len(targets) != 1 or not isinstance(targets[0], Mapping):
        raise TemplateError(
            "invalid ConstraintTemplate: expected exactly 1 item in targets",
            path="spec.targets",
        )
    target: Mapping[str, Any] = targets[0]
    if target.get("target") != TARGET:
        raise TemplateError(
            f'invalid ConstraintTemplate: target "{target.get("target")}" not recognized, '
            f"known targets [{TARGET}]",
            path="spec.targets[0].target",
        )
    return target


def _texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    texts = value.get(name) or []
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        path = f"spec.targets[0].{name}"
        raise TemplateError(
            f"invalid ConstraintTemplate: {path} must be a list of strings", path=path
        )
    return tuple(texts)
