"""Where an assignment is in force: its clusters, its policies, the constraints on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import yaml
from django.urls import reverse

from policy_app.browser import highlighting, links
from policy_app.browser.assignments.facts import Effect
from policy_app.evaluation.gatekeeper.constraints import Constraint
from policy_app.evaluation.language.assignments import EffectivePolicy, UnresolvedPolicy
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.reasons import MEANINGS, NotInstalled
from policy_app.models import Assignment, Cluster
from policy_app.services import authorization, drafts, enforcement, reach
from policy_app.services.authorization import Principal, actions
from policy_app.services.cluster import lookup
from policy_app.services.errors import PolicyError

_ACTIONS = {
    "deny": ("Deny", "danger"),
    "warn": ("Warn", "warning"),
    "dryrun": ("Audit only", "info"),
}


@dataclass(frozen=True, slots=True)
class ClusterChoice:
    """A cluster that the assignment reaches; ``current`` is the one whose constraints show."""

    name: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class ConstraintRow:
    """A constraint of the assignment on a cluster."""

    name: str
    kind: str
    action: str
    tone: str
    policy: str
    policy_url: str
    lines: list[highlighting.Line]


@dataclass(frozen=True, slots=True)
class AbsentRow:
    """A policy without a constraint on a cluster, and why."""

    policy: str
    reason: str
    code: str
    meaning: str
    """What the code says, whatever the policy."""
    failed: bool
    """False where nothing went wrong, as with the effect Disabled."""


@dataclass(frozen=True, slots=True)
class Force:
    """What the assignment has put on one cluster."""

    clusters: list[ClusterChoice]
    cluster: Cluster | None
    constraints: list[ConstraintRow]
    not_installed: list[AbsentRow]
    problem: str = ""
    timeline_url: str = ""
    """Where the cluster's page tells how far the assignment has come."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy that the assignment puts to work, or the reason why it cannot."""

    name: str
    url: str
    reference_id: str
    version: str
    effect: Effect | None
    message: str
    problem: str


def of(row: Assignment, cluster_id: str, by: Principal) -> Force:
    """The clusters, and the constraints on the one with that ARM id (else on the first)."""
    draft = drafts.from_assignment(row)
    reached = [one for one in reach.clusters_reached(draft) if _may_see(by, one)]
    if not reached:
        return Force([], None, [], [])
    current = next((one for one in reached if one.scope.key == cluster_id.lower()), reached[0])
    choices = [ClusterChoice(one.scope.name, _url(row, one), one == current) for one in reached]
    if not current.addon_enabled:
        return Force(choices, current, [], [], "The Azure Policy add-on of this cluster is off.")
    found = enforcement.brought_by(draft, current)
    rows = [_constraint(one) for one in found.constraints]
    absent = [_absent(one) for one in found.not_installed]
    way = links.cluster(lookup.name_of(current), tab="addon", search=str(row))
    return Force(choices, current, rows, absent, timeline_url=way)


def policies(row: Assignment) -> list[PolicyRow]:
    """The policies with the effect that each has, in the initiative's order."""
    try:
        found = enforcement.policies_of(drafts.from_assignment(row))
    except (LanguageError, PolicyError) as error:
        definition = row.definition
        url = links.definition(definition)
        return [PolicyRow(definition.display_name, url, "", "", None, "", error.message)]
    return [_policy(one) for one in found]


def _may_see(by: Principal, cluster: Cluster) -> bool:
    return authorization.may(by, actions.read_cluster(cluster.resource_type), cluster.scope)


def _url(row: Assignment, cluster: Cluster) -> str:
    query = urlencode({"id": row.arm_id, "tab": "force", "cluster": cluster.scope.arm_id})
    return f"{reverse('assignment')}?{query}"


def _constraint(one: Constraint) -> ConstraintRow:
    label, tone = _ACTIONS.get(one.enforcement_action, (one.enforcement_action, "neutral"))
    text = yaml.dump(one.to_object(), Dumper=yaml.CSafeDumper, sort_keys=False)
    return ConstraintRow(
        name=one.name,
        kind=one.kind,
        action=label,
        tone=tone,
        policy=one.origin.display_name,
        policy_url=links.definition_by_id(one.origin.definition_id),
        lines=highlighting.lines(text.rstrip("\n"), "yaml"),
    )


def _absent(one: NotInstalled) -> AbsentRow:
    origin = one.origin
    name = origin.display_name or origin.definition_reference_id or origin.definition_id
    return AbsentRow(name, one.reason, one.code, MEANINGS.get(one.code, ""), one.failed)


def _policy(one: EffectivePolicy | UnresolvedPolicy) -> PolicyRow:
    if isinstance(one, UnresolvedPolicy):
        name = one.reference_id or one.definition_id
        url = links.definition_by_id(one.definition_id)
        message = one.origin.non_compliance_message
        return PolicyRow(name, url, one.reference_id, "", None, message, one.message)
    return PolicyRow(
        name=one.definition.display_name,
        url=links.definition_by_id(one.definition.id),
        reference_id=one.reference_id,
        version=one.definition.version,
        effect=Effect(one.effect),
        message=one.non_compliance_message,
        problem="",
    )
