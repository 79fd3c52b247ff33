"""Microsoft.PolicyInsights' addresses, at every level that Azure has them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern

from policy_app.arm.policyinsights.attestations import AttestationResource, Attestations
from policy_app.arm.policyinsights.evaluations import AsyncOperationResult, TriggerEvaluation
from policy_app.arm.policyinsights.metadata import (
    PolicyMetadataCollection,
    PolicyMetadataResource,
)
from policy_app.arm.policyinsights.operations import Operations
from policy_app.arm.policyinsights.places import INSIGHTS, SCOPES, Place, every, of_components
from policy_app.arm.policyinsights.queries import (
    ComponentPolicyStates,
    PolicyEvents,
    PolicyStates,
    QueryResults,
)
from policy_app.arm.policyinsights.remediations import (
    CancelRemediation,
    Remediation,
    RemediationDeployments,
    Remediations,
)
from policy_app.arm.policyinsights.restrictions import CheckPolicyRestrictions
from policy_app.arm.policyinsights.summaries import Summarize
from policy_app.arm.policyinsights.tracked import PolicyTrackedResources
from policy_app.arm.routes import (
    MANAGEMENT_GROUP,
    RESOURCE,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    TENANT,
    Level,
    arm_path,
)

_WHICH = "<segment:resourceSelection>"
_RESOURCES = (SUBSCRIPTION, RESOURCE_GROUP, RESOURCE)


def _queries() -> Iterator[URLPattern]:
    views: tuple[type[QueryResults], ...] = (PolicyStates, PolicyEvents)
    for place in every():
        for view in views:
            yield _about(place.join(f"{view.resource}/{_WHICH}/queryResults"), view, place)
        yield _about(place.join(f"policyStates/{_WHICH}/summarize"), Summarize, place)
    for place in of_components():
        view = ComponentPolicyStates
        yield _about(place.join(f"{view.resource}/{_WHICH}/queryResults"), view, place)


def _about(route: str, view: type[QueryResults] | type[Summarize], place: Place) -> URLPattern:
    given = {"level": place.level, "place": place}
    verbs = {method: f"{verb}For{place.name}" for method, verb in view.verbs.items()}
    return arm_path(route, view.as_view(**given, verbs=verbs))


def _evaluations(level: Level) -> Iterator[URLPattern]:
    states = level.join(f"{INSIGHTS}/policyStates/latest/triggerEvaluation")
    yield arm_path(states, TriggerEvaluation.as_view(level=level))
    results = level.join(f"{INSIGHTS}/asyncOperationResults/<segment:operation>")
    yield arm_path(results, AsyncOperationResult.as_view(level=level))


def _restrictions(level: Level) -> URLPattern:
    route = level.join(f"{INSIGHTS}/checkPolicyRestrictions")
    return arm_path(route, CheckPolicyRestrictions.as_view(level=level))


def _remediations(level: Level) -> Iterator[URLPattern]:
    every_one = level.join(f"{INSIGHTS}/remediations")
    one = f"{every_one}/<segment:remediationName>"
    for route, view in (
        (every_one, Remediations),
        (one, Remediation),
        (f"{one}/cancel", CancelRemediation),
        (f"{one}/listDeployments", RemediationDeployments),
    ):
        yield arm_path(route, view.as_view(level=level))


def _attestations(level: Level) -> Iterator[URLPattern]:
    every_one = level.join(f"{INSIGHTS}/attestations")
    yield arm_path(every_one, Attestations.as_view(level=level))
    one = f"{every_one}/<segment:attestationName>"
    yield arm_path(one, AttestationResource.as_view(level=level))


def _tracked(place: Place) -> URLPattern:
    route = place.join(f"policyTrackedResources/{_WHICH}/queryResults")
    return arm_path(route, PolicyTrackedResources.as_view(level=place.level))


urlpatterns = [
    arm_path(f"{INSIGHTS}/operations", Operations.as_view(level=TENANT)),
    arm_path(f"{INSIGHTS}/policyMetadata", PolicyMetadataCollection.as_view(level=TENANT)),
    arm_path(
        f"{INSIGHTS}/policyMetadata/<segment:metadataName>",
        PolicyMetadataResource.as_view(level=TENANT),
    ),
    *_queries(),
    *(one for level in (SUBSCRIPTION, RESOURCE_GROUP) for one in _evaluations(level)),
    *(one for place in SCOPES for one in _remediations(place.level)),
    *(one for level in _RESOURCES for one in _attestations(level)),
    *map(_tracked, SCOPES),
    *(_restrictions(level) for level in (MANAGEMENT_GROUP, SUBSCRIPTION, RESOURCE_GROUP)),
]
