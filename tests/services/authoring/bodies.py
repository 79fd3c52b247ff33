"""Bodies of custom definitions that are right, to be made wrong one field at a time."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from policy_app.models import Scope
from policy_app.services import authoring
from policy_app.services.authoring import Kind
from policy_app.services.errors import PolicyError

TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8sneedslabel
spec:
  crd:
    spec:
      names:
        kind: K8sNeedsLabel
      validation:
        openAPIV3Schema:
          type: object
          properties:
            label:
              type: string
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8sneedslabel

        violation[{"msg": msg}] {
          wanted := input.parameters.label
          not input.review.object.metadata.labels[wanted]
          msg := sprintf("The label %v is missing.", [wanted])
        }
"""


def encoded(text: str) -> str:
    """As ``templateInfo.content`` carries it."""
    return base64.b64encode(text.encode()).decode()


def details(template: str = TEMPLATE) -> dict[str, Any]:
    """``then.details`` with a template inside."""
    return {
        "templateInfo": {"sourceType": "Base64Encoded", "content": encoded(template)},
        "apiGroups": [""],
        "kinds": ["Pod"],
        "values": {"label": "[parameters('label')]"},
    }


def policy(template: str = TEMPLATE, **properties: Any) -> dict[str, Any]:
    """A PUT body of a policy for Kubernetes; keywords replace properties."""
    usual: dict[str, Any] = {
        "displayName": "Pods carry a label",
        "policyType": "Custom",
        "mode": "Microsoft.Kubernetes.Data",
        "metadata": {"category": "Own"},
        "parameters": {
            "effect": {
                "type": "String",
                "allowedValues": ["Audit", "Deny", "Disabled"],
                "defaultValue": "Audit",
            },
            "label": {"type": "String", "defaultValue": "team"},
        },
        "policyRule": {
            "if": {"field": "type", "in": ["Microsoft.ContainerService/managedClusters"]},
            "then": {"effect": "[parameters('effect')]", "details": details(template)},
        },
    }
    return {"properties": copy.deepcopy(usual | properties)}


def member(definition_id: str, reference: str = "label", **more: Any) -> dict[str, Any]:
    """An entry of ``policyDefinitions`` that hands on the initiative's effect."""
    return {
        "policyDefinitionId": definition_id,
        "policyDefinitionReferenceId": reference,
        "parameters": {"effect": {"value": "[parameters('effect')]"}},
        **more,
    }


def initiative(*members: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A PUT body of an initiative with one parameter, the effect."""
    usual: dict[str, Any] = {
        "displayName": "Our labels",
        "metadata": {"category": "Own"},
        "parameters": {
            "effect": {
                "type": "String",
                "allowedValues": ["Audit", "Deny", "Disabled"],
                "defaultValue": "Audit",
            }
        },
        "policyDefinitions": list(members),
    }
    return {"properties": copy.deepcopy(usual | properties)}


def faults(
    scope: Scope, body: Any, kind: Kind = Kind.POLICY, name: str = "own"
) -> list[tuple[str, str]]:
    """The (code, field) pairs of a refusal, in order; the save must fail."""
    with pytest.raises(PolicyError) as caught:
        authoring.put(scope, name, body, None, kind)
    return [(one.code, one.target) for one in caught.value.every()]
