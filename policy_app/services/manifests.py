"""Data policy manifests: what a policy of a mode may be made of, as ARM tells it.

The portal evaluates one data plane mode, and the manifest says what its evaluation understands:
the effects, the fields of a rule's condition, and the details of each effect.
"""

from __future__ import annotations

from typing import Any

from policy_app.evaluation.language.conditions import FIELDS
from policy_app.evaluation.language.definitions import KUBERNETES_MODE
from policy_app.evaluation.language.details_checks import CHOICES, NAMES
from policy_app.evaluation.language.effects import DISABLED, KUBERNETES_EFFECTS, MUTATE
from policy_app.models import Cluster
from policy_app.services.errors import NotFound

_TYPE = "Microsoft.Authorization/dataPolicyManifests"
_NAMESPACES = [one.partition("/")[0] for one in (Cluster.MANAGED, Cluster.CONNECTED)]
_TEXTS: dict[str, Any] = {"type": ["array", "string"], "items": {"type": "string"}}
_OBJECT: dict[str, Any] = {"type": "object"}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "apiGroups": _TEXTS,
    "kinds": _TEXTS,
    "namespaces": _TEXTS,
    "excludedNamespaces": _TEXTS,
    "labelSelector": {"type": ["object", "string"]},
    "warn": {"type": ["boolean", "string"]},
    "values": _OBJECT,
    "templateInfo": _OBJECT,
    "constraintInfo": _OBJECT,
    "mutationInfo": _OBJECT,
}


def manifests() -> list[dict[str, Any]]:
    """All of them, as ARM resources."""
    return [_kubernetes()]


def get(mode: str) -> dict[str, Any]:
    """The manifest of a mode, in any letter case.  Raises ``NotFound``."""
    found = next((one for one in manifests() if one["name"].lower() == mode.lower()), None)
    if found is None:
        known = ", ".join(one["name"] for one in manifests())
        raise NotFound(
            "DataPolicyManifestNotFound",
            f"There is no data policy manifest for the mode '{mode}'; there is one for {known}.",
        )
    return found


def _kubernetes() -> dict[str, Any]:
    return {
        "id": f"/providers/{_TYPE}/{KUBERNETES_MODE}",
        "name": KUBERNETES_MODE,
        "type": _TYPE,
        "properties": {
            "namespaces": _NAMESPACES,
            "policyMode": KUBERNETES_MODE,
            "isBuiltInOnly": False,
            "resourceTypeAliases": [],
            "effects": [_effect(name) for name in KUBERNETES_EFFECTS],
            "fieldValues": list(FIELDS),
            "resourceFunctions": {"standard": [], "custom": []},
        },
    }


def _effect(name: str) -> dict[str, Any]:
    if name == DISABLED:
        return {"name": name, "detailsSchema": {}}
    apart = ("templateInfo", "constraintInfo") if name == MUTATE else ("mutationInfo",)
    fields = {one: _schema(one) for one in NAMES if one not in apart}
    schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return {"name": name, "detailsSchema": schema}


def _schema(name: str) -> dict[str, Any]:
    if name in CHOICES:
        return {"type": "string", "enum": list(CHOICES[name])}
    return _SCHEMAS.get(name, {"type": "string"})
