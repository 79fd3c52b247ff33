"""What is stored: scopes and clusters, definitions with their versions, assignments, access."""

from policy_app.models.access import ApiToken, SignInLink
from policy_app.models.assignments import Assignment
from policy_app.models.definitions import Definition, DefinitionVersion, InitiativeMember
from policy_app.models.scopes import Cluster, Namespace, Scope

__all__ = [
    "ApiToken",
    "Assignment",
    "Cluster",
    "Definition",
    "DefinitionVersion",
    "InitiativeMember",
    "Namespace",
    "Scope",
    "SignInLink",
]
