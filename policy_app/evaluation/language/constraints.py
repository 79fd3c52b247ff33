"""From an effective policy and its template to the constraint that the add-on installs.

Source: Microsoft Learn, "Understand Azure Policy for Kubernetes clusters", and constraints as
clusters show them.  The add-on's own way to hash a name is not published; ours is stable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policy_app.evaluation.gatekeeper.constraints import NO_ORIGIN, Constraint
from policy_app.evaluation.gatekeeper.errors import GatekeeperError, TemplateError
from policy_app.evaluation.gatekeeper.match import Match
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.assignments import EffectivePolicy, UnresolvedPolicy
from policy_app.evaluation.language.effects import DISABLED, MUTATE
from policy_app.evaluation.results import EnforcementAction, Origin

ALWAYS_EXCLUDED = ("kube-system", "gatekeeper-system")
"""Namespaces that the add-on leaves alone, whatever an assignment says."""

# The add-on's reason codes for what should be installed, and is not.
TEMPLATE_INSTALL_FAILED = "ConstraintTemplateInstallFailed"
CONSTRAINT_INSTALL_FAILED = "ConstraintInstallFailed"
INVALID_TEMPLATE = "InvalidConstraintTemplate"
INVALID_CONSTRAINT = "InvalidConstraint"

# Our own codes for what is rightly not there.
SWITCHED_OFF = "Disabled"
CHANGES_OBJECTS = "Mutation"
JUDGES_RESOURCES = "NotKubernetes"

_NAME_LENGTH = 30
_HASH_LENGTH = 20

ADDON = "azure-policy-addon"
"""What the add-on signs its objects with."""


@dataclass(frozen=True, slots=True)
class NotInstalled:
    """A policy that puts no constraint into the cluster, and why."""

    reason: str
    """A sentence for the assigner."""
    code: str
    """The add-on's reason code, or ``Disabled``, ``Mutation`` or ``NotKubernetes`` where nothing
    went wrong."""
    origin: Origin = NO_ORIGIN

    @property
    def failed(self) -> bool:
        """Whether the policy should have been installed."""
        return self.code not in (SWITCHED_OFF, CHANGES_OBJECTS, JUDGES_RESOURCES)


def build_constraint(
    policy: EffectivePolicy | UnresolvedPolicy, template: ConstraintTemplate | None
) -> Constraint | NotInstalled:
    """The constraint for a policy, admitted by its template; or why there is none.

    ``template`` is what the definition's details name; None where it could not be had.
    """
    if isinstance(policy, UnresolvedPolicy):
        return NotInstalled(policy.message, CONSTRAINT_INSTALL_FAILED, policy.origin)
    absence = why_absent(policy)
    if absence is None and policy.effect == MUTATE:
        title = policy.definition.display_name or policy.definition.id
        reason = f"{title} changes objects rather than judging them."
        absence = NotInstalled(reason, CHANGES_OBJECTS, policy.origin)
    if absence is not None:
        return absence
    action = policy.enforcement_action
    if template is None or action is None:
        return NotInstalled(_no_template(policy), TEMPLATE_INSTALL_FAILED, policy.origin)
    try:
        constraint = template.admit(_constraint(policy, template, action))
        _ = template.program
    except TemplateError as error:
        return NotInstalled(error.message, INVALID_TEMPLATE, policy.origin)
    except GatekeeperError as error:
        return NotInstalled(error.message, INVALID_CONSTRAINT, policy.origin)
    return constraint


def constraint_name(template_name: str, policy: EffectivePolicy) -> str:
    """``azurepolicy-<template>-<hash>``: 63 characters at most, the same for the same policy."""
    return installed_name(template_name, policy)


def installed_name(name: str, policy: EffectivePolicy, *more: str) -> str:
    """The name of what a policy installs; ``more`` tells apart what it installs several of."""
    parts = (policy.assignment.id, policy.reference_id, policy.definition.id, *more)
    digest = hashlib.sha256("\n".join(parts).lower().encode()).hexdigest()
    return f"azurepolicy-{name[:_NAME_LENGTH]}-{digest[:_HASH_LENGTH]}"


def why_absent(policy: EffectivePolicy) -> NotInstalled | None:
    """Why a policy installs nothing, be it a constraint or a mutator; None where it does."""
    title = policy.definition.display_name or policy.definition.id
    if policy.effect == DISABLED:
        return NotInstalled(f"{title}: the effect is Disabled.", SWITCHED_OFF, policy.origin)
    if not policy.definition.judges_kubernetes:
        return NotInstalled(
            f"{title} judges ARM resources (mode {policy.definition.mode}), not objects in a "
            "cluster.",
            JUDGES_RESOURCES,
            policy.origin,
        )
    if "constraintInfo" in policy.details:
        return NotInstalled(
            f"{title} brings a constraint of its own (constraintInfo), which is not supported: "
            "name apiGroups and kinds instead.",
            CONSTRAINT_INSTALL_FAILED,
            policy.origin,
        )
    return None


def _no_template(policy: EffectivePolicy) -> str:
    details = policy.definition.kubernetes_details
    where = details.source_url if details else ""
    return f"The constraint template {where or 'of the definition'} is not available."


def _constraint(
    policy: EffectivePolicy, template: ConstraintTemplate, action: EnforcementAction
) -> Constraint:
    values = policy.details.get("values")
    return Constraint(
        name=constraint_name(template.name, policy),
        kind=template.kind,
        match=Match.parse(_match(policy.details)),
        parameters=values if isinstance(values, Mapping) else None,
        enforcement_action=action,
        labels={"managed-by": ADDON},
        annotations=_annotations(policy),
        origin=policy.origin,
    )


def _match(details: Mapping[str, Any]) -> dict[str, Any]:
    """``spec.match``: what is empty restricts nothing, and is left out."""
    match: dict[str, Any] = {
        "excludedNamespaces": excluded_namespaces(details.get("excludedNamespaces"))
    }
    groups, kinds = details.get("apiGroups"), details.get("kinds")
    if groups or kinds:
        match["kinds"] = [{"apiGroups": groups or [], "kinds": kinds or []}]
    for name in ("namespaces", "labelSelector", "scope", "source"):
        if details.get(name):
            match[name] = details[name]
    return match


def excluded_namespaces(given: Any) -> Any:
    """The assignment's exclusions and the add-on's; anything but a list is left to be refused."""
    if given is not None and not isinstance(given, list):
        return given
    excluded = given or []
    return [*excluded, *(name for name in ALWAYS_EXCLUDED if name not in excluded)]


def _annotations(policy: EffectivePolicy) -> dict[str, str]:
    annotations = origin_annotations(policy) | {"constraint-installed-by": ADDON}
    url = policy.details.get("constraint")
    if isinstance(url, str):
        annotations["constraint-url"] = url
    return annotations


def origin_annotations(policy: EffectivePolicy) -> dict[str, str]:
    """The annotations that name the Azure objects behind what a policy installs."""
    return {
        "azure-policy-assignment-id": policy.assignment.id,
        "azure-policy-definition-id": policy.definition.id,
        "azure-policy-definition-reference-id": policy.reference_id,
        "azure-policy-setdefinition-id": policy.set_definition_id,
    }
