"""What a template becomes in a cluster: the CRD of its constraints, and its own status.

Source: ``crds`` of the constraint framework, ``match`` of Gatekeeper, and the status of
``templates.gatekeeper.sh``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from policy_app.evaluation.gatekeeper.audit import DEFAULT_PODS, GatekeeperPod
from policy_app.evaluation.gatekeeper.client import Client
from policy_app.evaluation.gatekeeper.constraints import (
    GROUP,
    MAX_NAME,
    VERSIONS,
    Constraint,
)
from policy_app.evaluation.gatekeeper.errors import GatekeeperError, TemplateError
from policy_app.evaluation.gatekeeper.labels import OPERATORS
from policy_app.evaluation.gatekeeper.match import SOURCES
from policy_app.evaluation.gatekeeper.parameter_schema import ParameterSchema
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.gatekeeper.wildcard import PATTERN

CONSTRAINT_LABEL = "gatekeeper.sh/constraint"
CATEGORIES = ("constraint", "constraints")
CREATE_ERROR = "create_error"
"""The code of an error that is not the compiler's."""
PRINTER_COLUMNS: tuple[Mapping[str, str], ...] = (
    {"name": "enforcement-action", "type": "string", "jsonPath": ".spec.enforcementAction"},
    {"name": "total-violations", "type": "integer", "jsonPath": ".status.totalViolations"},
)

_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_WILDCARD = {"type": "string", "pattern": PATTERN}
_SELECTOR = {
    "type": "object",
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": _TEXT},
        "matchExpressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "operator"],
                "properties": {
                    "key": _TEXT,
                    "operator": {"type": "string", "enum": list(OPERATORS)},
                    "values": _TEXTS,
                },
            },
        },
    },
}
_MATCH = {
    "type": "object",
    "properties": {
        "source": {"type": "string", "enum": list(SOURCES)},
        "kinds": {
            "type": "array",
            "items": {"type": "object", "properties": {"apiGroups": _TEXTS, "kinds": _TEXTS}},
        },
        "scope": _TEXT,
        "namespaces": {"type": "array", "items": _WILDCARD},
        "excludedNamespaces": {"type": "array", "items": _WILDCARD},
        "labelSelector": _SELECTOR,
        "namespaceSelector": _SELECTOR,
        "name": _WILDCARD,
    },
}
_SCOPED_ACTIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "action": _TEXT,
            "enforcementPoints": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": _TEXT}},
            },
        },
    },
}


def crd_of(template: ConstraintTemplate) -> dict[str, Any]:
    """The ``CustomResourceDefinition`` of a template's constraints."""
    singular = template.kind.lower()
    names = {
        "kind": template.kind,
        "listKind": f"{template.kind}List",
        "plural": singular,
        "singular": singular,
        "categories": list(CATEGORIES),
    }
    short = _short_names(template.written)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{singular}.{GROUP}",
            "labels": {**_labels(template.written), CONSTRAINT_LABEL: "yes"},
        },
        "spec": {
            "group": GROUP,
            "names": names | ({"shortNames": short} if short else {}),
            "scope": "Cluster",
            "versions": [_version(name, template.schema) for name in VERSIONS],
        },
    }


def template_status(
    template: Mapping[str, Any],
    pods: Sequence[GatekeeperPod] = DEFAULT_PODS,
    *,
    uid: str = "",
    generation: int = 1,
) -> dict[str, Any]:
    """The ``status`` of a template's Kubernetes object: ``created``, and ``byPod`` with errors."""
    errors = [_told(error) for error in _faults(template)]
    about: dict[str, Any] = {"observedGeneration": generation}
    if uid:
        about["templateUID"] = uid
    if errors:
        about["errors"] = errors
    by_pod = [about | {"id": one.id, "operations": list(one.operations)} for one in pods]
    return {"created": not errors, "byPod": by_pod}


def compiled(template: Mapping[str, Any]) -> ConstraintTemplate:
    """A template that was read, and whose code compiles.  Raises ``TemplateError``."""
    found = ConstraintTemplate.parse(template)
    # A client compiles what it installs, whatever language the template is written in; whether
    # the parameters' defaults fit their own schema is not asked here.
    lenient = replace(found, schema=ParameterSchema(None, legacy=True))
    Client([lenient], [Constraint(name="any", kind=found.kind)])
    return found


def preserving(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that tolerates unknown fields everywhere, as ``legacySchema`` makes it."""
    found = dict(schema)
    kind = found.get("type")
    if kind in (None, "", "object"):
        found[_PRESERVE] = True
    for name, inner in (found.get("properties") or {}).items():
        found["properties"] = found["properties"] | {name: preserving(inner)}
    rest = found.get("additionalProperties")
    if isinstance(rest, Mapping):
        found["additionalProperties"] = preserving(rest)
    if kind == "array":
        items = found.get("items")
        found["items"] = preserving(items if isinstance(items, Mapping) else {})
    return found


def _version(name: str, parameters: ParameterSchema) -> dict[str, Any]:
    return {
        "name": name,
        "served": True,
        "storage": name == VERSIONS[0],
        "schema": {"openAPIV3Schema": _schema(parameters)},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [dict(column) for column in PRINTER_COLUMNS],
    }


def _schema(parameters: ParameterSchema) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "enforcementAction": {"type": "string", "default": "deny"},
        "match": _MATCH,
        "scopedEnforcementActions": _SCOPED_ACTIONS,
    }
    if parameters.written is not None:
        written = parameters.written
        spec["parameters"] = preserving(written) if parameters.legacy else dict(written)
    elif parameters.legacy:
        spec["parameters"] = {_PRESERVE: True}
    schema = {
        "type": "object",
        "properties": {
            "metadata": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": MAX_NAME}},
            },
            "spec": {"type": "object", "properties": spec},
            "status": {_PRESERVE: True},
        },
    }
    return copy.deepcopy(schema)


def _labels(written: Mapping[str, Any]) -> Mapping[str, Any]:
    labels = (written.get("metadata") or {}).get("labels")
    return labels if isinstance(labels, Mapping) else {}


def _short_names(written: Mapping[str, Any]) -> list[str]:
    names = (((written.get("spec") or {}).get("crd") or {}).get("spec") or {}).get("names") or {}
    short = names.get("shortNames")
    return [one for one in short if isinstance(one, str)] if isinstance(short, list) else []


def _faults(template: Mapping[str, Any]) -> list[GatekeeperError]:
    try:
        compiled(template)
    except GatekeeperError as error:
        return [error]
    return []


def _told(error: GatekeeperError) -> dict[str, str]:
    told = {"code": CREATE_ERROR, "message": error.message}
    if isinstance(error, TemplateError):
        if error.code:
            told["code"] = error.code
        if error.line:
            told["location"] = f"{error.line}:{error.column}"
    return told
