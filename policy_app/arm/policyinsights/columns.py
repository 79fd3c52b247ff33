"""The fields of policy states, events and component states that a query may name.

Source: the wire names of ``Microsoft.PolicyInsights`` 2019-10-01 and, for components, 2024-10-01.
"""

from __future__ import annotations

from policy_app.arm.odata import Column, Columns, Kind

_SHARED = (
    "resourceId",
    "policyAssignmentId",
    "policyDefinitionId",
    "subscriptionId",
    "resourceType",
    "resourceLocation",
    "resourceGroup",
    "policyAssignmentName",
    "policyAssignmentOwner",
    "policyAssignmentParameters",
    "policyAssignmentScope",
    "policyDefinitionName",
    "policyDefinitionAction",
    "policyDefinitionCategory",
    "policySetDefinitionId",
    "policySetDefinitionName",
    "policySetDefinitionOwner",
    "policySetDefinitionCategory",
    "policySetDefinitionParameters",
    "policyDefinitionReferenceId",
    "complianceState",
)
_VERSIONS = ("policyDefinitionVersion", "policySetDefinitionVersion", "policyAssignmentVersion")
_OF_STATES = ("effectiveParameters", "resourceTags", "managementGroupIds", *_VERSIONS)
_OF_EVENTS = ("effectiveParameters", "resourceTags", "managementGroupIds")
_OF_COMPONENTS = ("componentId", "componentType", "componentName", *_VERSIONS)


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, name) for name in names)


_TIME = Column("timestamp", "timestamp", Kind.TIME)
_GROUPS = Column("policyDefinitionGroupNames", "policyDefinitionGroupNames")
_COMPLIANT = Column("isCompliant", "isCompliant", Kind.BOOLEAN)

STATES = Columns((_TIME, *_columns(*_SHARED), _COMPLIANT, *_columns(*_OF_STATES), _GROUPS))
EVENTS = Columns(
    (
        *(_TIME, *_columns(*_SHARED), _COMPLIANT, *_columns(*_OF_EVENTS)),
        *_columns("tenantId", "principalOid"),
        _GROUPS,
    )
)
COMPONENTS = Columns((_TIME, *_columns(*_SHARED), *_columns(*_OF_COMPONENTS), _GROUPS))
