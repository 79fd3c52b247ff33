"""From an effective policy and its ``mutation.yaml`` to the mutators that the add-on installs.

Source: Microsoft Learn, the ``mutate`` effect.  What the add-on calls its mutators is not
published; ours are named and marked as its constraints are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy_app.evaluation.gatekeeper.errors import GatekeeperError
from policy_app.evaluation.gatekeeper.mutation import Mutator, is_mutator
from policy_app.evaluation.language.assignments import EffectivePolicy, UnresolvedPolicy
from policy_app.evaluation.language.constraints import (
    ADDON,
    installed_name,
    origin_annotations,
    title_of,
    why_unused,
)
from policy_app.evaluation.language.matching import narrowed
from policy_app.evaluation.language.reasons import (
    CONSTRAINT_INSTALL_FAILED,
    INVALID_CONSTRAINT,
    INVALID_TEMPLATE,
    TEMPLATE_INSTALL_FAILED,
    NotInstalled,
)


def build_mutators(
    policy: EffectivePolicy | UnresolvedPolicy, objects: Sequence[Any] | None
) -> list[Mutator] | NotInstalled:
    """The mutators for a policy; or why there are none.

    ``objects`` are the Kubernetes objects that the definition's ``mutationInfo`` names; None where
    they could not be had.
    """
    if isinstance(policy, UnresolvedPolicy):
        return NotInstalled(policy.message, CONSTRAINT_INSTALL_FAILED, policy.origin)
    absence = why_unused(policy)
    if absence is not None:
        return absence
    if objects is None:
        return NotInstalled(_no_mutators(policy), TEMPLATE_INSTALL_FAILED, policy.origin)
    strangers = [one for one in objects if not isinstance(one, Mapping) or not is_mutator(one)]
    if strangers or not objects:
        reason = f"{title_of(policy)}: its mutationInfo holds something else than mutators."
        return NotInstalled(reason, INVALID_TEMPLATE, policy.origin)
    try:
        for one in objects:
            Mutator.parse(one)
    except GatekeeperError as error:
        return NotInstalled(error.message, INVALID_TEMPLATE, policy.origin)
    try:
        return [Mutator.parse(_installed(one, policy), policy.origin) for one in objects]
    except GatekeeperError as error:
        return NotInstalled(error.message, INVALID_CONSTRAINT, policy.origin)


def _no_mutators(policy: EffectivePolicy) -> str:
    details = policy.kubernetes_details
    where = details.source_url if details else ""
    return f"The mutators {where or 'of the definition'} are not available."


def _installed(written: Mapping[str, Any], policy: EffectivePolicy) -> dict[str, Any]:
    """The mutator's object as it stands in the cluster."""
    name = str(written["metadata"]["name"])
    metadata = {
        **written["metadata"],
        "name": installed_name(name, policy, written["kind"], name),
        "labels": {"managed-by": ADDON},
        "annotations": origin_annotations(policy),
    }
    spec = {**written["spec"], "match": narrowed(written["spec"].get("match"), policy.details)}
    return {**written, "metadata": metadata, "spec": spec}
