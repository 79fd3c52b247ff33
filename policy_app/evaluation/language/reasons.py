"""Why a policy has put nothing into a cluster, in the add-on's reason codes.

Source: Microsoft Learn, "Determine causes of non-compliance", the codes of Azure Policy for
Kubernetes.  The texts beside the codes are the portal's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy_app.evaluation.gatekeeper.constraints import NO_ORIGIN
from policy_app.evaluation.results import Origin

# Something should be installed, and is not.
TEMPLATE_INSTALL_FAILED = "ConstraintTemplateInstallFailed"
TEMPLATE_CREATE_FAILED = "ConstraintTemplateCreateFailed"
TEMPLATE_UPDATE_FAILED = "ConstraintTemplateUpdateFailed"
TEMPLATE_CONFLICTS = "ConstraintTemplateConflicts"
INVALID_TEMPLATE = "InvalidConstraintTemplate"
CONSTRAINT_INSTALL_FAILED = "ConstraintInstallFailed"
CONSTRAINT_CREATE_FAILED = "ConstraintCreateFailed"
CONSTRAINT_UPDATE_FAILED = "ConstraintUpdateFailed"
INVALID_CONSTRAINT = "InvalidConstraint"

# It is installed, and nobody has looked for an hour.
STATUS_STALE = "ConstraintStatusStale"
NOT_PROCESSED = "ConstraintNotProcessed"

# Our own codes for what is rightly not there.
SWITCHED_OFF = "Disabled"
CHANGES_OBJECTS = "Mutation"
JUDGES_RESOURCES = "NotKubernetes"
EXEMPT = "Exempt"
OTHER_CLUSTERS = "NotApplicable"

_RIGHTLY_ABSENT = frozenset(
    {SWITCHED_OFF, CHANGES_OBJECTS, JUDGES_RESOURCES, EXEMPT, OTHER_CLUSTERS}
)

MEANINGS: Mapping[str, str] = {
    TEMPLATE_INSTALL_FAILED: "The template, or the mutators, could not be had or made ready.",
    TEMPLATE_CREATE_FAILED: "The cluster refused a template of a new name.",
    TEMPLATE_UPDATE_FAILED: "The cluster refused a change of a template; the old one stays.",
    TEMPLATE_CONFLICTS: "Something of this name came from another place first, and stays.",
    INVALID_TEMPLATE: "The text is no template, or no mutator, that the cluster can read.",
    CONSTRAINT_INSTALL_FAILED: "The constraint could not be made from the definition.",
    CONSTRAINT_CREATE_FAILED: "The cluster refused a constraint of a new name.",
    CONSTRAINT_UPDATE_FAILED: "The cluster refused a change of a constraint; the old one stays.",
    INVALID_CONSTRAINT: "The constraint does not fit its template, or matches by what is no rule.",
    STATUS_STALE: "The last audit of the constraint is more than an hour ago.",
    NOT_PROCESSED: "The constraint has been there for an hour and was never audited.",
    SWITCHED_OFF: "The effect is Disabled.",
    CHANGES_OBJECTS: "The policy changes objects, and has no constraint.",
    JUDGES_RESOURCES: "The policy judges Azure resources, and nothing in a cluster.",
    EXEMPT: "An exemption covers the policy on this cluster.",
    OTHER_CLUSTERS: "The policy's rule is for other clusters than this one.",
}
"""A sentence for each code."""


@dataclass(frozen=True, slots=True)
class NotInstalled:
    """A policy that puts nothing into the cluster, and why."""

    reason: str
    """A sentence for the assigner."""
    code: str
    """The add-on's reason code, or ``Disabled``, ``Mutation``, ``NotKubernetes``, ``Exempt`` or
    ``NotApplicable`` where nothing went wrong."""
    origin: Origin = NO_ORIGIN
    path: str = ""
    """The field of the constraint or the template at fault, such as ``spec.parameters.label``."""

    @property
    def failed(self) -> bool:
        """Whether the policy should have been installed."""
        return self.code not in _RIGHTLY_ABSENT
