"""A policy definition around a constraint template: its kinds, its parameters, its effect.

The template is compiled first.  Each field of its schema becomes a parameter of the definition, so
that an assignment sets it; one without a default has to be set by every assignment.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.language.details import DETAILS, TEMPLATE_INFO, from_base64
from policy_app.evaluation.language.installation import yaml_documents
from policy_app.services.authoring.templates import TextError, TextFault, check_template
from policy_app.services.errors import PolicyError

EFFECTS = ("Audit", "Deny", "Disabled")
EXCLUDED = ("kube-system", "gatekeeper-system", "azure-arc")
CLUSTERS = ("Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters")
_TYPES = {
    "string": "String",
    "integer": "Integer",
    "number": "Float",
    "boolean": "Boolean",
    "array": "Array",
}
_OWN = ("effect", "excludednamespaces")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+=*\s*")
_KIND = re.compile(r"(?:(?P<group>[a-z0-9.-]+|\*)/)?(?P<kind>[A-Z][A-Za-z0-9]*|\*)")


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A template and how it is used; ``kinds`` are ``Pod``, ``apps/Deployment`` or ``*/*``."""

    text: str
    kinds: Sequence[str]
    effect: str = EFFECTS[0]
    excluded: Sequence[str] = EXCLUDED


def decoded(text: str) -> str:
    """The YAML that a text is, or that it carries as Base64.

    Raises ``TextError`` where what looks like Base64 is none, or is no text.
    """
    if not text.strip() or not _BASE64.fullmatch(text):
        return text
    try:
        found = from_base64("".join(text.split()))
    except ValueError:
        found = "\x00"
    if "\x00" in found:
        raise _refusal(TextFault("it is neither YAML nor UTF-8 text in Base64"))
    return found


def properties_of(use: TemplateUse) -> dict[str, Any]:
    """ARM's properties of a definition that uses the template, without its names.

    Raises ``TextError`` where the template does not compile, and ``PolicyError`` with the target
    ``kinds`` or ``effect``.
    """
    fault = check_template(use.text)
    if fault is not None:
        raise _refusal(fault)
    if use.effect not in EFFECTS:
        text = f"'{use.effect}' is no effect of such a policy: choose {', '.join(EFFECTS)}."
        raise PolicyError("InvalidPolicyRule", text, target="effect")
    groups, kinds = _kinds(use.kinds)
    parameters, values = _parameters(yaml_documents(use.text)[0])
    content = base64.b64encode(use.text.encode()).decode()
    details: dict[str, Any] = {
        TEMPLATE_INFO: {"sourceType": "Base64Encoded", "content": content},
        "apiGroups": groups,
        "kinds": kinds,
        "excludedNamespaces": "[parameters('excludedNamespaces')]",
    }
    if values:
        details["values"] = values
    return {
        "mode": "Microsoft.Kubernetes.Data",
        "parameters": {**_usual(use), **parameters},
        "policyRule": {
            "if": {"field": "type", "in": list(CLUSTERS)},
            "then": {"effect": "[parameters('effect')]", "details": details},
        },
    }


def _usual(use: TemplateUse) -> dict[str, Any]:
    """The parameters that every policy for Kubernetes has."""
    return {
        "effect": {
            "type": "String",
            "metadata": {
                "displayName": "Effect",
                "description": "What happens to what breaks the policy.",
            },
            "allowedValues": list(EFFECTS),
            "defaultValue": use.effect,
        },
        "excludedNamespaces": {
            "type": "Array",
            "metadata": {
                "displayName": "Namespace exclusions",
                "description": "The namespaces that the policy leaves alone.",
            },
            "defaultValue": list(use.excluded),
        },
    }


def _kinds(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """API groups and kinds, each once and in the order in which they were named."""
    groups: dict[str, None] = {}
    kinds: dict[str, None] = {}
    for one in given:
        found = _KIND.fullmatch(one)
        if found is None:
            raise PolicyError(
                "InvalidPolicyRule",
                f"'{one}' is no kind: write Pod, apps/Deployment or */*, one a line.",
                target="kinds",
            )
        groups[found["group"] or ""] = None
        kinds[found["kind"]] = None
    if not kinds:
        text = "Name the kinds of objects that the template judges, such as Pod."
        raise PolicyError("InvalidPolicyRule", text, target="kinds")
    return list(groups), list(kinds)


def _parameters(template: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The parameters for the fields of the template's schema, and the values that hand them on."""
    parameters: dict[str, Any] = {}
    values: dict[str, str] = {}
    for name, schema in fields_of(template).items():
        own = f"{name}Value" if name.lower() in _OWN else name
        parameters[own] = _parameter(name, schema if isinstance(schema, Mapping) else {})
        values[name] = f"[parameters('{own}')]"
    return parameters, values


def _parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"displayName": name}
    if isinstance(schema.get("description"), str):
        metadata["description"] = schema["description"]
    made: dict[str, Any] = {
        "type": _TYPES.get(str(schema.get("type")), "Object"),
        "metadata": metadata,
    }
    if isinstance(schema.get("enum"), list):
        made["allowedValues"] = schema["enum"]
    if schema.get("default") is not None:
        made["defaultValue"] = schema["default"]
    return made


def fields_of(template: Any) -> Mapping[str, Any]:
    """The properties of the template's schema; none where it has no schema."""
    value: Any = template
    for step in ("spec", "crd", "spec", "validation", "openAPIV3Schema", "properties"):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _refusal(fault: TextFault) -> TextError:
    return TextError(fault, "constraint template", f"{DETAILS}.{TEMPLATE_INFO}.content")
