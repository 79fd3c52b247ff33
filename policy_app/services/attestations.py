"""Attestations: what somebody says of a resource under a policy that no machine can judge.

Azure takes them for policies with the effect ``manual`` alone.  Policies for Kubernetes data never
have it; those for Azure resources may, and are about a subscription, a resource group or a cluster.
Source: the ``attestations`` resource of Microsoft.PolicyInsights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from policy_app import wall_clock
from policy_app.evaluation.language import conditions
from policy_app.evaluation.language.assignments import EffectivePolicy, Resource
from policy_app.evaluation.language.constraints import title_of
from policy_app.evaluation.language.effects import MANUAL
from policy_app.evaluation.language.errors import LanguageError
from policy_app.evaluation.language.exemptions import in_arm_form
from policy_app.evaluation.language.reading import Reader, refuse_deep
from policy_app.models import Assignment, Attestation, Scope
from policy_app.services import activity, assigned_policies, authorization, reach
from policy_app.services.assigned_policies import ASSIGNMENT, REFERENCE, NoPolicyError
from policy_app.services.authorization import Actor, actions
from policy_app.services.drafts import from_assignment
from policy_app.services.drafts.validation import faults_of_name, refuse
from policy_app.services.errors import NotFound, PolicyError
from policy_app.services.writing import lock, remove, sign

NAME_LIMIT = 128
OWNER_LIMIT = 254
_WRITE = actions.of(actions.ATTESTATIONS, actions.WRITE)
_DELETE = actions.of(actions.ATTESTATIONS, actions.DELETE)
_INDEXED = "indexed"
_TYPES = {
    Scope.Kind.SUBSCRIPTION: "Microsoft.Resources/subscriptions",
    Scope.Kind.RESOURCE_GROUP: "Microsoft.Resources/subscriptions/resourceGroups",
}


class AttestationError(LanguageError):
    """An attestation that is not shaped as ARM requires."""

    code = "InvalidRequestContent"


@dataclass(frozen=True, slots=True)
class AttestationDraft:
    """Every field of an attestation before it is stored."""

    assignment_id: str
    reference_id: str
    state: str
    expires_on: datetime | None
    owner: str
    comments: str
    evidence: tuple[Mapping[str, str], ...]
    """Each has ``description`` and ``sourceUri``, or one of them."""
    assessment_date: datetime | None
    metadata: Mapping[str, Any]

    @classmethod
    def parse(cls, value: Any) -> AttestationDraft:
        """Read ARM's ``{properties}``.  Raises ``AttestationError`` with the path at fault."""
        refuse_deep(value, AttestationError)
        whole = Reader(value, "", AttestationError)
        if "properties" not in whole.fields:
            whole.refuse("properties", "is required")
        properties = whole.child("properties")
        states, owner = tuple(Attestation.State.values), properties.text("owner")
        if len(owner) > OWNER_LIMIT:
            properties.refuse("owner", f"has {len(owner)} characters; it may have {OWNER_LIMIT}")
        return cls(
            assignment_id=properties.required_text("policyAssignmentId"),
            reference_id=properties.text("policyDefinitionReferenceId"),
            state=properties.choice("complianceState", states, Attestation.State.UNKNOWN),
            expires_on=properties.moment("expiresOn"),
            owner=owner,
            comments=properties.text("comments"),
            evidence=tuple(map(_evidence, properties.objects("evidence"))),
            assessment_date=properties.moment("assessmentDate"),
            metadata=properties.object("metadata"),
        )


def find(scope: Scope, name: str) -> Attestation | None:
    """The attestation of this name at exactly this scope, in any letter case."""
    return _everywhere().filter(scope=scope, key=name.replace("\x00", "").lower()).first()


def get(scope: Scope, name: str) -> Attestation:
    """The attestation of this name at this scope, or ``NotFound``."""
    found = find(scope, name)
    if found is None:
        raise NotFound("AttestationNotFound", f"The attestation '{name}' is not found.")
    return found


def at_and_below(scope: Scope) -> QuerySet[Attestation]:
    """The attestations at the scope or below it."""
    return _everywhere().filter(scope__path__startswith=scope.path)


def unexpired() -> Q:
    """The condition that an attestation still says something."""
    return Q(expires_on=None) | Q(expires_on__gt=wall_clock.now())


@transaction.atomic
def put(scope: Scope, name: str, body: Any, by: Actor) -> tuple[Attestation, bool]:
    """Create the attestation that ARM's body describes, or replace it; true where it is new.

    Raises ``PolicyError`` and stores nothing where it is not allowed or not valid.
    """
    user = authorization.require(by, _WRITE, scope).user
    lock(scope)
    draft = validate(scope, name, body, by)
    row = find(scope, name)
    created = row is None
    before = as_object(row) if row is not None else None
    row = row or Attestation(scope=scope, created_by=user)
    if created or row.state != draft.state:
        row.state_since = wall_clock.now()
    row.name, row.assignment_arm_id = name, draft.assignment_id
    row.reference_id, row.state = draft.reference_id, draft.state
    row.expires_on, row.assessment_date = draft.expires_on, draft.assessment_date
    row.owner, row.comments = draft.owner, draft.comments
    row.evidence = [dict(one) for one in draft.evidence]
    row.metadata = dict(draft.metadata)
    row.updated_by = None if created else user
    sign(row, user)
    row.save()
    activity.record(by, _WRITE, row.arm_id, scope=scope, before=before, after=as_object(row))
    return row, created


def delete(attestation: Attestation, by: Actor) -> bool:
    """Delete it as it is by now; false where it has gone already.  Raises ``PolicyError``."""
    return remove(attestation, _DELETE, by, find, as_object) is not None


def validate(scope: Scope, name: str, body: Any, by: Actor) -> AttestationDraft:
    """The attestation that a body describes.  Raises ``PolicyError`` with what is wrong.

    ``by`` must know of the assignment.
    """
    subject, code = f"The attestation '{name}'", "InvalidAttestationName"
    faults = faults_of_name(name, NAME_LIMIT, "at this scope", what="attestation", code=code)
    refuse([*faults], subject)
    try:
        draft = AttestationDraft.parse(body)
    except LanguageError as error:
        raise PolicyError(error.code, error.message, target=error.path) from None
    assignment = assigned_policies.assignment_for(by, draft.assignment_id)
    refuse([*_against_assignment(draft, assignment, scope, name)], subject)
    return draft


def concerns(policy: EffectivePolicy, assignment: Assignment, scope: Scope) -> bool:
    """Whether the assignment reaches a scope, and its policy is not for others."""
    if not reach.covers(from_assignment(assignment), scope):
        return False
    about = Resource(id=scope.arm_id, type=resource_type(scope), location=scope.location)
    # What the rule asks may not be known of a resource here, which keeps nobody's word away.
    return judging(policy)(scope, about) is not False


def judging(policy: EffectivePolicy) -> Callable[[Scope, Resource], bool | None]:
    """Whether the mode, the selectors and the rule of a policy leave it a scope as a resource.

    None where the rule asks what is not known here.  Subscriptions and resource groups are judged
    in the mode ``All`` alone, as Azure documents it.
    """
    indexed = policy.definition.mode.lower() == _INDEXED
    parts = [*_conditions(policy.definition.policy_rule.get("if"))]

    def judges(scope: Scope, resource: Resource) -> bool | None:
        if indexed and scope.kind != Scope.Kind.CLUSTER:
            return False
        if not policy.assignment.selects(resource):
            return False
        told = [_holds(one, resource, policy) for one in parts]
        return False if False in told else None if None in told else True

    return judges


def _conditions(rule: Any) -> Iterator[conditions.Condition | None]:
    """A rule's parts that must all hold; None for one that asks what the portal does not know."""
    if isinstance(rule, Mapping) and len(rule) == 1:
        ((name, inner),) = rule.items()
        if str(name).lower() == "allof" and isinstance(inner, list):
            for one in inner:
                yield from _conditions(one)
            return
    try:
        yield conditions.parse(Reader(rule, "", AttestationError))
    except LanguageError:
        yield None


def _holds(
    part: conditions.Condition | None, resource: Resource, policy: EffectivePolicy
) -> bool | None:
    try:
        return part.holds(resource, policy.parameters) if part is not None else None
    except LanguageError:
        return None


def resource_type(scope: Scope) -> str:
    """What a scope is as a resource."""
    kind = Scope.Kind(scope.kind)
    return scope.cluster.resource_type if kind == Scope.Kind.CLUSTER else _TYPES.get(kind, "")


def as_object(row: Attestation) -> dict[str, Any]:
    """ARM's ``properties`` of an attestation; what is empty is left out."""
    moments = {
        "expiresOn": row.expires_on,
        "assessmentDate": row.assessment_date,
        "lastComplianceStateChangeAt": row.state_since,
    }
    properties = {
        "policyAssignmentId": row.assignment_arm_id,
        "policyDefinitionReferenceId": row.reference_id,
        "complianceState": row.state,
        "owner": row.owner,
        "comments": row.comments,
        "evidence": row.evidence,
        "metadata": row.metadata,
        "provisioningState": "Succeeded",
        **{name: in_arm_form(at) for name, at in moments.items() if at is not None},
    }
    return {name: value for name, value in properties.items() if value}


def _everywhere() -> QuerySet[Attestation]:
    return Attestation.objects.select_related("scope", "created_by", "updated_by")


def _evidence(entry: Reader) -> dict[str, str]:
    told = {name: entry.text(name) for name in ("description", "sourceUri")}
    return {name: text for name, text in told.items() if text}


def _against_assignment(
    draft: AttestationDraft, assignment: Assignment, scope: Scope, name: str
) -> Iterator[PolicyError]:
    try:
        policy = assigned_policies.meant(assignment, draft.reference_id)
    except NoPolicyError as error:
        yield _invalid(name, str(error), error.target)
        return
    if policy.effect != MANUAL:
        why = f"'{title_of(policy)}' has the effect {policy.effect}, and not {MANUAL}: it is judged"
        target = REFERENCE if draft.reference_id else ASSIGNMENT
        yield _invalid(name, f"{why} by machines, and nobody's word counts.", target)
    elif not concerns(policy, assignment, scope):
        why = f"No compliance data was found for resource '{scope.arm_id}' against policy"
        yield _invalid(name, f"{why} assignment '{draft.assignment_id}'.", ASSIGNMENT)


def _invalid(name: str, why: str, target: str) -> PolicyError:
    text = f"Unable to create attestation '{name}'. {why}"
    return PolicyError("InvalidCreateAttestationRequest", text, target=target)
