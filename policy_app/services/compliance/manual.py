"""What manual policies have come to: what people attest, and else what the policy takes for so.

Each manual policy has a record for every resource that it is about: a subscription, a resource
group or a cluster.  It is made when somebody asks, from what is assigned and attested then, so that
it needs no audit and an attestation ends at its moment.  Source: Microsoft Learn, "Azure Policy
definitions manual effect" and "attestation structure": ``defaultState`` is Unknown where a policy
names none, and what has expired goes back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from policy_app import wall_clock
from policy_app.evaluation.language.assignments import EffectivePolicy, Resource
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.exemptions import Exemption, why_exempt
from policy_app.evaluation.language.expressions import resolve_value
from policy_app.evaluation.language.reasons import EXEMPT
from policy_app.models import Assignment, Attestation, ComplianceState, PolicyState, Scope
from policy_app.services import attestations, exemptions, reach
from policy_app.services.compliance import manual_policies
from policy_app.services.compliance.filters import Filters
from policy_app.services.compliance.manual_policies import Manual

_KINDS = (Scope.Kind.SUBSCRIPTION, Scope.Kind.RESOURCE_GROUP, Scope.Kind.CLUSTER)
_FIRST = (
    ComplianceState.NON_COMPLIANT,
    ComplianceState.UNKNOWN,
    ComplianceState.COMPLIANT,
    ComplianceState.EXEMPT,
)
"""What wants somebody's attention comes first."""
_Pair = tuple[int, str, str]
"""A resource's primary key, the assignment's id and the reference id, both in lower case."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one manual policy has come to for one resource."""

    policy: EffectivePolicy
    assignment: Assignment
    scope: Scope
    """The resource."""
    resource: Resource
    state: str
    at: datetime
    """Since when: attested, expired or assigned."""
    attestation: Attestation | None = None
    """The one that counts; None where the state is the policy's own, or exempt."""
    reason: str = ""
    """Of an exemption."""

    @property
    def assignment_key(self) -> str:
        """The assignment's id in lower case."""
        return self.policy.assignment.id.lower()

    @property
    def cluster_id(self) -> int | None:
        """The cluster's primary key, where the resource is one."""
        return self.scope.cluster.pk if self.scope.kind == Scope.Kind.CLUSTER else None


def below(scope: Scope) -> list[Verdict]:
    """What manual policies have come to at and below a scope."""
    return of(Scope.objects.filter(path__startswith=scope.path))


def of(resources: QuerySet[Scope], assignment_id: str = "") -> list[Verdict]:
    """What manual policies have come to for some scopes, what wants attention first.

    Of one assignment alone where its id is given.
    """
    found = list(manual_policies.assigned(assignment_id))
    if not found:
        return []
    rows = resources.filter(kind__in=_KINDS).select_related("cluster").order_by("path")
    known = [(row, _as_resource(row)) for row in rows]
    told = _Told.about(found)
    verdicts = [one for each in found for one in _of_assignment(each, known, told)]
    return sorted(verdicts, key=_order)


def narrowed(found: Iterable[Verdict], filters: Filters) -> list[Verdict]:
    """Those that the filters leave; what they ask of components leaves none."""
    if filters.policy or filters.action or filters.namespace or filters.kind or filters.workload:
        return []
    wanted = {
        "assignment_id": filters.assignment.lower(),
        "definition_id": filters.definition.lower(),
        "set_definition_id": filters.set_definition.lower(),
        "definition_reference_id": filters.reference_id.lower(),
    }

    def fits(one: Verdict) -> bool:
        origin = one.policy.origin
        mine = all(getattr(origin, name).lower() == text for name, text in wanted.items() if text)
        return mine and filters.state in ("", one.state) and _says(one, filters.text.lower())

    return [one for one in found if fits(one)]


def default_state(policy: EffectivePolicy) -> str:
    """What a manual policy takes for so until somebody attests."""
    details = policy.definition.policy_rule["then"].get("details")
    given = details.get("defaultState") if isinstance(details, Mapping) else None
    try:
        told = str(resolve_value(given or "", policy.parameters)).lower()
    except LanguageError:
        told = ""
    known = {str(one).lower(): str(one) for one in Attestation.State.values}
    return known.get(told, str(Attestation.State.UNKNOWN))


def as_state(one: Verdict) -> PolicyState:
    """The policy as if an audit had judged it; not stored."""
    policy = one.policy
    return PolicyState(
        assignment_arm_id=policy.assignment.id,
        assignment_key=one.assignment_key,
        definition_arm_id=policy.definition.id,
        definition_key=policy.definition.id.lower(),
        definition_version=policy.definition.version,
        set_definition_arm_id=policy.set_definition_id,
        set_definition_key=policy.set_definition_id.lower(),
        reference_id=policy.reference_id,
        display_name=policy.definition.display_name,
        effect=policy.effect,
        state=one.state,
        code=EXEMPT if one.reason else "",
        reason=one.reason,
        since=one.at,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What people say about some assignments: read at once, however many resources there are."""

    attested: Mapping[_Pair, Attestation]
    """The newest that stands."""
    expired: Mapping[_Pair, datetime]
    """When the last one ended that stands no more."""
    exempt: Mapping[int, Sequence[Exemption]]
    """By the scope that they are at."""
    now: datetime

    @classmethod
    def about(cls, found: Iterable[Manual]) -> _Told:
        now = wall_clock.now()
        keys = [one.row.arm_id.lower() for one in found]
        attested: dict[_Pair, Attestation] = {}
        expired: dict[_Pair, datetime] = {}
        rows = Attestation.objects.filter(assignment_key__in=keys)
        for row in rows.select_related("created_by", "updated_by").order_by("updated_at", "pk"):
            pair = (row.scope_id, row.assignment_key, row.reference_id.lower())
            if row.expires_on is None or row.expires_on > now:
                attested[pair] = row
            else:
                expired[pair] = max(row.expires_on, expired.get(pair, row.expires_on))
        exempt: dict[int, list[Exemption]] = {}
        for one in exemptions.live(exemptions.everywhere()).filter(assignment_key__in=keys):
            exempt.setdefault(one.scope_id, []).append(exemptions.as_value(one))
        return cls(attested, expired, exempt, now)

    def exemptions_at(self, scope: Scope) -> list[Exemption]:
        """Those at the scope and above."""
        return [one for pk in scope.lineage for one in self.exempt.get(pk, ())]


def _of_assignment(
    one: Manual, resources: Sequence[tuple[Scope, Resource]], told: _Told
) -> Iterator[Verdict]:
    covered = reach.covered(one.draft, [scope for scope, _ in resources])
    judging: dict[int, Callable[[Scope, Resource], bool | None]] = {}
    for scope, resource in resources:
        if scope.pk not in covered:
            continue
        exempt = told.exemptions_at(scope)
        for policy in one.on(resource):
            # A rule is read once for each definition, of which there may be hundreds.
            judges = judging.get(id(policy)) or attestations.judging(policy)
            judging[id(policy)] = judges
            known = judges(scope, resource)
            if known is False:
                continue
            verdict = _verdict(one.row, policy, scope, resource, exempt, told)
            # Where nobody knows whether the rule is about it, somebody's word tells that it is.
            if known or verdict.attestation is not None:
                yield verdict


def _verdict(
    row: Assignment,
    policy: EffectivePolicy,
    scope: Scope,
    resource: Resource,
    exempt: Sequence[Exemption],
    told: _Told,
) -> Verdict:
    out = why_exempt(policy, exempt, resource, told.now)
    if out is not None:
        state = str(ComplianceState.EXEMPT)
        return Verdict(policy, row, scope, resource, state, row.updated_at, reason=out.reason)
    pair = (scope.pk, policy.assignment.id.lower(), policy.reference_id.lower())
    said = told.attested.get(pair)
    if said is not None:
        return Verdict(policy, row, scope, resource, said.state, said.updated_at, said)
    since = max(row.updated_at, told.expired.get(pair, row.updated_at))
    return Verdict(policy, row, scope, resource, default_state(policy), since)


def _as_resource(scope: Scope) -> Resource:
    return Resource(scope.arm_id, attestations.resource_type(scope), scope.location)


def _says(one: Verdict, text: str) -> bool:
    said = one.attestation
    told = (
        one.policy.definition.display_name,
        one.scope.arm_id,
        str(one.scope),
        *((said.owner, said.comments, said.name) if said is not None else ()),
    )
    return any(text in each.lower() for each in told)


def _order(one: Verdict) -> tuple[int, str, str, str]:
    title = one.policy.definition.display_name.lower()
    rank = _FIRST.index(ComplianceState(one.state))
    return rank, title, one.policy.reference_id.lower(), one.scope.path
