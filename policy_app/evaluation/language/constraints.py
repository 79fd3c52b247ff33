"""From an effective policy and its template to the constraint that the add-on installs.

Source: Microsoft Learn, "Understand Azure Policy for Kubernetes clusters", and constraints as
clusters show them.  The add-on's own way to hash a name is not published; ours is stable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.gatekeeper.errors import ConstraintError, GatekeeperError, TemplateError
from policy_app.evaluation.gatekeeper.match import Match
from policy_app.evaluation.gatekeeper.templates import ConstraintTemplate
from policy_app.evaluation.language.assignments import EffectivePolicy, Resource, UnresolvedPolicy
from policy_app.evaluation.language.details import Source
from policy_app.evaluation.language.effects import DISABLED, MUTATE, installs_mutation
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.matching import match_from, narrowed
from policy_app.evaluation.language.reading import kind_of
from policy_app.evaluation.language.reasons import (
    CHANGES_OBJECTS,
    CONSTRAINT_INSTALL_FAILED,
    INVALID_CONSTRAINT,
    INVALID_TEMPLATE,
    JUDGES_RESOURCES,
    OTHER_CLUSTERS,
    SWITCHED_OFF,
    TEMPLATE_INSTALL_FAILED,
    NotInstalled,
)
from policy_app.evaluation.results import EnforcementAction

_NAME_LENGTH = 30
_HASH_LENGTH = 20

ADDON = "azure-policy-addon"
"""What the add-on signs its objects with."""


def build_constraint(
    policy: EffectivePolicy | UnresolvedPolicy,
    template: ConstraintTemplate | None,
    file: str | None = None,
) -> Constraint | NotInstalled:
    """The constraint for a policy, admitted by its template; or why there is none.

    ``template`` is what the definition's details name, ``file`` the text of the constraint that
    they name beside it (where they do); each is None where it could not be had.
    """
    if isinstance(policy, UnresolvedPolicy):
        return NotInstalled(policy.message, CONSTRAINT_INSTALL_FAILED, policy.origin)
    absence = why_absent(policy)
    if absence is None and policy.effect == MUTATE:
        reason = f"{title_of(policy)} changes objects rather than judging them."
        absence = NotInstalled(reason, CHANGES_OBJECTS, policy.origin)
    if absence is not None:
        return absence
    action = policy.enforcement_action
    if template is None or action is None:
        return NotInstalled(_no_template(policy), TEMPLATE_INSTALL_FAILED, policy.origin)
    if file is None and (missing := _constraint_source(policy)) is not None:
        reason = f"The constraint file {missing.identity} is not available."
        return NotInstalled(reason, CONSTRAINT_INSTALL_FAILED, policy.origin)
    try:
        constraint = template.admit(_constraint(policy, template, action, file))
        template.compile()
    except TemplateError as error:
        return NotInstalled(error.message, INVALID_TEMPLATE, policy.origin)
    except GatekeeperError as error:
        return NotInstalled(error.message, INVALID_CONSTRAINT, policy.origin, error.path)
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
    """Why a policy rightly installs nothing, neither constraint nor mutator; None where it does."""
    title = title_of(policy)
    if policy.effect == DISABLED:
        return NotInstalled(f"{title}: the effect is Disabled.", SWITCHED_OFF, policy.origin)
    if not policy.definition.judges_kubernetes:
        return NotInstalled(
            f"{title} judges ARM resources (mode {policy.definition.mode}), not objects in a "
            "cluster.",
            JUDGES_RESOURCES,
            policy.origin,
        )
    return None


def why_unused(policy: EffectivePolicy) -> NotInstalled | None:
    """Why a policy that changes objects brings no mutators; None where it should."""
    absence = why_absent(policy)
    if absence is not None:
        return absence
    if policy.effect != MUTATE:
        reason = f"{title_of(policy)} changes objects, for which the effect must be {MUTATE}."
        return NotInstalled(reason, CONSTRAINT_INSTALL_FAILED, policy.origin)
    if not installs_mutation(policy.effect, enforcement_mode=policy.assignment.enforcement_mode):
        reason = f"{title_of(policy)} changes nothing, since its assignment is not enforced."
        return NotInstalled(reason, CHANGES_OBJECTS, policy.origin)
    return None


def why_elsewhere(policy: EffectivePolicy, resource: Resource) -> NotInstalled | None:
    """Why a policy for Kubernetes is not for this cluster; None where it is, or may be.

    What ``policyRule.if`` asks of a cluster and is not known of it keeps nothing away.
    """
    title = title_of(policy)
    try:
        condition = policy.definition.condition
        if condition.holds(resource, policy.parameters) is not False:
            return None
    except LanguageError as error:
        reason = f"{title}: its rule cannot be asked about a cluster: {error.message}"
        return NotInstalled(reason, CONSTRAINT_INSTALL_FAILED, policy.origin)
    known = [f"of type {resource.type}", f"in {resource.location}" if resource.location else ""]
    reason = (
        f"{title} is not for this cluster, which is {' '.join(filter(None, known))}: its rule asks"
        f" for {condition}."
    )
    return NotInstalled(reason, OTHER_CLUSTERS, policy.origin)


def changes_objects(policy: EffectivePolicy) -> bool:
    """Whether a policy brings mutators rather than a constraint."""
    details = policy.kubernetes_details
    return policy.effect == MUTATE or (details is not None and details.mutation is not None)


def title_of(policy: EffectivePolicy) -> str:
    """What a sentence calls the policy."""
    return policy.definition.display_name or policy.definition.id


def _no_template(policy: EffectivePolicy) -> str:
    details = policy.kubernetes_details
    where = details.source_url if details else ""
    return f"The constraint template {where or 'of the definition'} is not available."


def _constraint(
    policy: EffectivePolicy,
    template: ConstraintTemplate,
    action: EnforcementAction,
    file: str | None,
) -> Constraint:
    warn = policy.details.get("warn")
    if not (warn is None or isinstance(warn, bool)):
        raise ConstraintError(f"warn should be true or false, but is {kind_of(warn)}", path="warn")
    if file is not None:
        return _from_file(policy, file, action)
    values = policy.details.get("values")
    return Constraint(
        name=constraint_name(template.name, policy),
        kind=template.kind,
        match=Match.parse(match_from(policy.details)),
        parameters=values if isinstance(values, Mapping) else None,
        enforcement_action=action,
        labels={"managed-by": ADDON},
        annotations=_annotations(policy),
        origin=policy.origin,
    )


def _from_file(policy: EffectivePolicy, file: str, action: EnforcementAction) -> Constraint:
    """The file's constraint under the add-on's name, with the policy's action and match."""
    # Loaded where it is needed: few policies bring a file, and all should start quickly.
    from policy_app.evaluation.language.constraint_files import read_constraint

    written = Constraint.parse(read_constraint(file, policy.details), policy.origin)
    own = written.match.to_object() if written.match else None
    return replace(
        written,
        name=installed_name(written.name, policy),
        match=Match.parse(narrowed(own, policy.details)),
        enforcement_action=action,
        scoped_actions=(),
        labels={**written.labels, "managed-by": ADDON},
        annotations={**written.annotations, **_annotations(policy)},
    )


def _annotations(policy: EffectivePolicy) -> dict[str, str]:
    annotations = origin_annotations(policy) | {"constraint-installed-by": ADDON}
    source = _constraint_source(policy)
    if source is not None and source.url:
        annotations["constraint-url"] = source.url
    return annotations


def _constraint_source(policy: EffectivePolicy) -> Source | None:
    details = policy.kubernetes_details
    return details.constraint if details else None


def origin_annotations(policy: EffectivePolicy) -> dict[str, str]:
    """The annotations that name the Azure objects behind what a policy installs."""
    return {
        "azure-policy-assignment-id": policy.assignment.id,
        "azure-policy-definition-id": policy.definition.id,
        "azure-policy-definition-reference-id": policy.reference_id,
        "azure-policy-setdefinition-id": policy.set_definition_id,
    }
