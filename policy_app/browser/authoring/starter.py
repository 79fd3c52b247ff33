"""What the editor holds before anything is written: a small definition that can be saved as is."""

from __future__ import annotations

import base64
from typing import Any

from policy_app.services.authoring import Kind

TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: requiredownerlabel
spec:
  crd:
    spec:
      names:
        kind: RequiredOwnerLabel
      validation:
        openAPIV3Schema:
          type: object
          properties:
            label:
              type: string
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package requiredownerlabel

        violation[{"msg": msg}] {
          label := input.parameters.label
          not input.review.object.metadata.labels[label]
          msg := sprintf("The label %v is missing.", [label])
        }
"""
_CLUSTERS = ["Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters"]
_EFFECT = {
    "type": "String",
    "metadata": {"displayName": "Effect", "description": "What happens to what breaks the rule."},
    "allowedValues": ["Audit", "Deny", "Disabled"],
    "defaultValue": "Audit",
}
_LABEL = {
    "type": "String",
    "metadata": {"displayName": "Label", "description": "The label that has to be there."},
    "defaultValue": "owner",
}
_ANY_MEMBER = (
    "/providers/Microsoft.Authorization/policyDefinitions/95edb821-ddaf-4404-9732-666045e056b4"
)


def body(kind: Kind) -> dict[str, Any]:
    """The properties that a new definition of this kind starts from."""
    return _initiative() if kind == Kind.INITIATIVE else _policy()


def _policy() -> dict[str, Any]:
    details = {
        "templateInfo": {
            "sourceType": "Base64Encoded",
            "content": base64.b64encode(TEMPLATE.encode()).decode(),
        },
        "apiGroups": ["apps"],
        "kinds": ["Deployment"],
        "excludedNamespaces": ["kube-system", "gatekeeper-system", "azure-arc"],
        "values": {"label": "[parameters('label')]"},
    }
    return {
        "mode": "Microsoft.Kubernetes.Data",
        "parameters": {"effect": _EFFECT, "label": _LABEL},
        "policyRule": {
            "if": {"field": "type", "in": _CLUSTERS},
            "then": {"effect": "[parameters('effect')]", "details": details},
        },
    }


def _initiative() -> dict[str, Any]:
    member = {
        "policyDefinitionReferenceId": "first",
        "policyDefinitionId": _ANY_MEMBER,
        "parameters": {"effect": {"value": "[parameters('effect')]"}},
    }
    return {"parameters": {"effect": _EFFECT}, "policyDefinitions": [member]}
