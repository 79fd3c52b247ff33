"""What is stored: scopes and clusters, definitions, assignments and exemptions, access."""

from policy_app.models.access import ApiToken, SignInLink
from policy_app.models.assignments import Assignment
from policy_app.models.definitions import Definition, DefinitionVersion, InitiativeMember
from policy_app.models.exemptions import Exemption
from policy_app.models.fetched import FetchedTemplate
from policy_app.models.scopes import Cluster, Namespace, Scope

__all__ = [
    "ApiToken",
    "Assignment",
    "Cluster",
    "Definition",
    "DefinitionVersion",
    "Exemption",
    "FetchedTemplate",
    "InitiativeMember",
    "Namespace",
    "Scope",
    "SignInLink",
]
