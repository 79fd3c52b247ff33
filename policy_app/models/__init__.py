"""What is stored: scopes, clusters, their objects, definitions, assignments, audits, access."""

from policy_app.models.access import ApiToken, SignInLink
from policy_app.models.activity import ActivityEntry
from policy_app.models.addon import AddonProgress, AddonState, Refusal
from policy_app.models.assignments import Assignment
from policy_app.models.attestations import Attestation
from policy_app.models.authorization import (
    ExternalIdentity,
    RoleAssignment,
    RoleDefinition,
    SecurityPrincipal,
    ServicePrincipal,
    ServicePrincipalSecret,
)
from policy_app.models.compliance import (
    AppliedSet,
    ClusterAudit,
    ComplianceEvent,
    ComplianceSample,
    ComplianceState,
    Component,
    ComponentState,
    PolicyState,
)
from policy_app.models.definitions import Definition, DefinitionVersion, InitiativeMember
from policy_app.models.exemptions import Exemption
from policy_app.models.fetched import FetchedTemplate
from policy_app.models.objects import ClusterState, KubeChange, KubeObject, KubeOwner
from policy_app.models.remediations import Remediation, RemediationDeployment
from policy_app.models.scans import Scan, ScanChunk
from policy_app.models.scopes import Cluster, Scope
from policy_app.models.work import Duty, PushedClock, WorkerProcess

__all__ = [
    "ActivityEntry",
    "AddonProgress",
    "AddonState",
    "ApiToken",
    "AppliedSet",
    "Assignment",
    "Attestation",
    "Cluster",
    "ClusterAudit",
    "ClusterState",
    "ComplianceEvent",
    "ComplianceSample",
    "ComplianceState",
    "Component",
    "ComponentState",
    "Definition",
    "DefinitionVersion",
    "Duty",
    "Exemption",
    "ExternalIdentity",
    "FetchedTemplate",
    "InitiativeMember",
    "KubeChange",
    "KubeObject",
    "KubeOwner",
    "PolicyState",
    "PushedClock",
    "Refusal",
    "Remediation",
    "RemediationDeployment",
    "RoleAssignment",
    "RoleDefinition",
    "Scan",
    "ScanChunk",
    "Scope",
    "SecurityPrincipal",
    "ServicePrincipal",
    "ServicePrincipalSecret",
    "SignInLink",
    "WorkerProcess",
]
