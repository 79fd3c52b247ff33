"""The actions that roles allow, as Azure names them, and the patterns that roles are written in.

Source: Azure's role-based access control: an action is ``Provider/type/verb``; ``*`` in a pattern
stands for any characters, slashes among them; letter case makes no difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_AUTHORIZATION = "Microsoft.Authorization"
ASSIGNMENTS = f"{_AUTHORIZATION}/policyAssignments"
DEFINITIONS = f"{_AUTHORIZATION}/policyDefinitions"
INITIATIVES = f"{_AUTHORIZATION}/policySetDefinitions"
EXEMPTIONS = f"{_AUTHORIZATION}/policyExemptions"
ROLE_DEFINITIONS = f"{_AUTHORIZATION}/roleDefinitions"
ROLE_ASSIGNMENTS = f"{_AUTHORIZATION}/roleAssignments"
MANAGED_CLUSTERS = "Microsoft.ContainerService/managedClusters"
SERVICE_PRINCIPALS = "Microsoft.PolicyPortal/servicePrincipals"
"""Ours: Azure keeps service principals in a directory, which has roles of its own."""

REMEDIATIONS = "Microsoft.PolicyInsights/remediations"
ATTESTATIONS = "Microsoft.PolicyInsights/attestations"

READ, WRITE, DELETE = "read", "write", "delete"

SEE_ASSIGNMENTS = f"{ASSIGNMENTS}/read"
ASSIGN = f"{ASSIGNMENTS}/write"
UNASSIGN = f"{ASSIGNMENTS}/delete"
SEE_EXEMPTIONS = f"{EXEMPTIONS}/read"
EXEMPT = f"{ASSIGNMENTS}/exempt/action"
"""What making an exemption asks of the assignment, beside ``policyExemptions/write``."""
ACTIVITY = "Microsoft.Insights/eventtypes/values/read"
STATES = "Microsoft.PolicyInsights/policyStates/queryResults/read"
EVENTS = "Microsoft.PolicyInsights/policyEvents/queryResults/read"
COMPONENT_STATES = "Microsoft.PolicyInsights/componentPolicyStates/queryResults/read"
EVALUATE = "Microsoft.PolicyInsights/policyStates/triggerEvaluation/action"
RESTRICTIONS = "Microsoft.PolicyInsights/checkPolicyRestrictions/read"
TRACKED = "Microsoft.PolicyInsights/policyTrackedResources/queryResults/read"
CANCEL_REMEDIATION = f"{REMEDIATIONS}/cancel/action"
DEPLOYMENTS = f"{REMEDIATIONS}/listDeployments"

LONGEST = 200
_PATTERN = re.compile(r"\*|[A-Za-z0-9*._-]+(/[A-Za-z0-9*._-]+)+")


def of(resource_type: str, verb: str) -> str:
    """``Microsoft.Authorization/policyAssignments`` and ``write`` as one action."""
    return f"{resource_type}/{verb}"


def read_cluster(resource_type: str) -> str:
    """To see a cluster of this type (``Cluster.resource_type``), and to look into it."""
    return of(resource_type, READ)


def change_cluster(resource_type: str) -> str:
    """To change a cluster's own settings, such as its add-on."""
    return of(resource_type, WRITE)


def enter_cluster(resource_type: str) -> str:
    """To call its Kubernetes API, where RBAC decides the rest."""
    return of(resource_type, "listClusterUserCredential/action")


def master_cluster(resource_type: str) -> str:
    """To do everything in it, as a member of ``system:masters``."""
    return of(resource_type, "listClusterAdminCredential/action")


def is_pattern(text: str) -> bool:
    """Could a role have it among its actions?"""
    return len(text) <= LONGEST and _PATTERN.fullmatch(text) is not None


def matches(pattern: str, action: str) -> bool:
    """Does the pattern of a role cover the action?  Time is linear in both."""
    first, *rest = pattern.lower().split("*")
    wanted = action.lower()
    if not rest:
        return first == wanted
    if not wanted.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = wanted.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(wanted) - at >= len(rest[-1]) and wanted.endswith(rest[-1])


def covers(patterns: Iterable[str], excepted: Iterable[str], action: str) -> bool:
    """Does one role allow the action: by a pattern, and with none that takes it away?"""
    return any(matches(one, action) for one in patterns) and not any(
        matches(one, action) for one in excepted
    )
