"""Effects: one spelling for each, and what Gatekeeper is told to do about it.

Source: Microsoft Learn, "Understand Azure Policy for Kubernetes clusters"; the actions for
``warn`` and for assignments that are not enforced follow what clusters are seen to do.
"""

from __future__ import annotations

from policy_app.evaluation.language.errors import EffectError, nearest
from policy_app.evaluation.results import EnforcementAction

AUDIT = "Audit"
DENY = "Deny"
DISABLED = "Disabled"
MUTATE = "Mutate"
MANUAL = "Manual"
"""Judged by people, who attest what they found; never an effect on Kubernetes data."""

KUBERNETES_EFFECTS = (AUDIT, DENY, DISABLED, MUTATE)

_ALL = (
    *KUBERNETES_EFFECTS,
    "Append",
    "AddToNetworkGroup",
    "AuditIfNotExists",
    "DenyAction",
    "DeployIfNotExists",
    "EnforceOPAConstraint",
    "EnforceRegoPolicy",
    MANUAL,
    "Modify",
)
_BY_LOWER = {name.lower(): name for name in _ALL}

ENFORCED = "Default"
NOT_ENFORCED = "DoNotEnforce"
ENROLLED_ONLY = "Enroll"
ENFORCEMENT_MODES = (ENFORCED, NOT_ENFORCED, ENROLLED_ONLY)


def canonical_effect(name: str) -> str:
    """The effect's usual spelling (``deny`` → ``Deny``).

    Raises ``EffectError`` for a word that is no effect, with the nearest effect as a hint.
    """
    known = _BY_LOWER.get(name.lower())
    if known is not None:
        return known
    near = nearest(name.lower(), _BY_LOWER)
    hint = f"; did you mean {_BY_LOWER[near]!r}?" if near else ""
    raise EffectError(f"{name!r} is not a policy effect{hint}", path="policyRule.then.effect")


def to_enforcement_action(
    effect: str, *, warn: bool = False, enforcement_mode: str = ENFORCED
) -> EnforcementAction | None:
    """What a constraint's ``enforcementAction`` becomes, or None where none is installed.

    ``Deny`` denies; ``Audit`` is recorded (``dryrun``), or also told to the user (``warn``) where
    the definition's ``warn`` is true.  An assignment that is not enforced only records.  Nothing
    is installed for ``Disabled``, and no constraint for ``Mutate`` or for effects on ARM
    resources.
    """
    effect = canonical_effect(effect)
    if effect not in (AUDIT, DENY):
        return None
    if enforcement_mode != ENFORCED:
        return "dryrun"
    if effect == DENY:
        return "deny"
    return "warn" if warn else "dryrun"


def installs_mutation(effect: str, *, enforcement_mode: str = ENFORCED) -> bool:
    """True where mutators are put into the cluster: ``Mutate``, and the assignment enforced."""
    return canonical_effect(effect) == MUTATE and enforcement_mode == ENFORCED
